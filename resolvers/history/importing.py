"""Lines of a file, contacts and what hangs on them, written in one transaction a batch.

What a line belongs to may stand anywhere before it in the file, or in the same batch: contacts are written first, then
conversations, then the rest. The number of statements does not grow with the number of lines.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from db import activity, conversations
from db import contacts as contact_rows
from db.bulk import encode, insert_encoded
from db.calls import call
from db.conversations import conversation, message
from db.engine import Database, Transaction
from db.imports import CONTACT_REF, CONVERSATION_REF, import_ref, known_refs
from db.notes import note
from resolvers.access import Act, Scope, require
from resolvers.contacts.importing import Outcome, import_contact_lines, terms_hold
from resolvers.contacts.preparing import ImportTerms, PreparedRow
from resolvers.conversations.writing import conversation_values
from resolvers.errors import ErrorCode, UserError
from resolvers.history.preparing import KINDS, PreparedThing

Prepared = PreparedRow | PreparedThing
_ORDER = ("conversation", "message", "call", "note")
_TABLES = {"conversation": conversation, "message": message, "call": call, "note": note}


class _Tried(Exception):
    """Takes the outcomes out of a transaction that is rolled back."""

    def __init__(self, outcomes: list[Outcome] | None) -> None:
        self.outcomes = outcomes


async def import_lines(
    db: Database, act: Act, terms: ImportTerms, lines: Sequence[Prepared], *, keep: bool = True
) -> list[Outcome] | None:
    """One outcome a line, in order. A ref of this source that was imported before is skipped, whatever became of it.

    None, with nothing written, when the settings have changed since the terms were read: prepare them anew.
    Without `keep` all is done and rolled back: the same outcomes, and nothing written.
    """
    require(act.actor, Scope.CONTACTS_WRITE)
    if keep:
        return await db.write(lambda tx: _import(tx, act.now, terms, lines))

    async def attempt(tx: Transaction) -> None:
        raise _Tried(await _import(tx, act.now, terms, lines))

    try:
        await db.write(attempt)
    except _Tried as tried:
        return tried.outcomes
    raise AssertionError("the attempt always raises")


async def _import(
    tx: Transaction, now: datetime, terms: ImportTerms, lines: Sequence[Prepared]
) -> list[Outcome] | None:
    if not await terms_hold(tx, terms):
        return None
    outcomes: list[Outcome] = [Outcome()] * len(lines)
    contacts = [(place, line) for place, line in enumerate(lines) if isinstance(line, PreparedRow)]
    if contacts:
        done = await import_contact_lines(tx, now, terms, [line for _, line in contacts])
        for (place, _), outcome in zip(contacts, done, strict=True):
            outcomes[place] = outcome
    for kind in _ORDER:
        things = [(p, line) for p, line in enumerate(lines) if isinstance(line, PreparedThing) and line.kind == kind]
        if things:
            done = await _import_things(tx, now, terms, kind, [line for _, line in things])
            for (place, _), outcome in zip(things, done, strict=True):
                outcomes[place] = outcome
    return outcomes


async def _import_things(
    tx: Transaction, now: datetime, terms: ImportTerms, kind: str, lines: Sequence[PreparedThing]
) -> list[Outcome]:
    org_id, found = terms.org_id, KINDS[kind]
    refs = [line.ref for line in lines if line.ref is not None]
    known = await known_refs(tx, org_id, terms.source, found.ref_kind, refs)
    parents = await _parents(tx, terms, found.parent, lines)
    outcomes, rows, claims, heard = [], [], [], []
    for line in lines:
        if line.ref is not None and line.ref in known:
            outcomes.append(Outcome(skipped=True, thing_id=known[line.ref]))
            continue
        parent = parents.get(line.parent_id or line.parent_ref or "")
        if line.errors or line.thing_id is None or parent is None:
            outcomes.append(Outcome(errors=line.errors or (_no_parent(found.parent, line),)))
            continue
        rows.append(_row(kind, line, org_id, parent))
        claims.append(line.claim)
        heard += [(parent, rows[-1])]
        if line.ref is not None:
            known[line.ref] = line.thing_id
        outcomes.append(Outcome(thing_id=line.thing_id))
    await insert_encoded(tx, _TABLES[kind], encode(_TABLES[kind], tx.dialect, rows))
    await insert_encoded(tx, import_ref, [claim for claim in claims if claim is not None])
    await _note_activity(tx, now, kind, heard)
    return outcomes


class _Parent:
    """What a line belongs to: its id, the contact that was given it, and the survivor that shows it."""

    def __init__(self, thing_id: UUID, contact_id: UUID, root: UUID) -> None:
        self.thing_id, self.contact_id, self.root = thing_id, contact_id, root


async def _parents(
    tx: Transaction, terms: ImportTerms, parent: str, lines: Sequence[PreparedThing]
) -> dict[UUID | str, _Parent]:
    """By id and by ref, those that live. Two statements, three for messages."""
    org_id = terms.org_id
    ref_kind = CONTACT_REF if parent == "contact" else CONVERSATION_REF
    refs = await known_refs(
        tx, org_id, terms.source, ref_kind, sorted({line.parent_ref for line in lines if line.parent_ref is not None})
    )
    ids = {*refs.values(), *(line.parent_id for line in lines if line.parent_id is not None)}
    given = {thing_id: thing_id for thing_id in ids}
    if parent == "conversation":
        rows = await conversations.conversations_by_id(tx, [org_id], sorted(ids))
        given = {row.id: row.contact_id for row in rows.values()}
    roots = await contact_rows.survivors(tx, [org_id], sorted(set(given.values())))
    found: dict[UUID | str, _Parent] = {}
    for thing_id, contact_id in given.items():
        root = roots.get(contact_id)
        if root is not None and root.erased_at is None:
            found[thing_id] = _Parent(thing_id, contact_id, root.id)
    return found | {ref: found[thing_id] for ref, thing_id in refs.items() if thing_id in found}


def _no_parent(parent: str, line: PreparedThing) -> UserError:
    by = f"{parent}Id" if line.parent_id is not None else f"{parent}Ref"
    message = f"There is no such {parent}. It must stand before this line, or have been imported from this source."
    return UserError(ErrorCode.NOT_FOUND, message, (by,))


def _row(kind: str, line: PreparedThing, org_id: UUID, parent: _Parent) -> dict[str, Any]:
    assert line.thing_id is not None
    if kind == "conversation":
        return conversation_values(line.values, org_id, line.thing_id, parent.thing_id)
    key = "conversation_id" if kind == "message" else "contact_id"
    return line.values | {"org_id": org_id, "id": line.thing_id, key: parent.thing_id}


async def _note_activity(
    tx: Transaction, now: datetime, kind: str, heard: Sequence[tuple[_Parent, dict[str, Any]]]
) -> None:
    """Messages and calls are activity of their contacts, and messages of their conversations."""
    at = {"message": "created_at", "call": "started_at"}.get(kind)
    if at is None or not heard:
        return
    org_id = heard[0][1]["org_id"]
    if kind == "message":
        latest: dict[UUID, datetime] = {}
        for parent, row in heard:
            latest[parent.thing_id] = max(row[at], latest.get(parent.thing_id, row[at]))
        await conversations.note_messages(tx, org_id, latest, now)
    spoken = [(parent, row[at]) for parent, row in heard if not row.get("internal")]
    await activity.note_activities(tx, org_id, [(parent.contact_id, parent.root, when) for parent, when in spoken])
