"""Merging conversations and parting them again: pointers, what a merge writes on each of them, and its notes.

For holders of the organisation's lock and of the locks of the contacts that the conversations belong to.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from db.base import any_of, columns_of
from db.contacts import contact
from db.conversations import CONVERSATION_COLUMNS, ConversationRow, MessageRow, conversation, message
from db.engine import Transaction
from db.merges import MergeRow, merge_event, merge_source, merges_with
from db.pointers import Pointers

POINTERS = Pointers(conversation)
_lock = (
    select(*CONVERSATION_COLUMNS)
    .where(conversation.c.org_id == bindparam("org"), any_of(conversation.c.id, "ids"))
    .order_by(conversation.c.id)
    .with_for_update(key_share=True)
)
_lock_trees = (
    select(*CONVERSATION_COLUMNS)
    .where(conversation.c.org_id == bindparam("org"), any_of(conversation.c.canonical_id, "roots"))
    .order_by(conversation.c.id)
    .with_for_update(key_share=True)
)
_merged_ids = (
    select(conversation.c.canonical_id, conversation.c.id)
    .where(
        any_of(conversation.c.org_id, "orgs"),
        any_of(conversation.c.canonical_id, "roots"),
        conversation.c.merged_into_id.is_not(None),
    )
    .order_by(conversation.c.id)
)
_save = (
    update(conversation)
    .where(conversation.c.org_id == bindparam("key_org"), conversation.c.id == bindparam("key_id"))
    .values(
        status=bindparam("new_status"),
        tags=bindparam("new_tags"),
        last_message_at=bindparam("new_last_message_at"),
        updated_at=bindparam("new_updated_at"),
    )
)
_remove_notes = delete(message).where(message.c.org_id == bindparam("org"), any_of(message.c.id, "notes"))
# The notes of merges are no news. A look by key for each conversation, whatever is written in it.
_last_written = select(
    conversation.c.id,
    select(func.max(message.c.created_at, type_=message.c.created_at.type))
    .where(
        message.c.org_id == conversation.c.org_id,
        message.c.conversation_id == conversation.c.id,
        or_(message.c.internal.is_(False), message.c.author != "SYSTEM"),
    )
    .scalar_subquery()
    .label("last"),
).where(conversation.c.org_id == bindparam("org"), any_of(conversation.c.id, "ids"))
_child, _parent = conversation.alias("child"), conversation.alias("parent")
_own, _others = contact.alias("own"), contact.alias("others")
_apart = (
    select(_child.c.id, _child.c.merge_id)
    .select_from(
        _child.join(_parent, and_(_parent.c.org_id == _child.c.org_id, _parent.c.id == _child.c.merged_into_id))
        .join(_own, and_(_own.c.org_id == _child.c.org_id, _own.c.id == _child.c.contact_id))
        .join(_others, and_(_others.c.org_id == _parent.c.org_id, _others.c.id == _parent.c.contact_id))
    )
    .where(_child.c.org_id == bindparam("org"), _own.c.canonical_id != _others.c.canonical_id)
)
# Conversations that are merged into another survivor's, on either side of them: each by an index of its own, for an OR
# would read every conversation of the organisation, and the first by one that holds none but merged ones.
_gone_across = _apart.where(any_of(_child.c.contact_id, "contacts"), _child.c.merged_into_id.is_not(None))
_come_across = _apart.where(any_of(_parent.c.contact_id, "contacts"))
_across = _gone_across.union(_come_across)
_given = select(conversation.c.id).where(
    conversation.c.org_id == bindparam("org"), any_of(conversation.c.contact_id, "contacts")
)
_touching = merges_with(merge_event.c.primary_conversation_id.in_(_given), merge_source.c.conversation_id.in_(_given))


async def lock_conversations(tx: Transaction, org_id: UUID, ids: Sequence[UUID]) -> dict[UUID, ConversationRow]:
    """Locks these in the order of their ids."""
    return {row.id: ConversationRow(*row) for row in await tx.rows(_lock, {"org": org_id, "ids": ids})}


async def lock_trees(tx: Transaction, org_id: UUID, roots: Sequence[UUID]) -> dict[UUID, ConversationRow]:
    """Locks these and all that was merged into them."""
    return {row.id: ConversationRow(*row) for row in await tx.rows(_lock_trees, {"org": org_id, "roots": roots})}


async def merged_conversation_ids(
    tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]
) -> dict[UUID, list[UUID]]:
    """Every id that now leads to each of these, at any depth, oldest first."""
    found: dict[UUID, list[UUID]] = {root: [] for root in roots}
    for root, member in await tx.rows(_merged_ids, {"orgs": orgs, "roots": roots}):
        found[root].append(member)
    return found


async def save_merged(tx: Transaction, rows: Sequence[ConversationRow]) -> None:
    """Writes what a merge or its undo changes of conversations beside their pointers. One statement."""
    saved = [
        {
            "key_org": row.org_id,
            "key_id": row.id,
            "new_status": row.status,
            "new_tags": row.tags,
            "new_last_message_at": row.last_message_at,
            "new_updated_at": row.updated_at,
        }
        for row in rows
    ]
    await tx.run(_save, saved)


async def add_notes(tx: Transaction, rows: Sequence[MessageRow]) -> None:
    """Writes the internal notes of a merge."""
    await tx.run(insert(message), [columns_of(row) for row in rows])


async def remove_notes(tx: Transaction, org_id: UUID, notes: Sequence[UUID]) -> None:
    """Deletes the notes of a merge that is undone."""
    await tx.run(_remove_notes, {"org": org_id, "notes": notes})


async def last_written(tx: Transaction, org_id: UUID, ids: Sequence[UUID]) -> Mapping[UUID, datetime | None]:
    """When the last message of each was written. One statement."""
    return {row.id: row.last for row in await tx.rows(_last_written, {"org": org_id, "ids": ids})}


async def gone_across(tx: Transaction, org_id: UUID, contacts: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """By merge those conversations of these contacts that are merged into another survivor's. One statement, which
    reads none but the merged ones, however many conversations the contacts have."""
    return _by_merge(await tx.rows(_gone_across, {"org": org_id, "contacts": contacts}))


async def merged_across(tx: Transaction, org_id: UUID, contacts: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The same, with those of others that are merged into these contacts' ones, for which all of theirs are read."""
    return _by_merge(await tx.rows(_across, {"org": org_id, "contacts": contacts}))


def _by_merge(rows: Iterable[tuple[UUID, UUID]]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for conversation_id, merge_id in rows:
        found.setdefault(merge_id, []).append(conversation_id)
    return found


async def merges_of_conversations(tx: Transaction, org_id: UUID, contacts: Sequence[UUID]) -> list[MergeRow]:
    """Every merge in which a conversation of these contacts was the primary or a source, undone ones too."""
    return [MergeRow(*row) for row in await tx.rows(_touching, {"org": org_id, "contacts": contacts})]
