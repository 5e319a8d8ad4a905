"""Lines of a file that hang something on a contact (conversations, messages, calls, notes), before anything is locked.

Each names what it belongs to by a ref of the same source or by an id. Plain data that can be pickled.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from db.bulk import Encoded
from db.imports import CONTACT_REF, CONVERSATION_REF
from resolvers.access import Act
from resolvers.contacts.fields import Fields
from resolvers.contacts.preparing import ImportTerms, claim_of, ref_hash
from resolvers.conversations.writing import read_conversation, read_message
from resolvers.errors import UserError
from resolvers.history.calls import read_call
from resolvers.history.notes import read_note
from resolvers.ids import CONTACT, CONVERSATION, decode_id


@dataclass(frozen=True)
class LineKind:
    """A kind of line: how it is remembered, what it belongs to, and how its fields are read."""

    ref_kind: str
    parent: str  # contact or conversation: `contactRef` or `contactId`, and so on
    read: Callable[[Fields, datetime], dict[str, Any]]
    fields: frozenset[str]


KINDS = {
    "conversation": LineKind(
        CONVERSATION_REF,
        "contact",
        read_conversation,
        frozenset({"subject", "status", "channelType", "tags", "assignee", "createdAt"}),
    ),
    "message": LineKind(
        "MESSAGE",
        "conversation",
        read_message,
        frozenset({"body", "author", "authorName", "internal", "createdAt"}),
    ),
    "call": LineKind(
        "CALL",
        "contact",
        read_call,
        frozenset({"direction", "fromNumber", "toNumber", "startedAt", "durationSeconds", "status", "summary"})
        | {"recordingUrl", "transcript"},
    ),
    "note": LineKind("NOTE", "contact", read_note, frozenset({"body", "author", "createdAt"})),
}
_PARENTS = {"contact": (CONTACT, CONTACT_REF), "conversation": (CONVERSATION, CONVERSATION_REF)}


@dataclass(frozen=True)
class PreparedThing:
    """One line: its values but for the parent, or why it cannot be taken. `parent_ref` is a keyed hash."""

    kind: str
    errors: tuple[UserError, ...] = ()
    thing_id: UUID | None = None
    values: dict[str, Any] = field(default_factory=dict)
    parent_ref: str | None = None
    parent_id: UUID | None = None
    ref: str | None = None
    claim: Encoded | None = None


def prepare_thing(act: Act, terms: ImportTerms, kind: str, raw: Mapping[str, Any], ref: str) -> PreparedThing:
    """A line of that kind (see KINDS), with its ref."""
    found = KINDS[kind]
    hashed = ref_hash(terms, ref, found.ref_kind)
    fields = Fields(raw)
    by_ref, by_id = f"{found.parent}Ref", f"{found.parent}Id"
    fields.expect_only(found.fields | {"type", by_ref, by_id}, f"a {kind}")
    parent_ref, parent_id = _parent(fields, terms, found.parent)
    values = found.read(fields, act.now)
    if fields.errors:
        return PreparedThing(kind, tuple(fields.errors), ref=hashed)
    thing_id = act.new_id()
    claim = claim_of(act, terms, found.ref_kind, hashed, thing_id)
    return PreparedThing(kind, (), thing_id, values, parent_ref, parent_id, hashed, claim)


def _parent(fields: Fields, terms: ImportTerms, parent: str) -> tuple[str | None, UUID | None]:
    """(keyed hash, None) or (None, id) of what the line belongs to; neither when that is wrong, which is noted."""
    by_ref, by_id = f"{parent}Ref", f"{parent}Id"
    ref, shown = fields.raw(by_ref), fields.raw(by_id)
    prefix, ref_kind = _PARENTS[parent]
    if (ref is None) == (shown is None):
        fields.wrong(f"Give exactly one of {by_ref} (a ref of this source) and {by_id}.", by_ref)
    elif ref is not None:
        if isinstance(ref, str | int) and not isinstance(ref, bool):
            return ref_hash(terms, str(ref), ref_kind), None
        fields.wrong(f"{by_ref} must be the ref of a line, a string or a whole number.", by_ref)
    else:
        found = decode_id(prefix, shown) if isinstance(shown, str) else None
        if found is not None:
            return None, found
        fields.wrong(f"{by_id} is no id: they look like {prefix}_01j….", by_id)
    return None, None
