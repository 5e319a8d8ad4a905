"""deleteContact: erases a living contact and every contact merged into it.

The rows stay, scrubbed, so that their ids go on saying "deleted" rather than "never heard of"; identifiers, activity
and all that hangs on the contacts are deleted; the history keeps that a merge took place, without the values and the
reason.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from db import (
    activity,
    calls,
    channels,
    contact_writes,
    conversation_merges,
    conversations,
    distinct,
    identifiers,
    inboxes,
    matching,
    memories,
    merges,
    notes,
)
from db.engine import Database, Transaction
from db.erasures import ErasureRow, add_erasure
from db.labels import LABELS
from db.merges import MergeRow
from db.segments import SEGMENTS
from resolvers.access import Act, Scope, require
from resolvers.contacts.update import lock_living
from resolvers.conversations.parting import part_conversations
from resolvers.errors import ErrorCode, refuse
from resolvers.events.recording import note_erasure
from resolvers.ids import CONTACT, decode_id
from resolvers.merging.refusals import contact_not_found
from resolvers.merging.request import REASON_LENGTH, read_text

_OF_THREADS = ("before", "notes")  # what a merge of conversations keeps of each, by its id


async def erase_contact(db: Database, act: Act, contact: str, reason: str | None) -> list[UUID]:
    """The ids erased, the one named first. Raises Refused for an id that does not live itself."""
    require(act.actor, Scope.ERASE)
    contact_id = decode_id(CONTACT, contact)
    if contact_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a contact id: they look like contact_01j….", "id")
    why = read_text(reason, REASON_LENGTH, "reason")
    return await db.write(lambda tx: _erase(tx, act, contact_id, why))


async def _erase(tx: Transaction, act: Act, contact_id: UUID, reason: str | None) -> list[UUID]:
    org_id = await contact_writes.lock_organization_of(tx, act.actor.organizations, contact_id)
    if org_id is None:
        raise contact_not_found(contact_id, "id")
    root = await lock_living(tx, act, contact_id)
    members = await contact_writes.lock_tree(tx, org_id, root.id)
    await _part_threads(tx, act, org_id, members)
    await contact_writes.scrub_contacts(tx, org_id, members, act.now)
    await identifiers.erase(tx, org_id, members)
    for tags in (LABELS, SEGMENTS):
        await tags.erase(tx, org_id, members)
    await activity.erase(tx, org_id, members)
    for hanging in (conversations, calls, notes, channels, inboxes, memories, matching):
        await hanging.erase(tx, org_id, members)
    await distinct.erase(tx, org_id, members)
    actor = act.actor
    await add_erasure(
        tx, ErasureRow(org_id, root.id, actor.label, actor.key_id, reason, act.request_id or None, act.now)
    )
    touched = await merges.merges_touching(tx, org_id, members)
    erased = {member.hex for member in members}
    await merges.rewrite_merges(tx, [_scrubbed(event, erased) for event in touched])
    await merges.forget_evidence(tx, org_id, [event.id for event in touched])
    erased_ids = [root.id, *(member for member in members if member != root.id)]
    await note_erasure(tx, act, org_id, erased_ids)
    return erased_ids


async def _part_threads(tx: Transaction, act: Act, org_id: UUID, members: Sequence[UUID]) -> None:
    """What others have of merges with these contacts' conversations stands for itself again; the merges forget what
    they knew of them, and the reason."""
    across = await conversation_merges.merged_across(tx, org_id, members)
    if across:
        await part_conversations(tx, act, org_id, across, None)
    touched = await conversation_merges.merges_of_conversations(tx, org_id, members)
    if touched:
        named = {UUID(thread) for event in touched for name in _OF_THREADS for thread in event.policy.get(name, {})}
        found = await conversations.conversations_by_id(tx, [org_id], sorted(named))
        erased = {row.id.hex for row in found.values() if row.contact_id in members}
        await merges.rewrite_merges(tx, [_forgetting(event, erased) for event in touched])


def _forgetting(event: MergeRow, erased: set[str]) -> MergeRow:
    kept = {
        name: {thread: value for thread, value in event.policy.get(name, {}).items() if thread not in erased}
        for name in _OF_THREADS
    }
    return replace(event, policy=event.policy | kept, reason=None)


def _scrubbed(event: MergeRow, erased: set[str]) -> MergeRow:
    """The event without anything that an erased contact had or gave; its siblings' values stay undoable."""
    if event.primary_contact_id is not None and event.primary_contact_id.hex in erased:
        return replace(event, before={}, after={}, reason=None)
    gone = {cell for cell, now in event.after.items() if (now["writer"] or {}).get("source") in erased}
    before = {cell: value for cell, value in event.before.items() if cell not in gone}
    after = {cell: _without(value, erased) for cell, value in event.after.items() if cell not in gone}
    return replace(event, before=before, after=after, reason=None)


def _without(cell: dict[str, Any], erased: set[str]) -> dict[str, Any]:
    return cell | {"beat": [value for value in cell.get("beat", []) if value["contact"] not in erased]}
