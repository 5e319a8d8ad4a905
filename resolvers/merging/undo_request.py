"""What a caller asks of an undo, read from its input before anything is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from resolvers.conversations.merge_request import SOURCES as THREADS
from resolvers.conversations.merge_request import read_conversation_ids
from resolvers.errors import ErrorCode, Refused, UserError
from resolvers.ids import CONVERSATION, MERGE, decode_id
from resolvers.merging.request import REASON_LENGTH, check_repeats, check_source_count, read_contact_ids, read_text


@dataclass(frozen=True)
class UndoRequest:
    """A well-formed request. `source_ids` None: everything that is still merged by this merge."""

    merge_id: UUID
    source_ids: tuple[UUID, ...] | None
    keep_apart: bool = False
    reason: str | None = None
    conversation_ids: tuple[UUID, ...] | None = None


def read_undo_request(raw: Mapping[str, Any]) -> UndoRequest:
    """Reads UndoMergeInput. Raises Refused with what is wrong in itself: counts, the form of ids, repeats."""
    merge, sources, threads = raw["mergeId"], raw.get("sourceContactIds"), raw.get(THREADS)
    for field, given in (("sourceContactIds", sources), (THREADS, threads)):
        if given is not None:
            check_source_count(len(given), "leave it out to undo all of the merge", field)
    errors: list[UserError] = []
    merge_id = decode_id(MERGE, merge)
    if merge_id is None:
        errors.append(UserError(ErrorCode.BAD_USER_INPUT, "Not a merge id: they look like merge_01j….", ("mergeId",)))
    source_ids = read_contact_ids(sources or (), "sourceContactIds", errors)
    conversation_ids = read_conversation_ids(threads or (), errors)
    if errors or merge_id is None:
        raise Refused(errors)
    check_repeats(None, source_ids)
    check_repeats(None, conversation_ids, THREADS, CONVERSATION)
    return UndoRequest(
        merge_id,
        None if sources is None else tuple(source_ids),
        bool(raw.get("keepApart")),
        read_text(raw.get("reason"), REASON_LENGTH, "reason"),
        None if threads is None else tuple(conversation_ids),
    )
