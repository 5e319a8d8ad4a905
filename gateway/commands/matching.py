"""`onefold match explain A B`, `onefold match rebuild`, `onefold match evaluate DIR`."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.shell import AsJson

match_app = typer.Typer(help="Finding duplicates.", no_args_is_help=True)


@match_app.command("evaluate")
def evaluate_command(
    folder: Annotated[
        Path,
        typer.Argument(help="contacts.jsonl and truth.csv, perhaps traps.jsonl; docs/matching.md says how they look."),
    ],
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Write precision and recall against the threshold there, as SVG.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure on labelled contacts: precision, recall, and false merges by kind. No database is touched."""
    # By name: no other command needs the matcher, its word lists and names.
    import_module("gateway.evaluation").evaluate_folder(folder, plot, as_json)


@match_app.command("explain")
def explain_command(
    left: Annotated[str, typer.Argument(help="A contact's id; an old one stands for its survivor.")],
    right: Annotated[str, typer.Argument(help="The other's.")],
    as_json: AsJson = False,
) -> None:
    """Say how probable it is that two contacts are one person, and why. Nothing is written."""
    import_module("gateway.match_output").explain(left, right, as_json)


@match_app.command("rebuild")
def rebuild_command(as_json: AsJson = False) -> None:
    """Make what matching keeps of every contact anew, as after a change of the default region.

    A job for each organization, which survives this command and is seen by `onefold jobs`. A server may go on working
    meanwhile. An upgrade needs none: `onefold migrate` does it.
    """
    import_module("gateway.match_output").rebuild_all(as_json)
