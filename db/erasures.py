"""Who erased a contact, when and why: what stays when nothing of the contact does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import Field, SQLModel

from db.base import any_of, columns_of, table_of, tenant_key
from db.engine import Transaction


class Erasure(SQLModel, table=True):
    """One deleteContact: `contact_id` is the survivor that was named; what was merged into it went with it."""

    __table_args__ = (tenant_key("contact_id", target="contact"),)
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    actor: str
    actor_key_id: UUID | None = None
    reason: str | None = None
    request_id: str | None = None
    created_at: datetime


erasure = table_of(Erasure)


@dataclass(frozen=True)
class ErasureRow:
    """A row of `erasure`."""

    org_id: UUID
    contact_id: UUID
    actor: str
    actor_key_id: UUID | None
    reason: str | None
    request_id: str | None
    created_at: datetime


_by_contacts = select(erasure).where(any_of(erasure.c.org_id, "orgs"), any_of(erasure.c.contact_id, "contacts"))


async def add_erasure(tx: Transaction, row: ErasureRow) -> None:
    """Notes an erasure."""
    await tx.run(insert(erasure), columns_of(row))


async def erasures_of(tx: Transaction, orgs: Sequence[UUID], contacts: Sequence[UUID]) -> dict[UUID, ErasureRow]:
    """The erasures of these survivors."""
    rows = await tx.rows(_by_contacts, {"orgs": orgs, "contacts": contacts})
    return {row.contact_id: ErasureRow(**row._mapping) for row in rows}
