"""What `onefold match explain` and `onefold match rebuild` do, loaded only by them."""

import json
from collections.abc import Callable
from dataclasses import asdict

import typer
from rich import box
from rich.table import Table

from db.engine import Database
from gateway.clock import system_clock
from gateway.commands.shell import counting, out, read_settings, run
from resolvers.duplicates.explaining import Explained, explain_pair
from resolvers.duplicates.rebuild import rebuild


def explain(left: str, right: str, as_json: bool) -> None:
    """Probability, evidence and guards of two contacts on stdout. Whoever is not there ends it."""
    found = run(read_settings(), lambda db: explain_pair(db, system_clock(), left, right))
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        _tell(found)


def rebuild_all(as_json: bool) -> None:
    """Makes what matching keeps anew."""

    async def work(db: Database, show: Callable[[int], None]) -> int:
        return await rebuild(db, show)

    with counting("Matching", quiet=as_json) as show:
        made = run(read_settings(), lambda db: work(db, show))
    if as_json:
        typer.echo(json.dumps({"contacts": made}))
    else:
        out.print(f"Made what matching keeps of {made:,} contacts anew.", markup=False)


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
