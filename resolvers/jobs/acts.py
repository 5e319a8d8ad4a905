"""Asking for a job, for its undo, for its end, and for another try."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from db import job_queue, jobs, merge_pages
from db.engine import Database, Transaction
from db.jobs import Item, JobErrorRow, JobRow
from resolvers.access import Act, Scope, organization_for_input, require
from resolvers.duplicates.rebuild import parts_to_rebuild
from resolvers.errors import ErrorCode, refuse
from resolvers.idempotency import answer_for, claim
from resolvers.ids import JOB, decode_id, encode_id
from resolvers.jobs.kinds import KINDS
from resolvers.jobs.requests import BulkRequest
from resolvers.jobs.working import error_rows
from resolvers.merging.request import REASON_LENGTH, read_text

_RUNNING = ("QUEUED", "RUNNING")
_OPERATIONS = {"MERGE_CONVERSATIONS": "mergeConversationsInBulk", "MERGE_CONTACTS": "mergeContactsInBulk"}


async def start_bulk(db: Database, act: Act, request: BulkRequest, asked: UUID | None) -> JobRow:
    """A job for all its groups, or the one that this idempotency key stands for. Raises Refused."""
    require(act.actor, KINDS[request.kind].scope)
    org_id = organization_for_input(act.actor, asked)
    return await db.write(lambda tx: _start_bulk(tx, act, request, org_id))


async def _start_bulk(tx: Transaction, act: Act, request: BulkRequest, org_id: UUID) -> JobRow:
    job = _new_job(act, org_id, request.kind, len(request.items), request.terms)
    job = replace(job, total=job.total + len(request.bad), failed=len(request.bad))
    if request.idempotency_key is not None:
        operation, kept = _OPERATIONS[request.kind], {"job": job.id.hex}
        stored = await claim(
            tx, org_id, answer_for(request.idempotency_key, operation, request.canonical(), kept), act.now
        )
        if stored is not None:
            return await _kept_job(tx, org_id, UUID(stored["job"]))
    field = KINDS[request.kind].field
    errors = [row for index, found in request.bad.items() for row in error_rows(org_id, job.id, index, found, field)]
    return await _add(tx, act, job, request.items, errors)


async def start_rebuild(db: Database, act: Act, asked: UUID | None) -> JobRow:
    """A job that makes anew what matching keeps of an organisation's contacts, or the one that waits to begin. Raises
    Refused."""
    require(act.actor, Scope.SETTINGS)
    org_id = organization_for_input(act.actor, asked)
    return await db.write(lambda tx: _start_rebuild(tx, act, org_id))


async def _start_rebuild(tx: Transaction, act: Act, org_id: UUID) -> JobRow:
    for seen in await jobs.unfinished_of_kind(tx, org_id, "REBUILD_MATCHING"):
        if seen.started_at is None:  # also before a cancel and a retry, of which only the rest would be left
            # Waits for a worker that is at its first part, whose contacts it may have read as they were before.
            waiting = await jobs.lock_job(tx, org_id, seen.id)
            if waiting.status == "QUEUED" and waiting.started_at is None:
                return waiting
    parts, contacts = await parts_to_rebuild(tx, org_id)
    job = _new_job(act, org_id, "REBUILD_MATCHING", len(parts), {"contacts": contacts})
    return await _add(tx, act, job, list(enumerate(parts)), [])


async def start_undo(db: Database, act: Act, job: str, reason: str | None) -> JobRow:
    """A job that undoes every merge of another one that still stands, the latest first. Raises Refused."""
    require(act.actor, Scope.UNDO)
    job_id = read_job_id(job)
    why = read_text(reason, REASON_LENGTH, "reason")
    return await db.write(lambda tx: _start_undo(tx, act, job_id, why))


async def _start_undo(tx: Transaction, act: Act, job_id: UUID, reason: str | None) -> JobRow:
    undone = await _locked(tx, act, job_id)
    shown = encode_id(JOB, job_id)
    if undone.kind == "UNDO":
        message = f"{shown} is an undo itself. What it took apart can be merged again, by a new job."
        raise refuse(ErrorCode.NOT_UNDOABLE, message, "id")
    if undone.status in _RUNNING:
        raise refuse(ErrorCode.JOB_NOT_OVER, f"{shown} is still at work. Wait for its end, or cancelJob first.", "id")
    merges = await merge_pages.standing_merges_of_job(tx, undone.org_id, job_id)
    if not merges:
        raise refuse(ErrorCode.NOT_UNDOABLE, f"Nothing that {shown} merged still stands.", "id")
    terms = {"job": job_id.hex, "reason": reason}
    items = [(index, merge.hex) for index, merge in enumerate(merges)]
    return await _add(tx, act, _new_job(act, undone.org_id, "UNDO", len(items), terms), items, [])


async def cancel_job(db: Database, act: Act, job: str) -> JobRow:
    """Ends a job: what it has done stays, nothing more is done. Cancelling twice is no mistake. Raises Refused."""
    require(act.actor, Scope.MERGE)
    job_id = read_job_id(job)
    return await db.write(lambda tx: _cancel(tx, act, job_id))


async def _cancel(tx: Transaction, act: Act, job_id: UUID) -> JobRow:
    # Out of the queue first, in the order of a worker: it may be in the middle of a piece, which is waited for.
    await _visible(tx, act, job_id)
    await job_queue.dequeue(tx, job_id)
    job = await _locked(tx, act, job_id)
    require(act.actor, KINDS[job.kind].scope)
    if job.status in _RUNNING:
        job = replace(job, status="CANCELLED", finished_at=act.now)
        await jobs.save_job(tx, job)
    elif job.status != "CANCELLED":
        message = f"{encode_id(JOB, job_id)} is over: it {job.status.lower()}. undoJob takes back what it merged."
        raise refuse(ErrorCode.JOB_OVER, message, "id")
    return job


async def retry_job(db: Database, act: Act, job: str) -> JobRow:
    """Does again what failed, and what was left over when a job was cancelled or failed. Raises Refused."""
    require(act.actor, Scope.MERGE)
    job_id = read_job_id(job)
    return await db.write(lambda tx: _retry(tx, act, job_id))


async def _retry(tx: Transaction, act: Act, job_id: UUID) -> JobRow:
    job = await _locked(tx, act, job_id)
    require(act.actor, KINDS[job.kind].scope)
    shown = encode_id(JOB, job_id)
    if job.status in _RUNNING:
        raise refuse(ErrorCode.JOB_NOT_OVER, f"{shown} is still at work. Wait for its end.", "id")
    items = await jobs.items_again(tx, job)
    if not items:
        message = f"{shown} has nothing left to try again: what failed of it is wrong in itself, or nothing did."
        raise refuse(ErrorCode.JOB_OVER, message, "id")
    await jobs.replace_items(tx, job, items)
    job = replace(
        job,
        status="QUEUED",
        pending=len(items),
        position=0,
        failed=job.total - job.done - len(items),
        problem=None,
        finished_at=None,
        progressed_at=None,
    )
    await jobs.save_job(tx, job)
    await job_queue.enqueue(tx, job, act.now)
    return job


def read_job_id(text: str) -> UUID:
    """Raises Refused for what is no job's id."""
    job_id = decode_id(JOB, text)
    if job_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a job id: they look like job_01j….", "id")
    return job_id


async def _visible(tx: Transaction, act: Act, job_id: UUID) -> JobRow:
    found = (await jobs.jobs_by_id(tx, act.actor.organizations, [job_id])).get(job_id)
    if found is None:
        raise refuse(ErrorCode.NOT_FOUND, f"Job not found: {encode_id(JOB, job_id)}.", "id")
    return found


async def _locked(tx: Transaction, act: Act, job_id: UUID) -> JobRow:
    found = await _visible(tx, act, job_id)
    return await jobs.lock_job(tx, found.org_id, job_id)


async def _kept_job(tx: Transaction, org_id: UUID, job_id: UUID) -> JobRow:
    found = (await jobs.jobs_by_id(tx, [org_id], [job_id])).get(job_id)
    if found is None:
        raise refuse(ErrorCode.NOT_FOUND, "The job that this key stands for is gone.", "idempotencyKey")
    return found


async def _add(tx: Transaction, act: Act, job: JobRow, items: Sequence[Item], errors: Sequence[JobErrorRow]) -> JobRow:
    if not items:
        job = replace(job, status="SUCCEEDED", started_at=act.now, finished_at=act.now)
    await jobs.add_job(tx, job, items, errors)
    if items:
        await job_queue.enqueue(tx, job, act.now)
    return job


def _new_job(act: Act, org_id: UUID, kind: str, items: int, terms: dict[str, Any]) -> JobRow:
    """`terms` gets the organisations that the key sees: which foreign ids a job may know of."""
    return JobRow(
        org_id=org_id,
        id=act.new_id(),
        kind=kind,
        status="QUEUED",
        total=items,
        pending=items,
        position=0,
        done=0,
        failed=0,
        terms=terms | {"organizations": [org.hex for org in act.actor.organizations]},
        actor=act.actor.label,
        actor_key_id=act.actor.key_id,
        request_id=act.request_id or None,
        problem=None,
        created_at=act.now,
        started_at=None,
        finished_at=None,
        paced_at=None,
        paced_done=0,
        progressed_at=None,
    )
