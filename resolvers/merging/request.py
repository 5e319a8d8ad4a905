"""What a caller asks of a merge, read from its input before anything is opened."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from resolvers.contacts.values import BadValue, text
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.ids import CONTACT, decode_id, encode_id

MAXIMUM_SOURCES = 50
KEY_LENGTH = 255
REASON_LENGTH = 1_000


@dataclass(frozen=True)
class MergeRequest:
    """A well-formed request. `source_ids` None: merge the duplicates that detection finds."""

    primary_id: UUID
    source_ids: tuple[UUID, ...] | None
    reason: str | None = None
    idempotency_key: str | None = None

    def canonical(self) -> dict[str, object]:
        """What makes two requests the same one: ids decoded, left-out and null alike."""
        return {
            "primary": self.primary_id.hex,
            "sources": None if self.source_ids is None else [source.hex for source in self.source_ids],
            "reason": self.reason,
        }


def read_merge_request(
    primary: str,
    sources: Sequence[str] | None,
    *,
    reason: str | None = None,
    idempotency_key: str | None = None,
) -> MergeRequest:
    """Raises Refused with what is wrong in itself: counts, the form of ids, repeats, the primary among them."""
    if sources is not None:
        _check_count(len(sources))
    errors: list[UserError] = []
    primary_id = _contact_id(primary, ("primaryContactId",), errors)
    decoded = [
        _contact_id(source, ("sourceContactIds", str(index)), errors) for index, source in enumerate(sources or ())
    ]
    if errors:
        raise Refused(errors)
    source_ids = tuple(source for source in decoded if source is not None)
    assert primary_id is not None
    _check_repeats(primary_id, source_ids)
    return MergeRequest(
        primary_id,
        None if sources is None else source_ids,
        read_text(reason, REASON_LENGTH, "reason"),
        read_key(idempotency_key),
    )


def read_key(value: str | None) -> str | None:
    """An idempotency key: 1 to 255 characters, kept as sent."""
    if value is None:
        return None
    key = read_text(value, KEY_LENGTH, "idempotencyKey")
    if key is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "An idempotency key must not be blank.", "idempotencyKey")
    return key


def read_text(value: str | None, limit: int, field: str) -> str | None:
    """Text of a top-level field of the input."""
    try:
        return text(value, limit)
    except BadValue as error:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"{field} {error}.", field) from None


def _check_count(count: int) -> None:
    if count == 0:
        raise refuse(
            ErrorCode.EMPTY_SOURCES,
            "sourceContactIds is empty. Name 1 to 50 contacts, or leave it out to merge the detected duplicates.",
            "sourceContactIds",
        )
    if count > MAXIMUM_SOURCES:
        raise refuse(
            ErrorCode.TOO_MANY_SOURCES,
            f"{count} sources were sent; one merge takes at most {MAXIMUM_SOURCES}. Send the rest in a second merge.",
            "sourceContactIds",
        )


def _contact_id(value: str, path: tuple[str, ...], errors: list[UserError]) -> UUID | None:
    decoded = decode_id(CONTACT, value)
    if decoded is None:
        errors.append(UserError(ErrorCode.BAD_USER_INPUT, "Not a contact id: they look like contact_01j….", path))
    return decoded


def _check_repeats(primary: UUID, sources: Sequence[UUID]) -> None:
    errors = []
    seen: Counter[UUID] = Counter()
    for index, source in enumerate(sources):
        path = ("sourceContactIds", str(index))
        seen[source] += 1
        if source == primary:
            errors.append(UserError(ErrorCode.SELF_MERGE, "Cannot merge a contact with itself.", path, source))
        elif seen[source] == 2:
            message = f"{encode_id(CONTACT, source)} is named more than once."
            errors.append(UserError(ErrorCode.DUPLICATE_SOURCE, message, path, source))
    if errors:
        raise Refused(errors)
