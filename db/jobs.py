"""Long work: jobs, what each has to do, and what of it was refused. Who works on them: db/job_queue.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Select, bindparam, delete, func, insert, select, update
from sqlmodel import Field, SQLModel

from db.base import Json, any_of, columns_of, one_of, table_of, tenant_key
from db.engine import Transaction

JOB_KINDS = ("MERGE_CONVERSATIONS", "MERGE_CONTACTS", "UNDO", "REBUILD_MATCHING")
JOB_STATUSES = ("QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED")
CHUNK = 100  # items of one row of job_chunk


class Job(SQLModel, table=True):
    """One job. `position`: how many of its items were worked on; `done` and `failed` count them by their outcome."""

    __table_args__ = (
        tenant_key(target="organization_lock", target_columns=("org_id",)),
        one_of("kind", JOB_KINDS),
        one_of("status", JOB_STATUSES),
        Index("ix_job_status", "org_id", "status", "id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    kind: str
    status: str
    total: int
    pending: int  # items in job_chunk; fewer than `total` after a retry
    position: int
    done: int
    failed: int
    terms: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))  # what holds for all items
    actor: str
    actor_key_id: UUID | None = None
    request_id: str | None = None
    problem: str | None = None  # why it FAILED
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    # What the rate is measured from: the beginning of the present worker's turn.
    paced_at: datetime | None = None
    paced_done: int
    progressed_at: datetime | None = None


class JobChunk(SQLModel, table=True):
    """Up to 100 items of a job, each [index in the caller's list, what is to be done]."""

    __tablename__ = "job_chunk"
    __table_args__ = (tenant_key("job_id", target="job"),)
    org_id: UUID = Field(primary_key=True)
    job_id: UUID = Field(primary_key=True)
    place: int = Field(primary_key=True)
    todo: list[Any] = Field(sa_column=Column(Json, nullable=False))


class JobError(SQLModel, table=True):
    """One thing that was wrong with one item. Ids and codes: no values of a contact."""

    __tablename__ = "job_error"
    __table_args__ = (tenant_key("job_id", target="job"),)
    org_id: UUID = Field(primary_key=True)
    job_id: UUID = Field(primary_key=True)
    item: int = Field(primary_key=True)
    place: int = Field(primary_key=True)
    code: str
    message: str
    field: list[str] | None = Field(default=None, sa_column=Column(Json, nullable=True))
    contact_id: UUID | None = None
    conversation_id: UUID | None = None


job = table_of(Job)
job_chunk = table_of(JobChunk)
job_error = table_of(JobError)


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row of `job`."""

    org_id: UUID
    id: UUID
    kind: str
    status: str
    total: int
    pending: int
    position: int
    done: int
    failed: int
    terms: dict[str, Any]
    actor: str
    actor_key_id: UUID | None
    request_id: str | None
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    paced_at: datetime | None
    paced_done: int
    progressed_at: datetime | None


@dataclass(frozen=True, slots=True)
class JobErrorRow:
    """A row of `job_error`."""

    org_id: UUID
    job_id: UUID
    item: int
    place: int
    code: str
    message: str
    field: list[str] | None
    contact_id: UUID | None
    conversation_id: UUID | None


Item = tuple[int, Any]  # the index in the caller's list, and what is to be done

_COLUMNS = [job.c[row.name] for row in fields(JobRow)]
_ERRORS = [job_error.c[row.name] for row in fields(JobErrorRow)]
_of_job = (job.c.org_id == bindparam("org"), job.c.id == bindparam("job"))
_by_ids = select(*_COLUMNS).where(any_of(job.c.org_id, "orgs"), any_of(job.c.id, "ids"))
_locked = select(*_COLUMNS).where(*_of_job).with_for_update(key_share=True)
_unfinished = (
    select(*_COLUMNS)
    .where(job.c.org_id == bindparam("org"), job.c.status.in_(("QUEUED", "RUNNING")), job.c.kind == bindparam("kind"))
    .order_by(job.c.id)
)
_chunk = select(job_chunk.c.todo).where(
    job_chunk.c.org_id == bindparam("org"),
    job_chunk.c.job_id == bindparam("job"),
    job_chunk.c.place == bindparam("place"),
)
_chunks = (
    select(job_chunk.c.todo)
    .where(job_chunk.c.org_id == bindparam("org"), job_chunk.c.job_id == bindparam("job"))
    .order_by(job_chunk.c.place)
)
_forget_chunks = delete(job_chunk).where(job_chunk.c.org_id == bindparam("org"), job_chunk.c.job_id == bindparam("job"))
_forget_errors = delete(job_error).where(
    job_error.c.org_id == bindparam("org"),
    job_error.c.job_id == bindparam("job"),
    job_error.c.item == bindparam("key_item"),
)
_failed_items = (
    select(job_error.c.item)
    .where(job_error.c.org_id == bindparam("org"), job_error.c.job_id == bindparam("job"))
    .distinct()
)
_CHANGING = (
    "status", "pending", "position", "done", "failed", "problem", "started_at", "finished_at", "paced_at", "paced_done",
    "progressed_at",
)  # fmt: skip
_save = (
    update(job)
    .where(job.c.org_id == bindparam("key_org"), job.c.id == bindparam("key_id"))
    .values({job.c[name]: bindparam(f"new_{name}") for name in _CHANGING})
)


async def add_job(tx: Transaction, row: JobRow, items: Sequence[Item], errors: Sequence[JobErrorRow]) -> None:
    """A job with all that it has to do, and what of the caller's list is refused from the start."""
    await tx.run(insert(job), columns_of(row))
    await _add_chunks(tx, row, items)
    await add_errors(tx, errors)


async def _add_chunks(tx: Transaction, row: JobRow, items: Sequence[Item]) -> None:
    chunks = [
        {"org_id": row.org_id, "job_id": row.id, "place": start // CHUNK, "todo": list(items[start : start + CHUNK])}
        for start in range(0, len(items), CHUNK)
    ]
    if chunks:
        await tx.run(insert(job_chunk), chunks)


async def add_errors(tx: Transaction, errors: Sequence[JobErrorRow]) -> None:
    """Notes what was refused."""
    if errors:
        await tx.run(insert(job_error), [columns_of(error) for error in errors])


async def jobs_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, JobRow]:
    """Those that exist in these organisations."""
    return {row.id: JobRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})}


async def unfinished_of_kind(tx: Transaction, org_id: UUID, kind: str) -> list[JobRow]:
    """The jobs of that kind that are not over, the oldest first."""
    return [JobRow(*row) for row in await tx.rows(_unfinished, {"org": org_id, "kind": kind})]


async def lock_job(tx: Transaction, org_id: UUID, job_id: UUID) -> JobRow:
    """The job, locked. It exists."""
    row = await tx.row(_locked, {"org": org_id, "job": job_id})
    if row is None:
        raise LookupError("this job is not there")
    return JobRow(*row)


async def save_job(tx: Transaction, row: JobRow) -> None:
    """Writes what changes of a locked job."""
    values = {f"new_{name}": getattr(row, name) for name in _CHANGING}
    await tx.run(_save, values | {"key_org": row.org_id, "key_id": row.id})
    tx.wake(row.org_id)


async def items_at(tx: Transaction, row: JobRow, limit: int) -> list[Item]:
    """The next items of a job, at most `limit` of them and none of a second chunk."""
    place, begun = divmod(row.position, CHUNK)
    found = await tx.row(_chunk, {"org": row.org_id, "job": row.id, "place": place})
    return [(index, what) for index, what in found.todo[begun : begun + limit]] if found else []


async def items_again(tx: Transaction, row: JobRow, failed: bool = True) -> list[Item]:
    """What a retry has to do: the items that failed, and those that were never worked on, in their order."""
    again = {found.item for found in await tx.rows(_failed_items, {"org": row.org_id, "job": row.id})} if failed else ()
    items = [item for chunk in await tx.rows(_chunks, {"org": row.org_id, "job": row.id}) for item in chunk.todo]
    return [(index, what) for place, (index, what) in enumerate(items) if place >= row.position or index in again]


async def replace_items(tx: Transaction, row: JobRow, items: Sequence[Item]) -> None:
    """Gives a job other items to do, and forgets their errors."""
    key = {"org": row.org_id, "job": row.id}
    await tx.run(_forget_chunks, key)
    await tx.run(_forget_errors, [key | {"key_item": index} for index, _ in items])
    await _add_chunks(tx, row, items)


async def jobs_page(tx: Transaction, org_id: UUID, status: str | None, limit: int, after: UUID | None) -> list[JobRow]:
    """Newest first, from the job `after` on; one row more than the limit when there are more."""
    statement = _listed(select(*_COLUMNS), org_id, status)
    if after is not None:
        statement = statement.where(job.c.id < after)
    return [JobRow(*row) for row in await tx.rows(statement.order_by(job.c.id.desc()).limit(limit + 1))]


async def count_jobs(tx: Transaction, org_id: UUID, status: str | None) -> int:
    """How many there are."""
    row = await tx.row(_listed(select(func.count()).select_from(job), org_id, status))
    return row[0] if row else 0


def _listed(statement: Select[Any], org_id: UUID, status: str | None) -> Select[Any]:
    statement = statement.where(job.c.org_id == org_id)
    return statement if status is None else statement.where(job.c.status == status)


_place = func.row_number().over(partition_by=job_error.c.job_id, order_by=(job_error.c.item, job_error.c.place))
_after = (job_error.c.item > bindparam("item")) | (
    (job_error.c.item == bindparam("item")) & (job_error.c.place > bindparam("place"))
)
_placed = (
    select(*_ERRORS, _place.label("at"))
    .where(any_of(job_error.c.org_id, "orgs"), any_of(job_error.c.job_id, "jobs"), _after)
    .subquery()
)
_errors_page = select(_placed).where(_placed.c.at <= bindparam("limit")).order_by(_placed.c.job_id, _placed.c.at)
_errors_count = (
    select(job_error.c.job_id, func.count())
    .where(any_of(job_error.c.org_id, "orgs"), any_of(job_error.c.job_id, "jobs"))
    .group_by(job_error.c.job_id)
)


async def errors_of_jobs(
    tx: Transaction, orgs: Sequence[UUID], jobs: Sequence[UUID], limit: int, after: tuple[int, int]
) -> dict[UUID, list[JobErrorRow]]:
    """For each job what was refused, in the order of its items, from that (item, place) on; one more than the limit."""
    found: dict[UUID, list[JobErrorRow]] = {job_id: [] for job_id in jobs}
    parameters = {"orgs": orgs, "jobs": jobs, "item": after[0], "place": after[1], "limit": limit + 1}
    for *values, _at in await tx.rows(_errors_page, parameters):
        row = JobErrorRow(*values)
        found[row.job_id].append(row)
    return found


async def count_errors(tx: Transaction, orgs: Sequence[UUID], jobs: Sequence[UUID]) -> Mapping[UUID, int]:
    """For each job how much was refused."""
    counted = dict.fromkeys(jobs, 0)
    counted.update({row[0]: row[1] for row in await tx.rows(_errors_count, {"orgs": orgs, "jobs": jobs})})
    return counted
