"""Calls, each under the contact that it was given."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, bindparam, delete, insert, select, update
from sqlmodel import Field, SQLModel

from db.base import any_of, columns_of, one_of, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction
from db.trees import Hanging

DIRECTIONS = ("INBOUND", "OUTBOUND")


class Call(SQLModel, table=True):
    """One call."""

    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        one_of("direction", DIRECTIONS),
        Index("ix_call_contact", "org_id", "contact_id", "started_at", "id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    contact_id: UUID
    direction: str
    from_number: str | None = None
    to_number: str | None = None
    started_at: datetime
    duration_seconds: int | None = None
    status: str | None = None
    summary: str | None = None
    recording_url: str | None = None
    transcript: str | None = None
    created_at: datetime


call = table_of(Call)
CALLS = Hanging(call, contact, "contact_id", "started_at")


@dataclass(frozen=True, slots=True)
class CallRow:
    """A row of `call`."""

    org_id: UUID
    id: UUID
    contact_id: UUID
    direction: str
    from_number: str | None
    to_number: str | None
    started_at: datetime
    duration_seconds: int | None
    status: str | None
    summary: str | None
    recording_url: str | None
    transcript: str | None
    created_at: datetime


_COLUMNS = [call.c[field.name] for field in fields(CallRow)]
_by_ids = select(*_COLUMNS).where(any_of(call.c.org_id, "orgs"), any_of(call.c.id, "ids"))
_WRITTEN = (
    "direction",
    "from_number",
    "to_number",
    "duration_seconds",
    "status",
    "summary",
    "recording_url",
    "transcript",
)
_change = (
    update(call)
    .where(call.c.org_id == bindparam("key_org"), call.c.id == bindparam("key_id"))
    .values({call.c[name]: bindparam(f"new_{name}") for name in _WRITTEN})
)
_remove = delete(call).where(call.c.org_id == bindparam("org"), call.c.id == bindparam("call"))
_erase = delete(call).where(call.c.org_id == bindparam("org"), any_of(call.c.contact_id, "contacts"))


async def calls_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, CallRow]:
    """Those that exist in these organisations."""
    return {row.id: CallRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})}


async def add_call(tx: Transaction, row: CallRow) -> None:
    """Writes a new one."""
    await tx.run(insert(call), columns_of(row))


async def save_call(tx: Transaction, row: CallRow) -> None:
    """Writes what an edit may change; a call keeps its time."""
    values = {f"new_{name}": getattr(row, name) for name in _WRITTEN}
    await tx.run(_change, values | {"key_org": row.org_id, "key_id": row.id})


async def remove_call(tx: Transaction, org_id: UUID, call_id: UUID) -> int:
    """Deletes one; how many there were."""
    return await tx.run(_remove, {"org": org_id, "call": call_id})


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all calls of these contacts."""
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})
