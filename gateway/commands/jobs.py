"""`onefold jobs`: what is worked on, how far it is, and its end."""

from importlib import import_module
from typing import Annotated

import typer

from gateway.commands.shell import AsJson

jobs_app = typer.Typer(help="Long work: thousands of merges, or the undo of all of them.", no_args_is_help=True)
JobId = Annotated[str, typer.Argument(help="A job's id, job_01j….")]
_Org = Annotated[str | None, typer.Option("--org", help="Only those of this organization.")]
_Last = Annotated[int, typer.Option("--last", min=1, max=100, help="How many, the newest first.")]


@jobs_app.command("list")
def list_command(org: _Org = None, last: _Last = 20, as_json: AsJson = False) -> None:
    """The last jobs of all organizations."""
    # By name: no other command needs what merges and undoes.
    import_module("gateway.job_output").list_jobs(org, last, as_json)


@jobs_app.command("show")
def show_command(job: JobId, as_json: AsJson = False) -> None:
    """One job, and what of it was refused."""
    import_module("gateway.job_output").show_job(job, as_json)


@jobs_app.command("watch")
def watch_command(job: JobId, as_json: AsJson = False) -> None:
    """Follow a job to its end, with a progress bar. Ctrl-C stops the watching, not the job."""
    import_module("gateway.job_output").watch_job(job, as_json)


@jobs_app.command("cancel")
def cancel_command(job: JobId, as_json: AsJson = False) -> None:
    """End a job. What it has done stays."""
    import_module("gateway.job_output").act_on_job("cancel", job, as_json)


@jobs_app.command("retry")
def retry_command(job: JobId, as_json: AsJson = False) -> None:
    """Try again what failed of a job that is over, and go on with what a cancelled one left."""
    import_module("gateway.job_output").act_on_job("retry", job, as_json)


@jobs_app.command("undo")
def undo_command(job: JobId, as_json: AsJson = False) -> None:
    """Take back everything that a job merged, as a job of its own, whose id stands on the last line."""
    import_module("gateway.job_output").act_on_job("undo", job, as_json)
