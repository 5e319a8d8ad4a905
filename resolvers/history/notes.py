"""addNote, updateNote, removeNote, and the notes of contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from db import notes
from db.engine import Database, Transaction
from db.notes import NOTES, NoteRow
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, landed_on, lock_landing, made_before, past_moment, read_contact_id
from resolvers.contacts.values import required_text, text
from resolvers.errors import ErrorCode, Refused, refuse
from resolvers.history.paging import Listing, count_under, cursor_at, pages_under
from resolvers.ids import NOTE, decode_id, encode_id
from resolvers.paging import Page, PageArguments, cut_page

_LISTING = Listing(NOTES, "note")
OPERATION = "addNote"
BODY_LENGTH = 100_000
AUTHOR_LENGTH = 255


async def add_note(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[NoteRow]:
    """A note on a contact; a merged-away id lands on its survivor. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    fields = Fields(raw)
    values = read_note(fields, act.now)
    fields.refuse_if_wrong()
    note_id = act.new_id()

    async def work(tx: Transaction) -> Landed[NoteRow]:
        root = await lock_landing(tx, act, contact_id)
        before = await made_before(tx, act, root.org_id, OPERATION, raw, note_id)
        if before is not None:
            return Landed(await _note(tx, act, before, "idempotencyKey"), landed_on(root, contact_id))
        row = NoteRow(**values, org_id=root.org_id, id=note_id, contact_id=contact_id)
        await notes.add_note(tx, row)
        return Landed(row, landed_on(root, contact_id))

    return await db.write(work)


def read_note(fields: Fields, now: datetime) -> dict[str, Any]:
    """The values of a new note; what is wrong is noted in `fields`."""
    fields.demand("body")
    return {
        "body": fields.read("body", partial(required_text, limit=BODY_LENGTH)),
        "author": fields.read("author", partial(text, limit=AUTHOR_LENGTH)),
        "created_at": fields.read("createdAt", partial(past_moment, now=now)) or now,
    }


async def update_note(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[NoteRow]:
    """Left out: unchanged. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    note_id = _read_id(raw["id"])
    fields = Fields(raw)
    values: dict[str, Any] = {}
    if "body" in fields:
        values["body"] = fields.read("body", partial(required_text, limit=BODY_LENGTH))
        if values["body"] is None and not fields.errors:
            fields.wrong("body cannot be cleared; remove the note instead.", "body")
    if "author" in fields:
        values["author"] = fields.read("author", partial(text, limit=AUTHOR_LENGTH))
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> Landed[NoteRow]:
        row = await _note(tx, act, note_id, "id")
        root = await lock_landing(tx, act, row.contact_id, "id")
        row = replace(await _note(tx, act, note_id, "id"), **values)
        await notes.save_note(tx, row)
        return Landed(row, landed_on(root, row.contact_id))

    return await db.write(work)


async def remove_note(db: Database, act: Act, note: str) -> UUID:
    """Deletes a note; its id. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    note_id = _read_id(note)

    async def work(tx: Transaction) -> UUID:
        row = await _note(tx, act, note_id, "id")
        await lock_landing(tx, act, row.contact_id, "id")
        if await notes.remove_note(tx, row.org_id, note_id) == 0:
            raise _gone(note_id, "id")
        return note_id

    return await db.write(work)


async def notes_of_contacts(db: Database, act: Act, roots: Sequence[UUID], page: PageArguments) -> list[Page[NoteRow]]:
    """For each survivor one page of its tree's notes, newest first."""
    found = await pages_under(db, act, _LISTING, roots, page)
    cursor = partial(cursor_at, "note", lambda row: row.created_at)
    return [cut_page([NoteRow(*row[1:-1]) for row in rows], page, cursor) for rows in found]


async def count_notes(db: Database, act: Act, roots: Sequence[UUID]) -> list[int]:
    """For each survivor how many those are."""
    return await count_under(db, act, _LISTING, roots)


async def note_by_id(db: Database, act: Act, note: str) -> NoteRow | None:
    """A note that the key may see."""
    require(act.actor, Scope.CONTACTS_READ)
    note_id = decode_id(NOTE, note)
    if note_id is None:
        return None
    return (await db.read(lambda tx: notes.notes_by_id(tx, act.actor.organizations, [note_id]))).get(note_id)


def _read_id(value: str) -> UUID:
    note_id = decode_id(NOTE, value)
    if note_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a note id: they look like note_01j….", "id")
    return note_id


async def _note(tx: Transaction, act: Act, note_id: UUID, field: str) -> NoteRow:
    found = (await notes.notes_by_id(tx, act.actor.organizations, [note_id])).get(note_id)
    if found is None:
        raise _gone(note_id, field)
    return found


def _gone(note_id: UUID, field: str) -> Refused:
    return refuse(ErrorCode.NOT_FOUND, f"Note not found: {encode_id(NOTE, note_id)}.", field)
