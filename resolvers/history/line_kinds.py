"""The kinds of lines of a file that hang something on a contact, and how the fields of each are read. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.calls import call
from db.conversations import conversation, message
from db.imports import CONVERSATION_REF
from db.notes import note
from resolvers.contacts.channel_inputs import FIELDS as CHANNEL_FIELDS
from resolvers.contacts.channel_inputs import read_channel
from resolvers.contacts.fields import Fields
from resolvers.contacts.preparing import ImportTerms
from resolvers.contacts.tag_inputs import read_color, read_name, read_names
from resolvers.conversations.writing import conversation_values, read_conversation, read_message
from resolvers.history.calls import read_call
from resolvers.history.notes import read_note
from resolvers.memories.inputs import read_remembered

Values = dict[str, Any]
Reader = Callable[[Fields, ImportTerms, datetime], Values]


@dataclass(frozen=True)
class LineKind:
    """A kind of line: how it is remembered, what it belongs to, and how its fields are read.

    `table`: where it is a row of, by the values that are read; `heard`: which of them says when the contact was heard.
    """

    ref_kind: str
    parent: str | None  # contact or conversation: `contactRef` or `contactId`, and so on
    read: Reader
    fields: frozenset[str]
    table: Any = None
    heard: str | None = None


def row_of(kind: LineKind, values: Values, org_id: UUID, thing_id: UUID) -> Values:
    """The row of its table that a line makes, with the id of the line's own in the place of its parent's."""
    if kind.table is conversation:
        return conversation_values(values, org_id, thing_id, thing_id)
    return values | {"org_id": org_id, "id": thing_id, f"{kind.parent}_id": thing_id}


def _timed(read: Callable[[Fields, datetime], Values]) -> Reader:
    """One that asks nothing but the time."""
    return lambda fields, _terms, now: read(fields, now)


def _channel(fields: Fields, terms: ImportTerms, _now: datetime) -> Values:
    sent = fields.raw("channel")
    if not isinstance(sent, Mapping):
        fields.wrong("channel must be an object with the fields of ChannelInput, its type first.", "channel")
        return {}
    inner = fields.inner(sent, "channel")
    inner.expect_only(CHANNEL_FIELDS, "a channel")
    return read_channel(inner, terms.default_region) or {}


def _memberships(word: str) -> Reader:
    """The labels or segments of a contact."""
    return lambda fields, _terms, _now: {"names": read_names(fields, word)}


def _definition(word: str) -> Reader:
    """A label or a segment itself."""

    def read(fields: Fields, _terms: ImportTerms, _now: datetime) -> Values:
        if "name" not in fields:
            message = f"Give a name (a {word} itself), or names and contactRef or contactId (the {word}s of a contact)."
            fields.wrong(message, "name")
            return {}
        name, key = read_name(fields)
        return {"name": name, "name_key": key, "color": read_color(fields)}

    return read


def _memory(fields: Fields, _terms: ImportTerms, now: datetime) -> Values:
    return {"remembered": read_remembered(fields, now)}


KINDS = {
    "conversation": LineKind(
        CONVERSATION_REF,
        "contact",
        _timed(read_conversation),
        frozenset({"subject", "status", "channelType", "tags", "assignee", "createdAt"}),
        conversation,
    ),
    "message": LineKind(
        "MESSAGE",
        "conversation",
        _timed(read_message),
        frozenset({"body", "author", "authorName", "internal", "createdAt"}),
        message,
        "created_at",
    ),
    "call": LineKind(
        "CALL",
        "contact",
        _timed(read_call),
        frozenset({"direction", "fromNumber", "toNumber", "startedAt", "durationSeconds", "status", "summary"})
        | {"recordingUrl", "transcript"},
        call,
        "started_at",
    ),
    "note": LineKind("NOTE", "contact", _timed(read_note), frozenset({"body", "author", "createdAt"}), note),
    "channel": LineKind("CHANNEL", "contact", _channel, frozenset({"channel"})),
    "segment": LineKind("SEGMENT", "contact", _memberships("segment"), frozenset({"names"})),
    "label": LineKind("LABEL", "contact", _memberships("label"), frozenset({"names"})),
    "memory": LineKind("MEMORY", "contact", _memory, frozenset({"persona", "facts", "messages", "summaries"})),
}
# The same types of lines without a contact. They have refs of their own: `vip` may name both.
_DEFINITIONS = {
    "segment": LineKind("SEGMENT_ITSELF", None, _definition("segment"), frozenset({"name", "color"})),
    "label": LineKind("LABEL_ITSELF", None, _definition("label"), frozenset({"name", "color"})),
}


def kind_of(kind: str, raw: Mapping[str, Any]) -> LineKind:
    """The kind of a line by its type (see KINDS) and by whether it names a contact."""
    if kind in _DEFINITIONS and not raw.keys() & {"names", "contactRef", "contactId"}:
        return _DEFINITIONS[kind]
    return KINDS[kind]
