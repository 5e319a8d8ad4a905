"""addNote, updateNote, removeNote, and the notes of contacts."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from db import notes
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.notes import NOTES, NoteRow
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, past_moment
from resolvers.contacts.values import required_text, text
from resolvers.history.entries import Entries
from resolvers.history.paging import Listing
from resolvers.ids import NOTE

BODY_LENGTH = 100_000
AUTHOR_LENGTH = 255


async def _write(tx: Transaction, _root: ContactRow, row: NoteRow) -> None:
    """A note is no sign of the contact: its activity stays."""
    await notes.add_note(tx, row)


_ENTRIES = Entries(
    word=NOTE,
    operation="addNote",
    row=NoteRow,
    listing=Listing(NOTES, "note"),
    by_ids=notes.notes_by_id,
    write=_write,
    save=notes.save_note,
    delete=notes.remove_note,
)
remove_note = _ENTRIES.remove
notes_of_contacts = _ENTRIES.of_contacts
count_notes = _ENTRIES.count
note_by_id = _ENTRIES.by_id


async def add_note(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[NoteRow]:
    """A note on a contact; a merged-away id lands on its survivor. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    fields = Fields(raw)
    values = read_note(fields, act.now)
    fields.refuse_if_wrong()
    return await _ENTRIES.add(db, act, raw, values)


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
    fields = Fields(raw)
    values: dict[str, Any] = {}
    if "body" in fields:
        values["body"] = fields.read("body", partial(required_text, limit=BODY_LENGTH))
        if values["body"] is None and not fields.errors:
            fields.wrong("body cannot be cleared; remove the note instead.", "body")
    if "author" in fields:
        values["author"] = fields.read("author", partial(text, limit=AUTHOR_LENGTH))
    fields.refuse_if_wrong()
    return await _ENTRIES.change(db, act, raw["id"], values)
