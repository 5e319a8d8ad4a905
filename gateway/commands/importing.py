"""`onefold import FILE --org ID`."""

import json
import time
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from db.engine import Database
from gateway.clock import system_clock
from gateway.commands.shell import AsJson, err, fail, out, read_settings, run
from gateway.csv_lines import BadHeader, csv_lines
from gateway.import_output import told_lines
from gateway.importer import ImportReport, ImportTarget, Reading, import_file, json_lines
from gateway.line_readers import line_readers
from gateway.tune import settle_memory
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.values import BadValue
from resolvers.contacts.values import text as read_text
from resolvers.ids import ORGANIZATION, IdSource, decode_id
from resolvers.organizations import organization_exists


class Form(StrEnum):
    """How a file is written."""

    JSONL = "jsonl"
    CSV = "csv"


def import_command(  # noqa: PLR0913 - one argument an option
    file: Annotated[
        Path, typer.Argument(help="JSON Lines or CSV: one contact a line, the fields of CreateContactInput.")
    ],
    org: Annotated[str, typer.Option("--org", help="The organization to import into.")],
    source: Annotated[
        str, typer.Option("--source", help="Tells files apart whose refs mean different people, such as `crm`.")
    ] = "import",
    form: Annotated[
        Form | None, typer.Option("--format", help="How the file is written; by its name's end, if not said.")
    ] = None,
    map_file: Annotated[
        Path | None,
        typer.Option("--map", help="Write the contact id of each ref there: JSON Lines, or CSV by its name."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line and count; write no contact.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import contacts from a file; the same file twice changes nothing."""
    settings = read_settings()
    org_id = decode_id(ORGANIZATION, org)
    if org_id is None:
        fail(f"{org} is no organization's id: they look like org_01j….")
    if not file.is_file():
        fail(f"There is no file {file}.")
    _check_source(source)
    if map_file is not None and dry_run:
        fail("--dry-run makes no contacts, so there is nothing to write to --map. Give one of the two.")
    is_csv = form is Form.CSV or (form is None and file.suffix.lower() in (".csv", ".tsv"))
    records = csv_lines if is_csv else json_lines
    errors_file = file.with_name(file.name + ".errors.jsonl")
    new_id = IdSource(system_clock)
    act = Act(Actor(new_id(), "onefold import", (org_id,), ALL_SCOPES), system_clock(), new_id)
    begun = time.perf_counter()

    async def work(db: Database) -> ImportReport:
        if not await organization_exists(db, org_id):
            fail(f"There is no organization {org}. Make one: onefold org create NAME.")
        settle_memory()
        with _progress(file, quiet=as_json) as show, told_lines(map_file, quiet=as_json) as hear:
            target = ImportTarget(db, act, org_id, source, keep=not dry_run)
            reading = Reading(records, readers)
            return await import_file(target, file, errors_file=errors_file, progress=show, reading=reading, hear=hear)

    try:
        with line_readers(file) as readers:
            report = run(settings, work, many_rows=True)
    except BadHeader as error:
        fail(f"{file}: {error}")
    except OSError as error:
        written = f"{errors_file} or {map_file}" if map_file else errors_file
        fail(f"Cannot read {file} or write {written}: {error.strerror}.")
    if not report.failed:
        errors_file.unlink(missing_ok=True)
    _tell(report, errors_file, time.perf_counter() - begun, as_json, dry_run)
    raise typer.Exit(1 if report.failed else 0)


def _check_source(source: str) -> None:
    try:
        if read_text(source, 64) != source:
            fail("--source must be 1 to 64 characters without blanks at its ends.")
    except BadValue as error:
        fail(f"--source {error}.")


class _progress:  # noqa: N801 - a context manager that reads as a verb
    """A progress bar on a terminal; nothing where nobody looks."""

    def __init__(self, file: Path, *, quiet: bool) -> None:
        columns = (
            TextColumn("Importing"),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=err, disable=quiet or not err.is_terminal)
        self._task = self._bar.add_task("import", total=file.stat().st_size, told="")

    def __enter__(self) -> "_progress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, report: ImportReport) -> None:
        told = f"{report.created} created, {report.skipped} skipped, {report.failed} failed"
        self._bar.update(self._task, completed=report.read, told=told)


def _tell(report: ImportReport, errors_file: Path, seconds: float, as_json: bool, dry_run: bool) -> None:
    if as_json:
        data = {**asdict(report), "errorsFile": str(errors_file) if report.failed else None}
        if dry_run:
            data["dryRun"] = True
        typer.echo(json.dumps(data))
        return
    rate = report.created / seconds if seconds else 0
    created = "would be created" if dry_run else "created"
    out.print(
        f"{report.created} {created}, {report.skipped} here before, {report.failed} failed "
        f"in {seconds:.1f} s ({rate:,.0f} a second).",
        markup=False,
    )
    if report.failed:
        out.print(f"Each bad line, with its number and what is wrong: {errors_file}", markup=False)
