"""What a caller asks of a merge, read from its input before anything is opened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from resolvers.contacts.values import ATTRIBUTE_KEY_LENGTH, BadValue, text
from resolvers.duplicates.choices import check_probability
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.ids import CONTACT, decode_id, encode_id
from resolvers.merging.survivorship import OVERRIDABLE, Override

MAXIMUM_SOURCES = 50
KEY_LENGTH = 255
REASON_LENGTH = 1_000
MAXIMUM_OVERRIDES = 100


@dataclass(frozen=True)
class MergeRequest:
    """A well-formed request. `source_ids` None: merge the duplicates that detection finds."""

    primary_id: UUID
    source_ids: tuple[UUID, ...] | None
    reason: str | None = None
    idempotency_key: str | None = None
    overrides: tuple[Override, ...] = ()
    expected_hash: str | None = None
    allow_marked_distinct: bool = False
    min_probability: float | None = None

    def canonical(self) -> dict[str, object]:
        """What makes two requests the same one: ids decoded, left-out and null alike."""
        asked: dict[str, object] = {
            "primary": self.primary_id.hex,
            "sources": None if self.source_ids is None else [source.hex for source in self.source_ids],
            "reason": self.reason,
            "overrides": [[o.contact_id.hex, o.field, o.custom_attribute] for o in self.overrides],
            "expectedPreviewHash": self.expected_hash,
            "allowMarkedDistinct": self.allow_marked_distinct,
        }
        # Only when sent: answers were kept before there was such an argument.
        return asked if self.min_probability is None else asked | {"minProbability": self.min_probability}


def read_merge_request(raw: Mapping[str, Any]) -> MergeRequest:
    """Reads MergeContactsInput. Raises Refused with what is wrong in itself: counts, the form of ids, repeats, the
    primary among the sources, overrides of what cannot be chosen."""
    sources = raw.get("sourceContactIds")
    if sources is not None:
        check_source_count(len(sources), "leave it out to merge the detected duplicates")
    errors: list[UserError] = []
    primary_id = _contact_id(raw["primaryContactId"], ("primaryContactId",), errors)
    source_ids = read_contact_ids(sources or (), "sourceContactIds", errors)
    overrides = _read_overrides(raw.get("overrides") or (), errors)
    if errors or primary_id is None:
        raise Refused(errors)
    check_repeats(primary_id, source_ids)
    return MergeRequest(
        primary_id,
        None if sources is None else tuple(source_ids),
        read_text(raw.get("reason"), REASON_LENGTH, "reason"),
        read_key(raw.get("idempotencyKey")),
        tuple(overrides),
        raw.get("expectedPreviewHash"),
        bool(raw.get("allowMarkedDistinct")),
        _read_probability(raw.get("minProbability"), named=sources is not None),
    )


def read_contact_group(raw: Mapping[str, Any]) -> tuple[UUID, list[UUID]]:
    """The primary and the sources of one merge of many. Raises Refused."""
    sources = raw["sourceContactIds"]
    check_source_count(len(sources), None)
    errors: list[UserError] = []
    primary_id = _contact_id(raw["primaryContactId"], ("primaryContactId",), errors)
    source_ids = read_contact_ids(sources, "sourceContactIds", errors)
    if errors or primary_id is None:
        raise Refused(errors)
    check_repeats(primary_id, source_ids)
    return primary_id, source_ids


def _read_probability(value: float | None, *, named: bool) -> float | None:
    if value is None:
        return None
    if named:
        message = "minProbability is for duplicates that are detected; leave it out when you name the sources."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "minProbability")
    return check_probability(value, "minProbability")


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


def check_source_count(
    count: int, otherwise: str | None, field: str = "sourceContactIds", kind: str = "contacts"
) -> None:
    """1 to 50 sources. `otherwise`: what an empty list may have meant. Raises EMPTY_SOURCES, TOO_MANY_SOURCES."""
    if count == 0:
        message = f"{field} is empty. Name 1 to {MAXIMUM_SOURCES} {kind}{f', or {otherwise}' if otherwise else ''}."
        raise refuse(ErrorCode.EMPTY_SOURCES, message, field)
    if count > MAXIMUM_SOURCES:
        raise refuse(
            ErrorCode.TOO_MANY_SOURCES,
            f"{count} sources were sent; one merge takes at most {MAXIMUM_SOURCES}. Send the rest in a second merge.",
            field,
        )


def read_contact_ids(values: Sequence[str], field: str, errors: list[UserError]) -> list[UUID]:
    """The ids of a list; what is no contact's id is noted."""
    decoded = [_contact_id(value, (field, str(index)), errors) for index, value in enumerate(values)]
    return [contact_id for contact_id in decoded if contact_id is not None]


def _contact_id(value: str, path: tuple[str, ...], errors: list[UserError]) -> UUID | None:
    decoded = decode_id(CONTACT, value)
    if decoded is None:
        errors.append(UserError(ErrorCode.BAD_USER_INPUT, "Not a contact id: they look like contact_01j….", path))
    return decoded


def check_repeats(
    primary: UUID | None, sources: Sequence[UUID], field: str = "sourceContactIds", kind: str = CONTACT
) -> None:
    """Raises SELF_MERGE for the primary among the sources, DUPLICATE_SOURCE for one that is named twice."""
    errors = []
    seen: Counter[UUID] = Counter()
    for index, source in enumerate(sources):
        path = (field, str(index))
        seen[source] += 1
        if source == primary:
            message = f"Cannot merge a {kind} with itself."
            errors.append(_repeated(ErrorCode.SELF_MERGE, message, path, source, kind))
        elif seen[source] == 2:
            message = f"{encode_id(kind, source)} is named more than once."
            errors.append(_repeated(ErrorCode.DUPLICATE_SOURCE, message, path, source, kind))
    if errors:
        raise Refused(errors)


def _repeated(code: ErrorCode, message: str, path: tuple[str, ...], source: UUID, kind: str) -> UserError:
    contact, conversation = (source, None) if kind == CONTACT else (None, source)
    return UserError(code, message, path, contact, conversation)


def _read_overrides(given: Sequence[Mapping[str, Any]], errors: list[UserError]) -> list[Override]:
    if len(given) > MAXIMUM_OVERRIDES:
        message = f"{len(given)} overrides were sent; at most {MAXIMUM_OVERRIDES}."
        errors.append(UserError(ErrorCode.BAD_USER_INPUT, message, ("overrides",)))
        return []
    found: list[Override] = []
    for index, raw in enumerate(given):
        path = ("overrides", str(index))
        override = _read_override(raw, path, errors)
        if override is None:
            continue
        if any(_decide_the_same(override, other) for other in found):
            message = "An override before this one decides the same. Give one for each field."
            errors.append(UserError(ErrorCode.BAD_USER_INPUT, message, path))
        found.append(override)
    return found


def _read_override(raw: Mapping[str, Any], path: tuple[str, ...], errors: list[UserError]) -> Override | None:
    contact_id = _contact_id(raw["fromContactId"], (*path, "fromContactId"), errors)
    field, key = raw.get("field"), raw.get("customAttribute")
    if (field is None) == (key is None):
        message = "Give exactly one of field and customAttribute."
        errors.append(UserError(ErrorCode.BAD_USER_INPUT, message, path))
        return None
    if field is not None and field not in OVERRIDABLE:
        message = f"{field} follows its own rule in a merge and cannot be overridden; change it by an edit."
        errors.append(UserError(ErrorCode.OVERRIDE_NOT_ALLOWED, message, (*path, "field")))
        return None
    if key is not None and len(key) > ATTRIBUTE_KEY_LENGTH:
        message = f"customAttribute must be a top-level key of at most {ATTRIBUTE_KEY_LENGTH} characters."
        errors.append(UserError(ErrorCode.BAD_USER_INPUT, message, (*path, "customAttribute")))
        return None
    return Override(contact_id, field, key) if contact_id is not None else None


def _decide_the_same(one: Override, other: Override) -> bool:
    if (one.field, one.custom_attribute) == (other.field, other.custom_attribute):
        return True
    both = (one, other)
    return any(o.field == "customAttributes" for o in both) and any(o.custom_attribute is not None for o in both)
