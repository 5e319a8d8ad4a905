"""Jobs as they are read: one, a page, what was refused, how fast they go and when they will be done."""

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from db import jobs
from db.engine import Database
from db.jobs import JobErrorRow, JobRow
from resolvers.access import Act, Scope, require
from resolvers.ids import JOB, decode_id
from resolvers.paging import Page, PageArguments, cut_page, decode_cursor, encode_cursor

_ORDER = "job"
_ERRORS = "job_error"


async def job_by_id(db: Database, act: Act, job: str) -> JobRow | None:
    """A job that the key may see; None for anything else."""
    require(act.actor, Scope.CONTACTS_READ)
    job_id = decode_id(JOB, job)
    if job_id is None:
        return None
    return (await db.read(lambda tx: jobs.jobs_by_id(tx, act.actor.organizations, [job_id]))).get(job_id)


async def jobs_of(db: Database, act: Act, ids: Sequence[UUID]) -> list[JobRow]:
    """These jobs, as they stand; they exist."""
    require(act.actor, Scope.CONTACTS_READ)
    found = await db.read(lambda tx: jobs.jobs_by_id(tx, act.actor.organizations, ids))
    return [found[job_id] for job_id in ids]


async def list_jobs(db: Database, act: Act, org_id: UUID, status: str | None, page: PageArguments) -> Page[JobRow]:
    """Newest first."""
    require(act.actor, Scope.CONTACTS_READ)
    after = decode_cursor(page.after, "after", _ORDER, _no_value)
    rows = await db.read(lambda tx: jobs.jobs_page(tx, org_id, status, page.limit, after[1] if after else None))
    return cut_page(rows, page, lambda row: encode_cursor(_ORDER, None, row.id))


async def count_jobs(db: Database, act: Act, org_id: UUID, status: str | None) -> int:
    """How many there are."""
    require(act.actor, Scope.CONTACTS_READ)
    return await db.read(lambda tx: jobs.count_jobs(tx, org_id, status))


async def errors_of_jobs(db: Database, act: Act, ids: Sequence[UUID], page: PageArguments) -> list[Page[JobErrorRow]]:
    """For each job one page of what was refused, in the order of the caller's list."""
    after = decode_cursor(page.after, "after", _ERRORS, _place)
    start = after[0] if after else (-1, -1)
    orgs = act.actor.organizations
    found = await db.read(lambda tx: jobs.errors_of_jobs(tx, orgs, ids, page.limit, start))
    return [
        cut_page(found[job_id], page, lambda row: encode_cursor(_ERRORS, [row.item, row.place], row.job_id))
        for job_id in ids
    ]


async def count_errors(db: Database, act: Act, ids: Sequence[UUID]) -> list[int]:
    """For each job how much was refused."""
    found = await db.read(lambda tx: jobs.count_errors(tx, act.actor.organizations, ids))
    return [found[job_id] for job_id in ids]


def rate(job: JobRow) -> float | None:
    """Items a second since the present run of the job began; None before there is anything to measure."""
    if job.paced_at is None or job.progressed_at is None:
        return None
    seconds = (job.progressed_at - job.paced_at).total_seconds()
    return (job.position - job.paced_done) / seconds if seconds > 0 else None


def seconds_left(job: JobRow) -> int | None:
    """At that rate; None where it is not known, and for a job that is over."""
    pace = rate(job)
    if job.status != "RUNNING" or not pace:
        return None
    return math.ceil((job.pending - job.position) / pace)


def _no_value(value: Any) -> None:
    if value is not None:
        raise ValueError("a cursor of jobs has no value")


def _place(value: Any) -> tuple[int, int]:
    item, place = value
    if not (type(item) is int and type(place) is int and 0 <= item < 2**31 and 0 <= place < 2**31):
        raise ValueError("no place of an error")
    return item, place
