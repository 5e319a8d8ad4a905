"""What happened, for the outbox: each act notes its event in its own transaction. Ids alone, nothing about a person."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from db.engine import Transaction
from db.merges import MergeRow
from db.outbox import add_events
from db.webhooks import topics_wanted
from resolvers.access import Act
from resolvers.duplicates.listing import worth_a_look
from resolvers.ids import CONTACT, CONVERSATION, MERGE, encode_id
from resolvers.matching.judge import MatchDecision


class Topic(StrEnum):
    """What can be subscribed to. Values never change their meaning."""

    CONTACT_MERGED = "contact.merged"
    MERGE_UNDONE = "contact.merge_undone"
    CONTACT_CREATED = "contact.created"
    CONTACT_UPDATED = "contact.updated"
    CONTACT_ERASED = "contact.erased"
    DUPLICATES_FOUND = "duplicates.found"
    CONVERSATION_MERGED = "conversation.merged"
    CONVERSATION_MERGE_UNDONE = "conversation.merge_undone"


Moved = Sequence[tuple[MergeRow, Sequence[UUID]]]  # merges, each with every id that leads to its primary by it


async def note_merges(tx: Transaction, act: Act, merged: Moved) -> None:
    """One event for each of these merges of contacts."""
    rows = []
    for event, moved in merged:
        assert event.primary_contact_id is not None
        payload = {
            "mergeId": encode_id(MERGE, event.id),
            "contactId": encode_id(CONTACT, event.primary_contact_id),
            "mergedContactIds": _ids(CONTACT, moved),
        }
        rows.append(_row(act, event.org_id, Topic.CONTACT_MERGED, payload))
    await add_events(tx, rows)


async def note_undo(
    tx: Transaction, act: Act, event: MergeRow, root: ContactRow, trees: Sequence[Sequence[UUID]]
) -> None:
    """`root`: the living contact that the sources were parted from. `trees`: each of them with the ids that go with
    it, its own the first."""
    payload = {
        "mergeId": encode_id(MERGE, event.id),
        "contactId": encode_id(CONTACT, root.id),
        "restored": [_restored("contactId", "mergedContactIds", CONTACT, tree) for tree in trees],
    }
    await _note(tx, act, event.org_id, Topic.MERGE_UNDONE, payload)


async def note_created(tx: Transaction, act: Act, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """New contacts, and who may be the same people. Written only where a webhook asks for it, and nothing else reads
    it: one statement without; with it a fixed number for any number of contacts."""
    await _note_contacts(tx, act, org_id, Topic.CONTACT_CREATED, contact_ids, seen=True)


async def note_updated(tx: Transaction, act: Act, row: ContactRow, *, seen: bool) -> None:
    """The living contact, or something that hangs on it and shows there, was changed by hand. `seen`: matching sees the
    change, and has been told. As `note_created`."""
    await _note_contacts(tx, act, row.org_id, Topic.CONTACT_UPDATED, [row.id], seen=seen)


async def note_erasure(tx: Transaction, act: Act, org_id: UUID, members: Sequence[UUID]) -> None:
    """`members`: every id that is erased, the contact that was named the first."""
    payload = {"contactId": encode_id(CONTACT, members[0]), "erasedContactIds": _ids(CONTACT, members)}
    await _note(tx, act, org_id, Topic.CONTACT_ERASED, payload)


async def note_threads_merged(tx: Transaction, act: Act, merged: Moved) -> None:
    """As `note_merges`, of conversations."""
    rows = []
    for event, moved in merged:
        assert event.primary_conversation_id is not None
        payload = {
            "mergeId": encode_id(MERGE, event.id),
            "conversationId": encode_id(CONVERSATION, event.primary_conversation_id),
            "mergedConversationIds": _ids(CONVERSATION, moved),
        }
        rows.append(_row(act, event.org_id, Topic.CONVERSATION_MERGED, payload))
    await add_events(tx, rows)


async def note_threads_parted(
    tx: Transaction, act: Act, org_id: UUID, parted: Sequence[tuple[MergeRow, Sequence[Sequence[UUID]]]]
) -> None:
    """One event for each merge of conversations that was taken back, with its trees as in `note_undo`."""
    rows = []
    for event, trees in parted:
        payload = {
            "mergeId": encode_id(MERGE, event.id),
            "restored": [_restored("conversationId", "mergedConversationIds", CONVERSATION, tree) for tree in trees],
        }
        rows.append(_row(act, org_id, Topic.CONVERSATION_MERGE_UNDONE, payload))
    await add_events(tx, rows)


async def _note(tx: Transaction, act: Act, org_id: UUID, topic: Topic, payload: dict[str, Any]) -> None:
    await add_events(tx, [_row(act, org_id, topic, payload)])


async def _note_contacts(
    tx: Transaction, act: Act, org_id: UUID, topic: Topic, contact_ids: Sequence[UUID], *, seen: bool
) -> None:
    wanted = await topics_wanted(tx, org_id) if contact_ids else set()
    rows = []
    if topic in wanted:
        rows = [_row(act, org_id, topic, {"contactId": encode_id(CONTACT, one)}) for one in contact_ids]
    if seen and Topic.DUPLICATES_FOUND in wanted:
        rows += await _duplicates(tx, act, org_id, contact_ids)
    if rows:
        await add_events(tx, rows)


async def _duplicates(tx: Transaction, act: Act, org_id: UUID, contact_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    found = await worth_a_look(tx, act, org_id, contact_ids)
    rows = []
    for contact_id, others in found.items():
        payload: dict[str, Any] = {"contactId": encode_id(CONTACT, contact_id)}
        for name, decision in _DECISIONS.items():
            payload[name] = _ids(CONTACT, [other for other, judged in others if judged is decision])
        rows.append(_row(act, org_id, Topic.DUPLICATES_FOUND, payload))
    return rows


_DECISIONS = {"autoMergeContactIds": MatchDecision.AUTO_MERGE, "reviewContactIds": MatchDecision.REVIEW}


def _row(act: Act, org_id: UUID, topic: Topic, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "org_id": org_id,
        "id": act.new_id(),
        "topic": topic.value,
        "payload": payload,
        "created_at": act.now,
    }


def _restored(one: str, others: str, prefix: str, tree: Sequence[UUID]) -> dict[str, Any]:
    return {one: encode_id(prefix, tree[0]), others: _ids(prefix, tree[1:])}


def _ids(prefix: str, ids: Sequence[UUID]) -> list[str]:
    return [encode_id(prefix, one) for one in ids]
