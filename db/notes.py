"""Notes, each under the contact that it was given."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, bindparam, delete, insert, select, update
from sqlmodel import Field, SQLModel

from db.base import any_of, columns_of, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction
from db.trees import Hanging


class Note(SQLModel, table=True):
    """One note."""

    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        Index("ix_note_contact", "org_id", "contact_id", "created_at", "id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    contact_id: UUID
    body: str
    author: str | None = None
    created_at: datetime


note = table_of(Note)
NOTES = Hanging(note, contact, "contact_id", "created_at")


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A row of `note`."""

    org_id: UUID
    id: UUID
    contact_id: UUID
    body: str
    author: str | None
    created_at: datetime


_COLUMNS = [note.c[field.name] for field in fields(NoteRow)]
_by_ids = select(*_COLUMNS).where(any_of(note.c.org_id, "orgs"), any_of(note.c.id, "ids"))
_change = (
    update(note)
    .where(note.c.org_id == bindparam("key_org"), note.c.id == bindparam("key_id"))
    .values(body=bindparam("new_body"), author=bindparam("new_author"))
)
_remove = delete(note).where(note.c.org_id == bindparam("org"), note.c.id == bindparam("note"))
_erase = delete(note).where(note.c.org_id == bindparam("org"), any_of(note.c.contact_id, "contacts"))


async def notes_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, NoteRow]:
    """Those that exist in these organisations."""
    return {row.id: NoteRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})}


async def add_note(tx: Transaction, row: NoteRow) -> None:
    """Writes a new one."""
    await tx.run(insert(note), columns_of(row))


async def save_note(tx: Transaction, row: NoteRow) -> None:
    """Writes what an edit may change."""
    values = {"new_body": row.body, "new_author": row.author}
    await tx.run(_change, values | {"key_org": row.org_id, "key_id": row.id})


async def remove_note(tx: Transaction, org_id: UUID, note_id: UUID) -> int:
    """Deletes one; how many there were."""
    return await tx.run(_remove, {"org": org_id, "note": note_id})


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all notes of these contacts."""
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})
