"""What `onefold match explain` and `onefold match rebuild` do, loaded only by them."""

import json
from dataclasses import asdict

import typer
from rich import box
from rich.table import Table

from gateway.clock import system_clock
from gateway.commands.shell import counting, fail, out, read_settings, run
from gateway.rebuilding import contacts_done, rebuild_by_jobs
from resolvers.duplicates.explaining import Explained, explain_pair
from resolvers.ids import JOB, encode_id


def explain(left: str, right: str, as_json: bool) -> None:
    """Probability, evidence and guards of two contacts on stdout. Whoever is not there ends it."""
    found = run(read_settings(), lambda db: explain_pair(db, system_clock(), left, right))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        _tell(found)


def rebuild_all(as_json: bool) -> None:
    """Makes what matching keeps anew, by a job for each organisation. Whatever ends this command, the jobs stay."""
    with counting("Matching", quiet=as_json) as show:
        jobs = run(read_settings(), lambda db: rebuild_by_jobs(db, show))
    made = sum(contacts_done(job) for job in jobs)
    shown = [encode_id(JOB, job.id) for job in jobs]
    if as_json:
        typer.echo(json.dumps({"contacts": made, "jobs": shown}))
    else:
        out.print(f"Made what matching keeps of {made:,} contacts anew.", markup=False)
    bad = [name for job, name in zip(jobs, shown, strict=True) if job.status != "SUCCEEDED" or job.failed]
    if bad:
        fail(f"Not of all: look with `onefold jobs show {bad[0]}`, go on with `onefold jobs retry {bad[0]}`.")


def _tell(found: Explained) -> None:
    out.print(f"{found.left}\n{found.right}", markup=False)
    out.print(f"{found.decision}: one person with probability {found.probability:.4f}", markup=False)
    if not found.compared:
        out.print("Detection does not compare them: they share no key that few enough hold.", markup=False)
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("field", "level", "bits", "one", "the other", "says"):
        table.add_column(name, justify="right" if name == "bits" else "left", overflow="fold")
    table.add_row("(before)", "", f"{found.prior:+.1f}", "", "", "The odds before anything is compared")
    for one in found.evidence:
        values = (one.left or "", one.right or "")
        table.add_row(one.field, one.level, f"{one.weight:+.1f}", *values, one.explanation)
    out.print(table)
    for guard in found.guards:
        out.print(f"Held back by {guard.reason}: {guard.explanation}", markup=False)
