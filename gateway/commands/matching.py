"""`onefold match evaluate DIR`."""

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
