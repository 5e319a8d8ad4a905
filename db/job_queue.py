"""The queue of jobs that are not over, which workers claim from.

It is looked through across organisations, so it is not sharded: it names a job and holds the lease, nothing else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, bindparam, delete, func, insert, select, update
from sqlmodel import Field, SQLModel

from db.base import table_of
from db.engine import Transaction
from db.jobs import JobRow

WORK = UUID(int=0)  # what workers watch (db/notices.py): no organisation has this id


class JobQueue(SQLModel, table=True):
    """A job that is not over. `served_at`: when its organisation last had a turn; `fence`: how often it was claimed;
    `attempts`: how often without any progress."""

    __tablename__ = "job_queue"
    __table_args__ = (Index("ix_job_queue_served", "served_at", "job_id"), Index(None, "org_id"))
    job_id: UUID = Field(primary_key=True)
    org_id: UUID = Field(sa_column=Column(ForeignKey("organization.id"), nullable=False))
    ready_at: datetime
    served_at: datetime
    leased_until: datetime | None = None
    fence: int
    attempts: int


job_queue = table_of(JobQueue)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease on a job, good until somebody else has claimed it."""

    org_id: UUID
    job_id: UUID
    fence: int
    attempts: int
    lease: timedelta


_free = (job_queue.c.ready_at <= bindparam("now")) & (
    job_queue.c.leased_until.is_(None) | (job_queue.c.leased_until < bindparam("now"))
)
_other = job_queue.alias("other")
_org_is_served = (
    select(_other.c.job_id)
    .where(_other.c.org_id == job_queue.c.org_id, _other.c.leased_until >= bindparam("now"))
    .exists()
)
# The organisation that has waited longest, its jobs in the order in which they were asked for, one at a time.
_next = (
    select(job_queue.c.job_id, job_queue.c.org_id, job_queue.c.fence, job_queue.c.attempts)
    .where(_free, ~_org_is_served)
    .order_by(job_queue.c.served_at, job_queue.c.job_id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_lease = (
    update(job_queue)
    .where(job_queue.c.job_id == bindparam("key_job"))
    .values(fence=bindparam("new_fence"), attempts=bindparam("new_attempts"), leased_until=bindparam("new_until"))
)
_served = update(job_queue).where(job_queue.c.org_id == bindparam("key_org")).values(served_at=bindparam("new_served"))
_held = (job_queue.c.job_id == bindparam("key_job")) & (job_queue.c.fence == bindparam("key_fence"))
_renew = update(job_queue).where(_held).values(leased_until=bindparam("new_until"), attempts=0)
_hand_back = update(job_queue).where(_held).values(leased_until=None, ready_at=bindparam("new_ready"))
_last_served = select(func.min(job_queue.c.served_at, type_=job_queue.c.served_at.type)).where(
    job_queue.c.org_id == bindparam("org")
)
_oldest = select(func.min(job_queue.c.ready_at, type_=job_queue.c.ready_at.type)).where(_free)


async def enqueue(tx: Transaction, row: JobRow, now: datetime) -> None:
    """Puts a job that has items to do into the queue, behind none of an organisation that is served less."""
    served = await tx.row(_last_served, {"org": row.org_id})
    before = served[0] if served and served[0] is not None else now
    values = {"job_id": row.id, "org_id": row.org_id, "ready_at": now, "served_at": min(before, now)}
    await tx.run(insert(job_queue), values | {"leased_until": None, "fence": 0, "attempts": 0})
    tx.wake(WORK)


async def claim(tx: Transaction, now: datetime, lease: timedelta) -> Claim | None:
    """The next job that nobody works on, leased for so long. None when there is nothing to do."""
    found = await tx.row(_next, {"now": now})
    if found is None:
        return None
    claimed = Claim(found.org_id, found.job_id, found.fence + 1, found.attempts + 1, lease)
    leased = {"key_job": claimed.job_id, "new_fence": claimed.fence, "new_attempts": claimed.attempts}
    await tx.run(_lease, leased | {"new_until": now + lease})
    await tx.run(_served, {"key_org": claimed.org_id, "new_served": now})
    return claimed


async def renew(tx: Transaction, held: Claim, until: datetime) -> bool:
    """Extends the lease, and keeps everybody else from the job until the transaction ends. False when it is lost: the
    job was claimed by another worker, or cancelled."""
    key = {"key_job": held.job_id, "key_fence": held.fence}
    return await tx.run(_renew, key | {"new_until": until}) > 0


async def hand_back(tx: Transaction, held: Claim, ready_at: datetime) -> None:
    """Ends the lease of a job that is not over; it may be claimed again from that time on."""
    await tx.run(_hand_back, {"key_job": held.job_id, "key_fence": held.fence, "new_ready": ready_at})


async def dequeue(tx: Transaction, job_id: UUID) -> bool:
    """Takes a job that is over out of the queue. False when it was not in it."""
    return await tx.run(delete(job_queue).where(job_queue.c.job_id == job_id)) > 0


async def oldest_waiting(tx: Transaction, now: datetime) -> datetime | None:
    """Since when the job that waits longest for a worker could have been worked on."""
    row = await tx.row(_oldest, {"now": now})
    return row[0] if row else None
