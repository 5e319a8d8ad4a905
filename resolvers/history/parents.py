"""What the lines of a batch belong to: contacts and conversations, found by ref or by id, their survivors locked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from db import contact_writes, conversations
from db import contacts as contact_rows
from db.engine import Transaction
from db.imports import known_refs
from resolvers.contacts.preparing import ImportTerms
from resolvers.errors import ErrorCode, UserError
from resolvers.history.preparing import PARENTS, PreparedThing


@dataclass(frozen=True, slots=True)
class Parent:
    """What a line belongs to: its id, the contact that was given it, and the survivor that shows it."""

    thing_id: UUID
    contact_id: UUID
    root: UUID


@dataclass
class Parents:
    """Those that live, by id and by ref (a keyed hash); when each survivor was last changed."""

    found: dict[UUID | str, Parent] = field(default_factory=dict)
    changed: dict[UUID, datetime] = field(default_factory=dict)

    def of(self, line: PreparedThing) -> Parent | None:
        """What this line belongs to."""
        return self.found.get(line.parent_id or line.parent_ref or "")

    def add(self, ref: str | None, parent: Parent) -> None:
        """What has been made since."""
        self.found[parent.thing_id] = parent
        if ref is not None:
            self.found[ref] = parent


async def lock_parents(tx: Transaction, terms: ImportTerms, lines: Sequence[PreparedThing]) -> Parents:
    """For holders of the organisation's lock. Three statements for contacts, two for conversations, for any number.

    All survivors are locked here, in the order of their ids: whoever holds one and waits for something that the import
    has written meanwhile would else wait for us while we wait for him.
    """
    given = await _given(tx, terms, "contact", lines) | await _given(tx, terms, "conversation", lines)
    contacts = sorted({contact_id for _, contact_id in given.values()})
    roots = await contact_rows.survivors(tx, [terms.org_id], contacts)
    living = {contact: row.id for contact, row in roots.items() if row.erased_at is None}
    parents = Parents()
    for key, (thing_id, contact_id) in given.items():
        if contact_id in living:
            parents.found[key] = Parent(thing_id, contact_id, living[contact_id])
    parents.changed = await contact_writes.lock_roots(tx, terms.org_id, sorted(set(living.values())))
    return parents


async def _given(
    tx: Transaction, terms: ImportTerms, parent: str, lines: Sequence[PreparedThing]
) -> dict[UUID | str, tuple[UUID, UUID]]:
    """By id and by ref: (the id, the contact that was given it)."""
    named = [line for line in lines if line.parent == parent]
    if not named:
        return {}
    refs = sorted({line.parent_ref for line in named if line.parent_ref is not None})
    by_ref = await known_refs(tx, terms.org_id, terms.source, PARENTS[parent][1], refs)
    ids = {*by_ref.values(), *(line.parent_id for line in named if line.parent_id is not None)}
    contacts = {thing_id: thing_id for thing_id in ids}
    if parent == "conversation":
        rows = await conversations.conversations_by_id(tx, [terms.org_id], sorted(ids))
        contacts = {row.id: row.contact_id for row in rows.values()}
    found: dict[UUID | str, tuple[UUID, UUID]] = {thing_id: (thing_id, contacts[thing_id]) for thing_id in contacts}
    return found | {ref: (thing_id, contacts[thing_id]) for ref, thing_id in by_ref.items() if thing_id in contacts}


def no_parent(line: PreparedThing) -> UserError:
    """What is told of a line that belongs to nothing that lives."""
    by = f"{line.parent}Id" if line.parent_id is not None else f"{line.parent}Ref"
    message = f"There is no such {line.parent}. It must stand before this line, or have been imported from this source."
    return UserError(ErrorCode.NOT_FOUND, message, (by,))
