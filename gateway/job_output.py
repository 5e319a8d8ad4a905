"""What `onefold jobs` does, loaded only by it."""

import asyncio
import json
from typing import Any
from uuid import UUID

import typer
from rich import box
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from db.engine import Database
from db.jobs import JobErrorRow, JobRow
from gateway.commands.shell import answer, err, fail, out, read_settings, run
from gateway.operator import operators_act
from resolvers.access import Act
from resolvers.ids import JOB, ORGANIZATION, decode_id, encode_id
from resolvers.jobs import acts, reading
from resolvers.paging import PageArguments

_SECONDS = 0.3  # between two looks at a job that is watched
_ERRORS_SHOWN = 20


def list_jobs(org: str | None, last: int, as_json: bool) -> None:
    """The newest jobs, of one organisation or of all."""
    asked = _organization(org) if org is not None else None

    async def work(db: Database) -> list[JobRow]:
        act = await operators_act(db)
        page = PageArguments(last, backward=False, after=None, before=None)
        orgs = act.actor.organizations if asked is None else [one for one in act.actor.organizations if one == asked]
        found = [row for one in orgs for row in (await reading.list_jobs(db, act, one, None, page)).rows]
        return sorted(found, key=lambda row: row.id, reverse=True)[:last]

    rows = run(read_settings(), work)
    if as_json:
        typer.echo(json.dumps([_plain(row) for row in rows]))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("job", "kind", "status", "done", "failed", "of", "a second", "by", "asked for"):
        table.add_column(name, justify="right" if name in ("done", "failed", "of", "a second") else "left")
    for row in rows:
        pace = reading.rate(row)
        numbers = (f"{row.done:,}", f"{row.failed:,}", f"{row.total:,}", f"{pace:,.0f}" if pace else "")
        table.add_row(encode_id(JOB, row.id), row.kind, row.status, *numbers, row.actor, f"{row.created_at:%F %T}")
    out.print(table if rows else "There is no job.")


def show_job(job: str, as_json: bool) -> None:
    """One job with its first errors."""
    job_id = _job_id(job)

    async def work(db: Database) -> tuple[JobRow, list[JobErrorRow], int]:
        act = await operators_act(db)
        row = await _job(db, act, job)
        page = PageArguments(_ERRORS_SHOWN, backward=False, after=None, before=None)
        errors = (await reading.errors_of_jobs(db, act, [job_id], page))[0].rows
        return row, list(errors), (await reading.count_errors(db, act, [job_id]))[0]

    row, errors, number = run(read_settings(), work)
    if as_json:
        shown = [{"index": one.item, "code": one.code, "message": one.message, "field": one.field} for one in errors]
        typer.echo(json.dumps({**_plain(row), "errors": shown, "errorCount": number}))
        return
    out.print(_sentence(row), markup=False)
    for one in errors:
        out.print(f"  {one.item}: {one.code}: {one.message}", markup=False)
    if number > len(errors):
        out.print(f"  and {number - len(errors):,} more: Job.errors has them all", markup=False)


def watch_job(job: str, as_json: bool) -> None:
    """Follows a job to its end; exit code 1 unless it SUCCEEDED."""
    _job_id(job)

    async def work(db: Database) -> JobRow:
        act = await operators_act(db)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=err, disable=as_json or not err.is_terminal) as bar:
            task = bar.add_task("", total=None)
            while True:
                row = await _job(db, act, job)
                text = f"{row.kind} {row.status}" + (f", {row.failed:,} refused" if row.failed else "")
                bar.update(task, description=text, total=row.total, completed=row.done + row.failed)
                if row.status not in ("QUEUED", "RUNNING"):
                    return row
                await asyncio.sleep(_SECONDS)

    row = run(read_settings(), work)
    if as_json:
        typer.echo(json.dumps(_plain(row)))
    else:
        out.print(_sentence(row), markup=False)
    if row.status != "SUCCEEDED":
        raise typer.Exit(1)


def act_on_job(what: str, job: str, as_json: bool) -> None:
    """Cancels, retries or undoes; the job that is worked on then stands on the last line."""

    async def work(db: Database) -> JobRow:
        act = await operators_act(db)
        if what == "cancel":
            return await acts.cancel_job(db, act, job)
        return await (acts.retry_job(db, act, job) if what == "retry" else acts.start_undo(db, act, job, None))

    row = run(read_settings(), work)
    answer(as_json, _plain(row), encode_id(JOB, row.id), _sentence(row))


async def _job(db: Database, act: Act, job: str) -> JobRow:
    row = await reading.job_by_id(db, act, job)
    if row is None:
        fail(f"There is no job {job}. onefold jobs list shows the last ones.")
    return row


def _job_id(job: str) -> UUID:
    job_id = decode_id(JOB, job)
    if job_id is None:
        fail(f"{job} is no job's id: they look like job_01j… (onefold jobs list shows the last ones).")
    return job_id


def _organization(org: str) -> UUID:
    org_id = decode_id(ORGANIZATION, org)
    if org_id is None:
        fail(f"{org} is no organization's id: they look like org_01j….")
    return org_id


def _sentence(row: JobRow) -> str:
    text = f"{encode_id(JOB, row.id)}: {row.kind} {row.status}, {row.done:,} done, {row.failed:,} refused"
    text += f" of {row.total:,}"
    left = reading.seconds_left(row)
    if left is not None:
        text += f", {reading.rate(row):,.0f} a second, some {left:,} seconds to go"
    return text + (f". {row.problem}" if row.problem else "")


def _plain(row: JobRow) -> dict[str, Any]:
    return {
        "id": encode_id(JOB, row.id),
        "organizationId": encode_id(ORGANIZATION, row.org_id),
        "kind": row.kind,
        "status": row.status,
        "total": row.total,
        "done": row.done,
        "failed": row.failed,
        "problem": row.problem,
        "ratePerSecond": reading.rate(row),
        "etaSeconds": reading.seconds_left(row),
        "actor": row.actor,
        "createdAt": row.created_at.isoformat(),
        "startedAt": row.started_at.isoformat() if row.started_at else None,
        "finishedAt": row.finished_at.isoformat() if row.finished_at else None,
    }
