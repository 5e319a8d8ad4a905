"""The outbox: what happened, written in the transaction in which it did, and numbered for its readers.

An act only inserts: it waits for nobody. Whoever reads first numbers what is new, in one transaction under the lock of
the organisation's position: 1, 2, 3 and so on without gaps, and what commits late gets a later number, so that a reader
that goes on from a number misses nothing. Events of one contact keep their order: who writes them holds the contact's
lock from before the insert until the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, bindparam, func, insert, literal_column, select, text, update
from sqlmodel import Field, SQLModel

from db.base import Json, by_dialect, table_of
from db.engine import Transaction

_AT_ONCE = 1_000  # events that one transaction numbers


class Outbox(SQLModel, table=True):
    """One event. `number` is null until a reader has numbered it. `written`: the order of insertion, by a sequence of
    PostgreSQL; on SQLite that is the order of the rows themselves."""

    __table_args__ = (
        Index("ix_outbox_number", "org_id", "number", unique=True),
        Index("ix_outbox_created_at", "org_id", "created_at"),
        Index(
            "ix_outbox_new",
            "org_id",
            "written",
            postgresql_where=text("number IS NULL"),
            sqlite_where=text("number IS NULL"),
        ),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    number: int | None = Field(default=None, sa_column=Column(BigInteger))
    written: int | None = Field(
        default=None, sa_column=Column(BigInteger, server_default=text("nextval('outbox_written')"))
    )
    topic: str
    payload: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    created_at: datetime


class OutboxPosition(SQLModel, table=True):
    """The last number that an organisation's events have; its row is the lock of whoever numbers."""

    __tablename__ = "outbox_position"
    org_id: UUID = Field(primary_key=True, foreign_key="organization_lock.org_id")
    last_number: int = Field(sa_column=Column(BigInteger, nullable=False))


outbox = table_of(Outbox)
outbox_position = table_of(OutboxPosition)


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event that has its number. `payload`: ids alone, as they go out."""

    org_id: UUID
    id: UUID
    number: int
    topic: str
    payload: dict[str, Any]
    created_at: datetime


_COLUMNS = [outbox.c[row.name] for row in fields(EventRow)]
_o = outbox.alias("o")
_IN_ORDER = {"postgresql": _o.c.written, "sqlite": literal_column("o.rowid")}


def _numbering(order: Any) -> Any:
    fresh = (
        select(_o.c.id, func.row_number().over(order_by=order).label("place"))
        .where(_o.c.org_id == bindparam("org"), _o.c.number.is_(None))
        .order_by(order)
        .limit(_AT_ONCE)
        .subquery("fresh")
    )
    return (
        update(outbox)
        .where(outbox.c.org_id == bindparam("org"), outbox.c.id == fresh.c.id)
        .values(number=bindparam("last", type_=BigInteger) + fresh.c.place)
    )


_number = {dialect: _numbering(order) for dialect, order in _IN_ORDER.items()}
_lock = by_dialect(
    lambda insert: (
        insert(outbox_position)
        .values(org_id=bindparam("org"), last_number=0)
        .on_conflict_do_update(index_elements=["org_id"], set_={"last_number": outbox_position.c.last_number})
        .returning(outbox_position.c.last_number)
    )
)
_advance = (
    update(outbox_position)
    .where(outbox_position.c.org_id == bindparam("key_org"))
    .values(last_number=bindparam("last"))
)
_any_new = select(outbox.c.id).where(outbox.c.org_id == bindparam("org"), outbox.c.number.is_(None)).limit(1)
_last = select(outbox_position.c.last_number).where(outbox_position.c.org_id == bindparam("org"))
_by_id = select(outbox.c.number).where(outbox.c.org_id == bindparam("org"), outbox.c.id == bindparam("event"))
_after = (
    select(*_COLUMNS)
    .where(outbox.c.org_id == bindparam("org"), outbox.c.number > bindparam("after", type_=BigInteger))
    .order_by(outbox.c.number)
    .limit(bindparam("limit"))
)


async def add_events(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Writes events of one organisation (org_id, id, topic, payload, created_at), in their order, and wakes its readers
    after the commit. For holders of the locks of all contacts that they are about. One statement."""
    if rows:
        await tx.run(insert(outbox), rows)
        tx.wake(rows[0]["org_id"])


async def has_new(tx: Transaction, org_id: UUID) -> bool:
    """Whether events have no number yet."""
    return await tx.row(_any_new, {"org": org_id}) is not None


async def number_events(tx: Transaction, org_id: UUID) -> None:
    """Numbers all events that are committed. Three statements for each thousand."""
    last = int((await tx.rows(_lock[tx.dialect], {"org": org_id}))[0].last_number)
    while numbered := await tx.run(_number[tx.dialect], {"org": org_id, "last": last}):
        last += numbered
        await tx.run(_advance, {"key_org": org_id, "last": last})
        if numbered < _AT_ONCE:
            return


async def events_after(tx: Transaction, org_id: UUID, after: int, limit: int) -> list[EventRow]:
    """The next events behind a number."""
    rows = await tx.rows(_after, {"org": org_id, "after": after, "limit": limit})
    return [EventRow(*row) for row in rows]


async def last_number(tx: Transaction, org_id: UUID) -> int:
    """The highest number given out; 0 before the first."""
    row = await tx.row(_last, {"org": org_id})
    return int(row.last_number) if row else 0


async def number_of(tx: Transaction, org_id: UUID, event_id: UUID) -> int | None:
    """The number of an event that is kept, if it has one."""
    row = await tx.row(_by_id, {"org": org_id, "event": event_id})
    return int(row.number) if row and row.number is not None else None
