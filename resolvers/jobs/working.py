"""The work itself: one piece of a job a transaction, which also notes how far the job is.

A worker claims a job with a lease and a fencing number. Each transaction renews the lease first, by that number: a
worker whose lease was taken over, or whose job was cancelled, finds nothing to renew, and all that it did is rolled
back. So no item is worked on twice, whoever is killed when.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from db import job_queue, jobs
from db.engine import Database, Transaction
from db.job_queue import Claim
from db.jobs import Item, JobErrorRow, JobRow
from db.metrics import JOB_ITEMS
from resolvers.access import Act, Actor
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.jobs.kinds import KINDS, Kind, independent

LEASE = timedelta(seconds=30)
_PAUSE = timedelta(seconds=10)  # of a job that nobody worked on for so long, the rate is measured anew
_FAULT = "Something went wrong on our side with this item, several times; it is logged. Retry the job later."

_CANNOT = "Something went wrong on our side, again and again; it is logged. retryJob goes on from where it stopped."


class LeaseLost(Exception):
    """The job is another worker's now, or it was cancelled. Nothing of this piece was written."""


@dataclass(frozen=True)
class Piece:
    """What one transaction did: the job as it stands, how many items it worked on, and how many it refused."""

    job: JobRow
    worked: int
    refused: int

    @property
    def is_last(self) -> bool:
        """Whether the job is over."""
        return self.job.finished_at is not None


async def claim_job(db: Database, now: datetime, lease: timedelta = LEASE) -> Claim | None:
    """The next job in turn, of the organisation that has waited longest; None when there is nothing to do."""
    # Looked at first: an idle worker must not take the one writer's turn on SQLite each second.
    if await db.read(lambda tx: job_queue.oldest_waiting(tx, now)) is None:
        return None
    return await db.write(lambda tx: job_queue.claim(tx, now, lease))


async def hand_back(db: Database, held: Claim, ready_at: datetime) -> None:
    """Lets go of a job that is not over."""
    await db.write(lambda tx: job_queue.hand_back(tx, held, ready_at))


async def work_piece(
    db: Database, held: Claim, now: datetime, new_id: Callable[[], UUID], limit: int, *, give_up: bool = False
) -> Piece:
    """Works on the next items, at most `limit` of them. `give_up`: notes the next one as a fault of ours instead.
    Raises LeaseLost."""
    piece = await db.write(lambda tx: _work(tx, held, now, new_id, limit, give_up))
    for outcome, number in (("done", piece.worked - piece.refused), ("refused", piece.refused)):
        JOB_ITEMS.labels(piece.job.kind, outcome).inc(number)
    return piece


async def _work(
    tx: Transaction, held: Claim, now: datetime, new_id: Callable[[], UUID], limit: int, give_up: bool
) -> Piece:
    if not await job_queue.renew(tx, held, now + held.lease):
        raise LeaseLost
    job = await jobs.lock_job(tx, held.org_id, held.job_id)
    kind = KINDS[job.kind]
    items = independent(kind, await jobs.items_at(tx, job, 1 if give_up else min(limit, kind.most)))
    if not items:
        raise LookupError("a job that is not over has nothing to do")
    outcomes: Sequence[Refused | None] = [refuse(ErrorCode.INTERNAL, _FAULT)]
    if not give_up:
        outcomes = await kind.work(tx, _act(job, kind, now, new_id), job, [what for _, what in items])
        items = items[: len(outcomes)]
    await jobs.add_errors(tx, _errors(job, kind, items, outcomes))
    refused = sum(outcome is not None for outcome in outcomes)
    job = _advanced(job, now, len(items), refused)
    await jobs.save_job(tx, job)
    if job.finished_at is not None:
        await job_queue.dequeue(tx, job.id)
    return Piece(job, len(items), refused)


async def fail_job(db: Database, held: Claim, now: datetime) -> None:
    """Ends a job that cannot go on. Raises LeaseLost."""
    await db.write(lambda tx: _fail(tx, held, now))


async def _fail(tx: Transaction, held: Claim, now: datetime) -> None:
    if not await job_queue.renew(tx, held, now):
        raise LeaseLost
    job = await jobs.lock_job(tx, held.org_id, held.job_id)
    await jobs.save_job(tx, replace(job, status="FAILED", problem=_CANNOT, finished_at=now))
    await job_queue.dequeue(tx, job.id)


def _act(job: JobRow, kind: Kind, now: datetime, new_id: Callable[[], UUID]) -> Act:
    """On behalf of whoever asked for the job, as the key was when it did."""
    organizations = tuple(UUID(org) for org in job.terms["organizations"])
    key = job.actor_key_id or UUID(int=0)
    actor = Actor(key, job.actor, organizations, frozenset({kind.scope}))
    return Act(actor, now, new_id, job.request_id or "", job.id)


def _advanced(job: JobRow, now: datetime, worked: int, refused: int) -> JobRow:
    paced = job.progressed_at is not None and now - job.progressed_at < _PAUSE and job.paced_at is not None
    position = job.position + worked
    over = position >= job.pending
    return replace(
        job,
        status="SUCCEEDED" if over else "RUNNING",
        position=position,
        done=job.done + worked - refused,
        failed=job.failed + refused,
        started_at=job.started_at or now,
        finished_at=now if over else None,
        progressed_at=now,
        paced_at=job.paced_at if paced else now,
        paced_done=job.paced_done if paced else position,
    )


def _errors(job: JobRow, kind: Kind, items: Sequence[Item], outcomes: Sequence[Refused | None]) -> list[JobErrorRow]:
    return [
        row
        for (index, _), outcome in zip(items, outcomes, strict=True)
        if outcome is not None
        for row in error_rows(job.org_id, job.id, index, outcome.errors, kind.field)
    ]


def error_rows(
    org_id: UUID, job_id: UUID, index: int, errors: Sequence[UserError], field: str | None
) -> list[JobErrorRow]:
    """What was wrong with one item, as it is stored. `field`: the list of the caller's input that it is in."""
    return [
        JobErrorRow(
            org_id=org_id,
            job_id=job_id,
            item=index,
            place=place,
            code=error.code.value,
            message=error.message,
            field=[field, str(index), *(error.field or ())] if field else None,
            contact_id=error.contact_id,
            conversation_id=error.conversation_id,
        )
        for place, error in enumerate(errors)
    ]
