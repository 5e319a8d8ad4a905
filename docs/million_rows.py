"""An organization of any size out of a small one: its rows, copied by the database itself, part by part.

Each copy has ids, names, addresses, numbers and times of its own, its merges and its labels. For docs/million.py alone.
"""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, DateTime, Table, Text, Uuid, cast, func, insert, literal, select, text, true
from sqlalchemy.dialects.postgresql import JSONB

from db.contacts import contact
from db.engine import Database, Transaction
from db.labels import label
from db.merges import merge_event
from db.tables import metadata

_LEFT_OUT = {"organization_lock", "merge_settings", "api_key_organization", "import_ref", "idempotency", "erasure"}
_LEFT_OUT |= {"contact", "merge_event"}
_REST = [table for table in metadata.sorted_tables if "org_id" in table.c and table.name not in _LEFT_OUT]
_SAME_IDS = {"label_id", "actor_key_id", "job_id"}
_TEXTS = {"email", "phone", "search_text", "value", "normalized", "custom_attributes"}
_TIMES = {"created_at", "last_activity_sort", "last_at"}


async def grow(db: Database, small: UUID, large: UUID, copies: int, apart: timedelta) -> None:
    """Puts so many copies of the small organization into the large one, which has only just been made.

    The first copy has the same addresses; each next one is `apart` later. One transaction a copy.
    """
    begun = time.perf_counter()
    for number in range(copies):
        await db.write(lambda tx, n=number: _copy(tx, small, large, n, n * apart))
        if (number + 1) % 10 == 0:
            print(f"  {number + 1} of {copies} parts in {time.perf_counter() - begun:,.0f} s", flush=True)


async def _copy(tx: Transaction, small: UUID, large: UUID, number: int, later: timedelta) -> None:
    if tx.dialect == "sqlite":
        await tx.run(text("PRAGMA cache_size = -1000000"))
    else:
        await tx.run(text("SET LOCAL statement_timeout = 0"))
    living, merged = contact.c.merged_into_id.is_(None), contact.c.merged_into_id.is_not(None)
    # Survivors, merges, then what was merged: each refers to the ones before.
    for table, chosen in ((contact, living), (merge_event, true()), (contact, merged), *((t, true()) for t in _REST)):
        if table is label and number:
            continue
        wanted = [_value(tx.dialect, column, large, number, later).label(column.name) for column in table.c]
        rows = select(*wanted).where(table.c.org_id == small, chosen, *_without_rare(table, number))
        await tx.run(insert(table).from_select([column.name for column in table.c], rows))


def _without_rare(table: Table, number: int) -> list[ColumnElement[bool]]:
    """The rare label is on as many contacts of the large organization as of the small one."""
    if table.name != "contact_label" or number == 0:
        return []
    rare = select(label.c.id).where(label.c.org_id == table.c.org_id, label.c.name == "rare")
    return [table.c.label_id.not_in(rare)]


def _value(dialect: str, column: Any, large: UUID, number: int, later: timedelta) -> Any:
    if column.name == "org_id":
        return literal(large, Uuid())
    if number == 0:
        return column
    if isinstance(column.type, Uuid) and column.name not in _SAME_IDS:
        return _other_id(dialect, column, number)
    if column.name in _TEXTS:
        return _other_text(dialect, column, number)
    if column.name in ("name", "name_sort") and column.table is not label:
        return column + f" {number:04}"
    if column.name in _TIMES:
        return _later(dialect, column, later)
    return column


def _other_id(dialect: str, column: Any, number: int) -> Any:
    """The first digits, which all ids of seven weeks share, give way to the number of the copy."""
    digits = f"{0x1000 + number:04x}"
    if dialect == "sqlite":
        return literal(digits).concat(func.substr(cast(column, Text), 5))
    return cast(func.overlay(cast(column, Text), digits, 1), Uuid)


def _other_text(dialect: str, column: Any, number: int) -> Any:
    is_json = isinstance(column.type, JSON) or column.name == "custom_attributes"
    changed: Any = cast(column, Text) if is_json else column
    for old, new in (("person", f"person{number:04}x"), ("49151", f"49{number + 200}"), ('"C0', f'"C{number:04}x')):
        changed = func.replace(changed, old, new)
    if is_json and dialect == "postgresql":
        return cast(changed, JSONB)
    return changed


def _later(dialect: str, column: Any, later: timedelta) -> Any:
    if dialect == "sqlite":
        seconds = f"+{later.total_seconds():.3f} seconds"
        return func.strftime("%Y-%m-%d %H:%M:%f", cast(column, Text), seconds).concat("000")
    return cast(column + later, DateTime(timezone=True))
