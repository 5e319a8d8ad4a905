"""What a caller asks of an undo, read from its input before anything is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from resolvers.errors import ErrorCode, Refused, UserError
from resolvers.ids import MERGE, decode_id
from resolvers.merging.request import REASON_LENGTH, check_repeats, check_source_count, read_contact_ids, read_text


@dataclass(frozen=True)
class UndoRequest:
    """A well-formed request. `source_ids` None: everything that is still merged by this merge."""

    merge_id: UUID
    source_ids: tuple[UUID, ...] | None
    keep_apart: bool = False
    reason: str | None = None


def read_undo_request(merge: str, sources: Sequence[str] | None, keep_apart: bool, reason: str | None) -> UndoRequest:
    """Raises Refused with what is wrong in itself: counts, the form of ids, repeats."""
    if sources is not None:
        check_source_count(len(sources), "leave it out to undo all of the merge")
    errors: list[UserError] = []
    merge_id = decode_id(MERGE, merge)
    if merge_id is None:
        errors.append(UserError(ErrorCode.BAD_USER_INPUT, "Not a merge id: they look like merge_01j….", ("mergeId",)))
    source_ids = read_contact_ids(sources or (), "sourceContactIds", errors)
    if errors or merge_id is None:
        raise Refused(errors)
    check_repeats(None, source_ids)
    return UndoRequest(
        merge_id,
        None if sources is None else tuple(source_ids),
        keep_apart,
        read_text(reason, REASON_LENGTH, "reason"),
    )
