"""What a caller asks of a merge of conversations, read from its input before anything is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from resolvers.contacts.values import BadValue, required_text
from resolvers.conversations.writing import TAG_LENGTH
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.ids import CONVERSATION, decode_id
from resolvers.merging.request import REASON_LENGTH, check_repeats, check_source_count, read_key, read_text

SOURCES = "sourceConversationIds"
DEFAULT_TAG = "merged"
NOTE_LENGTH = 10_000  # with the links that the merge adds it is a message, whose body may be longer


@dataclass(frozen=True)
class ThreadRequest:
    """A well-formed request. `tag` None: the sources get none; `across`: of several contacts, on purpose."""

    primary_id: UUID
    source_ids: tuple[UUID, ...]
    note: str | None = None
    tag: str | None = DEFAULT_TAG
    across: bool = False
    reason: str | None = None
    idempotency_key: str | None = None

    def canonical(self) -> dict[str, object]:
        """What makes two requests the same one."""
        return {
            "primary": self.primary_id.hex,
            "sources": [source.hex for source in self.source_ids],
            "note": self.note,
            "tag": self.tag,
            "acrossContacts": self.across,
            "reason": self.reason,
        }


def read_thread_request(raw: Mapping[str, Any]) -> ThreadRequest:
    """Reads MergeConversationsInput. Raises Refused with what is wrong in itself: counts, the form of ids, repeats."""
    primary_id, sources = read_thread_group(raw)
    return ThreadRequest(
        primary_id,
        tuple(sources),
        read_note(raw),
        read_tag(raw),
        bool(raw.get("acrossContacts")),
        read_text(raw.get("reason"), REASON_LENGTH, "reason"),
        read_key(raw.get("idempotencyKey")),
    )


def read_thread_group(raw: Mapping[str, Any]) -> tuple[UUID, list[UUID]]:
    """The primary and the sources of one merge. Raises Refused."""
    sources = raw[SOURCES]
    check_source_count(len(sources), None, SOURCES, "conversations")
    errors: list[UserError] = []
    primary_id = _read_id(raw["primaryConversationId"], ("primaryConversationId",), errors)
    read = read_conversation_ids(sources, errors)
    if errors or primary_id is None:
        raise Refused(errors)
    check_repeats(primary_id, read, SOURCES, kind=CONVERSATION)
    return primary_id, read


def read_note(raw: Mapping[str, Any]) -> str | None:
    """What the caller puts in front of the merge's notes. Raises Refused."""
    return read_text(raw.get("note"), NOTE_LENGTH, "note")


def read_conversation_ids(values: Any, errors: list[UserError]) -> list[UUID]:
    """The ids of a list of sources; what is no conversation's id is noted."""
    decoded = [_read_id(value, (SOURCES, str(index)), errors) for index, value in enumerate(values)]
    return [conversation_id for conversation_id in decoded if conversation_id is not None]


def _read_id(value: str, path: tuple[str, ...], errors: list[UserError]) -> UUID | None:
    decoded = decode_id(CONVERSATION, value)
    if decoded is None:
        message = "Not a conversation id: they look like conversation_01j…."
        errors.append(UserError(ErrorCode.BAD_USER_INPUT, message, path))
    return decoded


def read_tag(raw: Mapping[str, Any]) -> str | None:
    """The tag for the sources, None for none. Raises Refused."""
    value = raw.get("tag", DEFAULT_TAG)
    if value is None:
        return None
    try:
        return required_text(value, TAG_LENGTH)
    except BadValue as error:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"tag {error}. Send null for none.", "tag") from None
