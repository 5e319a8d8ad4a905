"""Pages of living contacts: keyset paging in both directions, every filter, every order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from db.base import encode_json
from db.contacts import CONTACT_COLUMNS, NO_ACTIVITY, ContactRow, contact, contact_row
from db.engine import Transaction
from db.identifiers import held_by_tree
from db.labels import LABELS
from db.search import search_condition
from db.segments import SEGMENTS


class ContactOrderField(StrEnum):
    """What a page is ordered by; ID is the order of arrival."""

    ID = "id"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NAME = "name_sort"
    LAST_ACTIVITY_AT = "last_activity_sort"


@dataclass(frozen=True)
class Interval:
    """From `gte`, up to but without `lt`."""

    gte: datetime | None = None
    lt: datetime | None = None


@dataclass(frozen=True)
class AttributeEquals:
    """A top-level key of the custom attributes and the JSON value that it must have."""

    key: str
    value: Any


@dataclass(frozen=True)
class ContactFilter:
    """Conditions that must all hold. Texts are in their normal form; `phones`: any of these forms."""

    search: str | None = None
    email: str | None = None
    phones: tuple[str, ...] | None = None
    role: str | None = None
    blocked: bool | None = None
    unsubscribed: bool | None = None
    label_id: UUID | None = None
    segment_id: UUID | None = None
    created_at: Interval | None = None
    updated_at: Interval | None = None
    last_activity_at: Interval | None = None
    custom_attribute: AttributeEquals | None = None


@dataclass(frozen=True)
class PageRequest:
    """`limit` rows from a key on; `backward` reads towards the start. A key is (value of the order, id)."""

    limit: int
    order: ContactOrderField = ContactOrderField.ID
    descending: bool = False
    after: tuple[Any, UUID] | None = None
    before: tuple[Any, UUID] | None = None
    backward: bool = False


async def contacts_page(
    tx: Transaction, org_id: UUID, wanted: ContactFilter, page: PageRequest
) -> Sequence[ContactRow]:
    """The rows of a page in its own order, one more than its limit when there are more."""
    sort = contact.c[page.order.value]
    ascending = page.descending == page.backward
    statement = (
        select(*CONTACT_COLUMNS)
        .where(*_conditions(tx.dialect, org_id, wanted), *_bounds(sort, page))
        .order_by(*(key.asc() if ascending else key.desc() for key in _keys(sort)))
        .limit(page.limit + 1)
    )
    rows = [contact_row(row) for row in await tx.rows(statement)]
    return rows[::-1] if page.backward else rows


async def contacts_holding(
    tx: Transaction, org_id: UUID, identifiers: Sequence[tuple[str, str, str | None]], limit: int
) -> list[ContactRow]:
    """Living contacts whose tree holds one of these (kind, normalized, system or None for any), oldest first."""
    held = or_(*(held_by_tree(org_id, *identifier) for identifier in identifiers))
    statement = select(*CONTACT_COLUMNS).where(*_conditions(tx.dialect, org_id, ContactFilter()), held)
    rows = await tx.rows(statement.order_by(contact.c.id).limit(limit))
    return [contact_row(row) for row in rows]


async def count_contacts(tx: Transaction, org_id: UUID, wanted: ContactFilter) -> int:
    """How many living contacts match; over 100 ms for a million, so only when asked for."""
    statement = select(func.count()).select_from(contact).where(*_conditions(tx.dialect, org_id, wanted))
    row = await tx.row(statement)
    return row[0] if row else 0


def _keys(sort: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    return (sort,) if sort is contact.c.id else (sort, contact.c.id)


def _bounds(sort: ColumnElement[Any], page: PageRequest) -> list[ColumnElement[bool]]:
    bounds = []
    for key, is_start in ((page.after, True), (page.before, False)):
        if key is None:
            continue
        left = tuple_(*_keys(sort))
        right = tuple_(
            *(literal(value, k.type) for value, k in zip(key[-len(_keys(sort)) :], _keys(sort), strict=True))
        )
        bounds.append(left > right if is_start != page.descending else left < right)
    return bounds


def _conditions(dialect: str, org_id: UUID, wanted: ContactFilter) -> list[ColumnElement[bool]]:
    conditions = [
        contact.c.org_id == org_id,
        contact.c.merged_into_id.is_(None),
        contact.c.erased_at.is_(None),
    ]
    for name in ("role", "blocked", "unsubscribed"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(contact.c[name] == value)
    conditions += _within(contact.c.created_at, wanted.created_at)
    conditions += _within(contact.c.updated_at, wanted.updated_at)
    if wanted.last_activity_at is not None:
        conditions.append(contact.c.last_activity_sort > NO_ACTIVITY)  # never active is not active long ago
        conditions += _within(contact.c.last_activity_sort, wanted.last_activity_at)
    if wanted.search is not None:
        conditions.append(search_condition(dialect, org_id, wanted.search))
    if wanted.email is not None:
        conditions.append(held_by_tree(org_id, "EMAIL", wanted.email))
    if wanted.phones is not None:
        conditions.append(or_(*(held_by_tree(org_id, "PHONE", phone) for phone in wanted.phones)))
    if wanted.label_id is not None:
        conditions.append(LABELS.carried(org_id, wanted.label_id))
    if wanted.segment_id is not None:
        conditions.append(SEGMENTS.carried(org_id, wanted.segment_id))
    if wanted.custom_attribute is not None:
        conditions.append(_attribute(dialect, wanted.custom_attribute))
    return conditions


def _within(sort: ColumnElement[datetime], interval: Interval | None) -> list[ColumnElement[bool]]:
    if interval is None:
        return []
    bounds = []
    if interval.gte is not None:
        bounds.append(sort >= interval.gte)
    if interval.lt is not None:
        bounds.append(sort < interval.lt)
    return bounds


def _attribute(dialect: str, wanted: AttributeEquals) -> ColumnElement[bool]:
    # SQLite's ->> fails on a key such as `$x` and misses `a.b`: json_each compares the key itself.
    if dialect == "postgresql":
        value = contact.c.custom_attributes.op("->", return_type=JSONB())(literal(wanted.key))
        return value == cast(literal(encode_json(wanted.value)), JSONB)
    entry = func.json_each(contact.c.custom_attributes).table_valued("key", "value", "type", name="entry")
    return select(literal(1)).select_from(entry).where(entry.c.key == wanted.key, _same(entry, wanted.value)).exists()


def _same(entry: Any, value: Any) -> ColumnElement[bool]:
    """A JSON value of json_each equals `value`, type included; arrays and objects by their stored text."""
    if value is None or isinstance(value, bool):
        return and_(entry.c.type == {None: "null", True: "true", False: "false"}[value])
    if isinstance(value, str):
        return and_(entry.c.type == "text", entry.c.value == value)
    if isinstance(value, (int, float)):
        return and_(entry.c.type.in_(("integer", "real")), entry.c.value == value)
    kind = "array" if isinstance(value, list) else "object"
    return and_(entry.c.type == kind, entry.c.value == encode_json(value))
