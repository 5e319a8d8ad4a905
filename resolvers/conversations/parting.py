"""Taking conversations out of the ones that they were merged into, in any order: they stand as they stood before.

For holders of the organisation's lock; the survivors of the contacts concerned are locked as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from db import conversation_merges, merges
from db.conversations import ConversationRow
from db.engine import Transaction
from db.merges import MergeRow, SourceRow
from resolvers.access import Act
from resolvers.events.recording import note_threads_parted


async def part_conversations(
    tx: Transaction, act: Act, org_id: UUID, leaving: Mapping[UUID, Sequence[UUID]], reason: str | None
) -> tuple[list[ConversationRow], list[MergeRow]]:
    """(Those conversations again, by the merge that each is a source of, in their order; the merges as they stand
    then.) Eleven statements, with the event for the outbox."""
    events = await merges.merges_by_id(tx, [org_id], list(leaving))
    sources = await merges.sources_of(tx, [org_id], list(leaving))
    tops = [conversation for found in leaving.values() for conversation in found]
    rows = await conversation_merges.lock_conversations(tx, org_id, tops)
    rows |= await conversation_merges.lock_trees(tx, org_id, sorted({row.canonical_id for row in rows.values()}))
    trees = {top: _members(rows, top, set(tops)) for top in tops}
    last = await conversation_merges.last_written(tx, org_id, sorted(rows))
    parted = [
        _restored(act, rows[top], events[merge], _latest(trees[top], last))
        for merge, found in leaving.items()
        for top in found
    ]
    staying = rows.keys() - {member for tree in trees.values() for member in tree}
    left = [_left(act, rows, rows[root], last, staying) for root in staying if rows[root].merged_into_id is None]
    await conversation_merges.POINTERS.part(tx, org_id, list(trees.values()))
    await conversation_merges.save_merged(tx, [*parted, *left])
    ended = [_after(act, events[merge], sources[merge], found) for merge, found in leaving.items()]
    await conversation_merges.remove_notes(tx, org_id, _notes(ended, leaving))
    undone = [
        replace(source, undone_at=act.now, undone_by=act.actor.label, undo_reason=reason)
        for merge, found in leaving.items()
        for source in sources[merge]
        if source.conversation_id in found
    ]
    await merges.mark_undone(tx, ended, undone)
    of_merge = {event.id: event for event in ended}
    left_trees = [(of_merge[merge], [trees[top] for top in found]) for merge, found in leaving.items()]
    await note_threads_parted(tx, act, org_id, left_trees)
    return parted, ended


def _members(rows: Mapping[UUID, ConversationRow], top: UUID, tops: set[UUID]) -> list[UUID]:
    """A conversation and all that was merged into it, but for what leaves by itself."""
    below: dict[UUID, list[UUID]] = {}
    for row in rows.values():
        if row.merged_into_id is not None and row.id not in tops:
            below.setdefault(row.merged_into_id, []).append(row.id)
    found = [top]
    for conversation_id in found:
        found += sorted(below.get(conversation_id, ()))
    return found


def _restored(act: Act, row: ConversationRow, event: MergeRow, last: datetime | None) -> ConversationRow:
    before = event.policy.get("before", {}).get(row.id.hex, {})
    return replace(
        row,
        canonical_id=row.id,
        merged_into_id=None,
        merge_id=None,
        status=before.get("status", row.status),
        tags=before.get("tags", row.tags),
        last_message_at=last,
        updated_at=max(act.now, row.updated_at),
    )


def _left(
    act: Act,
    rows: Mapping[UUID, ConversationRow],
    root: ConversationRow,
    last: Mapping[UUID, datetime | None],
    staying: Iterable[UUID],
) -> ConversationRow:
    """A conversation that others have left."""
    members = [member for member in staying if rows[member].canonical_id == root.id]
    return replace(root, last_message_at=_latest(members, last), updated_at=max(act.now, root.updated_at))


def _latest(members: Sequence[UUID], last: Mapping[UUID, datetime | None]) -> datetime | None:
    return max((at for member in members if (at := last.get(member)) is not None), default=None)


def _after(act: Act, event: MergeRow, sources: Sequence[SourceRow], leaving: Sequence[UUID]) -> MergeRow:
    """The event; undone as a whole once nothing is left of it."""
    if any(source.undone_at is None and source.conversation_id not in leaving for source in sources):
        return event
    return replace(event, undone_at=act.now, undone_by=act.actor.label)


def _notes(events: Sequence[MergeRow], leaving: Mapping[UUID, Sequence[UUID]]) -> list[UUID]:
    """What the merge wrote on those that leave, and on the primary once all of it is undone."""
    found = []
    for event in events:
        written = event.policy.get("notes", {})
        of = [conversation.hex for conversation in leaving[event.id]]
        if event.undone_at is not None and event.primary_conversation_id is not None:
            of.append(event.primary_conversation_id.hex)
        found += [UUID(written[conversation]) for conversation in of if conversation in written]
    return found
