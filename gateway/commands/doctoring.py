"""`onefold doctor`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from db.findings import Finding, Verdict
from gateway.commands.shell import AsJson, err, out, read_settings, sqlite_path
from gateway.doctor import examine

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}


def doctor_command(
    deep: Annotated[
        bool,
        typer.Option("--deep", help="SQLite: read the whole file and compare its indexes, however long it takes."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check database, migrations, rights, disk and locks, each with its cure; nothing is changed.

    Exit 0: all well, or warnings alone. Exit 1: something fails.
    """
    settings = read_settings()
    columns = (SpinnerColumn(), TextColumn("Looking"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=as_json or not err.is_terminal) as bar:
        task = bar.add_task("look", total=None)
        findings = examine(settings, sqlite_path(settings), deep=deep, tick=lambda: bar.advance(task))
    failed = any(finding.verdict is Verdict.FAIL for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": not failed, "checks": [asdict(finding) for finding in findings]}))
    else:
        _show(findings)
    raise typer.Exit(1 if failed else 0)


def _show(findings: list[Finding]) -> None:
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        out.print(f"{finding.verdict:<4}", style=_STYLES[finding.verdict], end="  ")
        out.print(f"{finding.check:<{width}}  {finding.seen}", markup=False)
        if finding.cure:
            out.print(f"{'':<{width + 8}}{finding.cure}", markup=False)
    counts = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    ended = f"{counts[Verdict.FAIL]} failed, {counts[Verdict.WARN]} to look at, {counts[Verdict.OK]} well."
    out.print(ended, markup=False)
