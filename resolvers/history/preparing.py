"""Lines of a file that hang something on a contact (conversations, channels, memories, …), before anything is locked.

Each names what it belongs to by a ref of the same source or by an id. Plain data that can be pickled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from db.bulk import Encoded, encode
from db.imports import CONTACT_REF, CONVERSATION_REF
from resolvers.access import Act
from resolvers.contacts.fields import Fields
from resolvers.contacts.preparing import ImportTerms, claim_of, ref_hash
from resolvers.errors import UserError
from resolvers.history.line_kinds import kind_of, row_of
from resolvers.ids import CONTACT, CONVERSATION, decode_id

PARENTS = {"contact": (CONTACT, CONTACT_REF), "conversation": (CONVERSATION, CONVERSATION_REF)}


@dataclass(frozen=True)
class PreparedThing:
    """One line: its values, or its row but for the parent, or why it cannot be taken.

    `kind`: how the line is remembered (LineKind.ref_kind); `parent`: contact, conversation or None; `parent_ref`: a
    keyed hash; `heard_at`: when the contact was heard, unless it is `internal`. What has no id of its own (that a
    contact is in a segment, what is remembered) has its `thing_id` here alone.
    """

    kind: str
    parent: str | None
    errors: tuple[UserError, ...] = ()
    thing_id: UUID | None = None
    values: dict[str, Any] = field(default_factory=dict)
    encoded: Encoded | None = None
    heard_at: datetime | None = None
    internal: bool = False
    parent_ref: str | None = None
    parent_id: UUID | None = None
    ref: str | None = None
    claim: Encoded | None = None


def prepare_thing(act: Act, terms: ImportTerms, kind: str, raw: Mapping[str, Any], ref: str) -> PreparedThing:
    """A line of that type (see KINDS), with its ref."""
    found = kind_of(kind, raw)
    hashed = ref_hash(terms, ref, found.ref_kind)
    fields = Fields(raw)
    known = found.fields | {"type"}
    parent_ref, parent_id = None, None
    if found.parent is not None:
        known |= {f"{found.parent}Ref", f"{found.parent}Id"}
        parent_ref, parent_id = _parent(fields, terms, found.parent)
    fields.expect_only(known, f"a line of type {kind}")
    values = found.read(fields, terms, act.now)
    if fields.errors:
        return PreparedThing(found.ref_kind, found.parent, tuple(fields.errors), ref=hashed)
    thing_id = act.new_id()
    row = None
    if found.table is not None:
        row = encode(found.table, terms.dialect, [row_of(found, values, terms.org_id, thing_id)])[0]
    return PreparedThing(
        found.ref_kind,
        found.parent,
        thing_id=thing_id,
        values=values if row is None else {},
        encoded=row,
        heard_at=values[found.heard] if found.heard is not None else None,
        internal=bool(values.get("internal")),
        parent_ref=parent_ref,
        parent_id=parent_id,
        ref=hashed,
        claim=claim_of(act, terms, found.ref_kind, hashed, thing_id),
    )


def _parent(fields: Fields, terms: ImportTerms, parent: str) -> tuple[str | None, UUID | None]:
    """(keyed hash, None) or (None, id) of what the line belongs to; neither when that is wrong, which is noted."""
    by_ref, by_id = f"{parent}Ref", f"{parent}Id"
    ref, shown = fields.raw(by_ref), fields.raw(by_id)
    prefix, ref_kind = PARENTS[parent]
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
