"""undoMerge for a merge of conversations: its sources stand for themselves again, as they stood before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from db import contact_writes, conversations, merges
from db import contacts as contact_rows
from db.conversations import ConversationRow
from db.engine import Transaction
from db.merges import MergeRow, SourceRow
from db.organizations import lock_organization
from resolvers.access import Act
from resolvers.conversations.parting import part_conversations
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.ids import CONVERSATION, encode_id
from resolvers.merging.undo_request import UndoRequest


@dataclass(frozen=True)
class ThreadsParted:
    """The merge as it stands, and the conversations that stand for themselves again, in their order in it."""

    merge: MergeRow
    restored: tuple[ConversationRow, ...]


async def undo_conversation_merge(tx: Transaction, act: Act, found: MergeRow, request: UndoRequest) -> ThreadsParted:
    """Raises Refused: NOT_UNDOABLE for what is undone or erased, NOT_FOUND for what was no source."""
    if request.keep_apart:
        message = "keepApart is for contacts; this merge is one of conversations."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "keepApart")
    if request.source_ids is not None:
        message = "This merge is one of conversations: name them in sourceConversationIds."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "sourceContactIds")
    await lock_organization(tx, found.org_id)
    event = (await merges.merges_by_id(tx, [found.org_id], [found.id]))[found.id]
    sources = (await merges.sources_of(tx, [found.org_id], [found.id]))[found.id]
    if event.undone_at is not None:
        raise refuse(ErrorCode.NOT_UNDOABLE, "This merge is undone already.", "mergeId")
    ids = [source.conversation_id for source in sources if source.conversation_id is not None]
    assert event.primary_conversation_id is not None
    rows = await conversations.conversations_by_id(tx, [found.org_id], [event.primary_conversation_id, *ids])
    chosen = _chosen(request, sources, rows)
    if event.primary_conversation_id not in rows or not chosen:
        message = "The conversations of this merge were erased; nothing is left to undo."
        raise refuse(ErrorCode.NOT_UNDOABLE, message, "mergeId")
    survivors = await contact_rows.survivors(tx, [found.org_id], sorted({row.contact_id for row in rows.values()}))
    await contact_writes.lock_contacts(tx, found.org_id, sorted({row.id for row in survivors.values()}))
    restored, (after,) = await part_conversations(tx, act, found.org_id, {found.id: chosen}, request.reason)
    return ThreadsParted(after, tuple(restored))


def _chosen(request: UndoRequest, sources: Sequence[SourceRow], rows: dict[UUID, ConversationRow]) -> list[UUID]:
    """The sources to take out, in their order. Raises Refused, one entry a source that cannot be."""
    by_id = {source.conversation_id: source for source in sources if source.conversation_id is not None}
    merged = [one for one, source in by_id.items() if source.undone_at is None and one in rows]
    if request.conversation_ids is None:
        return merged
    errors = []
    for index, one in enumerate(request.conversation_ids):
        path = ("sourceConversationIds", str(index))
        shown = encode_id(CONVERSATION, one)
        if one not in by_id:
            errors.append(UserError(ErrorCode.NOT_FOUND, f"{shown} was no source of this merge.", path))
        elif one not in merged:
            message = f"{shown} was taken out of this merge already, or erased."
            errors.append(UserError(ErrorCode.NOT_UNDOABLE, message, path))
    if errors:
        raise Refused(errors)
    return [one for one in merged if one in request.conversation_ids]
