"""mergeContacts: sources become one with a primary, whatever hangs on them, in at most fourteen statements.

1 the organisation's lock, 2 settings and the earlier answer, 3 the rows locked, 4 the pairs marked distinct, 5 and 6
the event and its sources, 7 the sources' pointers, 8 the survivor's values, 9 to 12 what matching keeps of them, 13
the event for the outbox, 14 the answer kept (with an idempotency key). Detection adds three: its pairs marked
distinct take the place of the fourth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db import contact_writes, idempotency, merges
from db import contacts as contact_rows
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.merges import MergeRow
from db.organizations import SettingsRow, settings_for_merge
from db.pointers import Move
from resolvers.access import Act, Scope, require
from resolvers.duplicates.detect import Detected
from resolvers.duplicates.records import keep_in_step
from resolvers.errors import ErrorCode, refuse
from resolvers.events.recording import note_merges
from resolvers.idempotency import answer_for, check_same_request
from resolvers.merging.preparing import PreparedMerge, check_hash, find_sources, prepare_merge
from resolvers.merging.refusals import contact_not_found, explain_absence
from resolvers.merging.request import MergeRequest

OPERATION = "mergeContacts"


@dataclass(frozen=True)
class MergeResult:
    """What a merge answers: the survivor as it stands, the sources in the order merged, what detection left over."""

    survivor: ContactRow
    source_ids: tuple[UUID, ...]
    remaining: int
    merge: MergeRow | None


async def merge_contacts(db: Database, act: Act, request: MergeRequest) -> MergeResult:
    """Merges, or repeats the answer kept under the idempotency key. Raises Refused, with nothing written."""
    require(act.actor, Scope.MERGE)
    return await db.write(lambda tx: _merge(tx, act, request))


async def _merge(tx: Transaction, act: Act, request: MergeRequest) -> MergeResult:
    orgs = act.actor.organizations
    org_id = await contact_writes.lock_organization_of(tx, orgs, request.primary_id)
    if org_id is None:
        raise await explain_absence(tx, act.actor, request)
    settings, stored = await settings_for_merge(tx, org_id, request.idempotency_key)
    if stored is not None:
        check_same_request(stored, answer_for(stored.key, OPERATION, request.canonical(), {}))
        return await _repeat(tx, orgs, stored.result)
    detected, rows = await _lock(tx, act, settings, request)
    prepared = await prepare_merge(tx, act, request, settings, detected, rows)
    check_hash(request, prepared)
    (result,) = await write_merges(tx, act, org_id, [prepared])
    if request.idempotency_key is not None:
        answer = answer_for(request.idempotency_key, OPERATION, request.canonical(), _kept(result))
        await idempotency.keep_answer(tx, org_id, answer, act.now)
    return result


async def _lock(
    tx: Transaction, act: Act, settings: SettingsRow, request: MergeRequest
) -> tuple[Detected, dict[UUID, ContactRow]]:
    """The sources, and all of the merge locked. An edit that came in between may have made two people of a detected
    pair: then they are looked for again."""
    while True:
        detected = await find_sources(tx, act, settings, request)
        rows = await contact_writes.lock_contacts(tx, settings.org_id, [request.primary_id, *detected.source_ids])
        if detected.holds_for(rows):
            return detected, rows


async def write_merges(tx: Transaction, act: Act, org_id: UUID, prepared: Sequence[PreparedMerge]) -> list[MergeResult]:
    """Carries out merges of one organisation that have no contact in common. Eight statements, for any number."""
    results = [_result(one) for one in prepared]
    plans = [one.plan for one in prepared if one.plan is not None]
    if not plans:  # nothing was detected
        return results
    survivors = [plan.survivor for plan in plans]
    moves = [Move(one.source_ids, one.survivor.id, one.merge.id) for one in results if one.merge is not None]
    await merges.add_merges(tx, [plan.event for plan in plans], [row for plan in plans for row in plan.sources])
    moved = await contact_writes.POINTERS.merge_away(tx, org_id, moves)
    await contact_writes.save_contacts(tx, survivors)
    await keep_in_step(tx, survivors, merged=[source for move in moves for source in move.sources])
    await note_merges(tx, act, list(zip([plan.event for plan in plans], moved, strict=True)))
    return results


def _result(prepared: PreparedMerge) -> MergeResult:
    if prepared.plan is None:
        return MergeResult(prepared.primary, (), prepared.remaining, None)
    source_ids = tuple(row.id for row in prepared.sources)
    return MergeResult(prepared.plan.survivor, source_ids, prepared.remaining, prepared.plan.event)


def _kept(result: MergeResult) -> dict[str, Any]:
    return {
        "primary": result.survivor.id.hex,
        "sources": [source.hex for source in result.source_ids],
        "remaining": result.remaining,
        "merge": result.merge.id.hex if result.merge else None,
    }


async def _repeat(tx: Transaction, orgs: Sequence[UUID], kept: dict[str, Any]) -> MergeResult:
    """The first answer again, with the contact as it is today, wherever it has been merged since."""
    primary_id = UUID(kept["primary"])
    survivor = (await contact_rows.survivors(tx, orgs, [primary_id])).get(primary_id)
    if survivor is None or survivor.erased_at is not None:
        raise contact_not_found(primary_id, "primaryContactId")
    event = None
    if kept["merge"] is not None:
        event_id = UUID(kept["merge"])
        event = (await merges.merges_by_id(tx, orgs, [event_id])).get(event_id)
    if event is None and kept["merge"] is not None:
        raise refuse(ErrorCode.NOT_FOUND, "The merge that this key stands for is gone.", "idempotencyKey")
    return MergeResult(survivor, tuple(UUID(source) for source in kept["sources"]), kept["remaining"], event)
