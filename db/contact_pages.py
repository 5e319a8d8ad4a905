"""Pages of living contacts: keyset paging in both directions, every filter, every order."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, tuple_

from db.contact_filters import ContactFilter, plain_conditions, rare_conditions
from db.contacts import CONTACT_COLUMNS, ContactRow, contact, contact_row
from db.engine import Transaction
from db.identifiers import held_by_tree
from db.rare import fewest, walk


class ContactOrderField(StrEnum):
    """What a page is ordered by; ID is the order of arrival."""

    ID = "id"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NAME = "name_sort"
    LAST_ACTIVITY_AT = "last_activity_sort"


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
    """The rows of a page in its own order, one more than its limit when there are more.

    One statement; with conditions that few may meet (db/rare.py) one before it that counts, and another if walking does
    not fill the page.
    """
    sort = contact.c[page.order.value]
    ascending = page.descending == page.backward
    order = [key.asc() if ascending else key.desc() for key in _keys(sort)]
    conditions = [*plain_conditions(tx.dialect, org_id, wanted), *_bounds(sort, page)]
    rare = rare_conditions(tx.dialect, org_id, wanted)
    rows: Sequence[Any] = ()
    if rare:
        place, found = await fewest(tx, rare)
        if found is None:
            way = select(contact.c.id).where(*conditions).order_by(*order)
            met = contact.c.id.in_(walk(way, rare, page.limit + 1))
            rows = await tx.rows(select(*CONTACT_COLUMNS).where(contact.c.org_id == org_id, met).order_by(*order))
        others = (one.tested(contact) for one in (*rare[:place], *rare[place + 1 :]))
        conditions += [rare[place].looked_up if found is None else found, *others]
    if len(rows) <= page.limit:
        rows = await tx.rows(select(*CONTACT_COLUMNS).where(*conditions).order_by(*order).limit(page.limit + 1))
    page_rows = [contact_row(row) for row in rows]
    return page_rows[::-1] if page.backward else page_rows


async def contacts_holding(
    tx: Transaction, org_id: UUID, identifiers: Sequence[tuple[str, str, str | None]], limit: int
) -> list[ContactRow]:
    """Living contacts whose tree holds one of these (kind, normalized, system or None for any), oldest first."""
    held = or_(*(held_by_tree(org_id, kind, [value], system).looked_up for kind, value, system in identifiers))
    statement = select(*CONTACT_COLUMNS).where(*plain_conditions(tx.dialect, org_id, ContactFilter()), held)
    rows = await tx.rows(statement.order_by(contact.c.id).limit(limit))
    return [contact_row(row) for row in rows]


async def count_contacts(tx: Transaction, org_id: UUID, wanted: ContactFilter) -> int:
    """How many living contacts match; over 100 ms for a million, so only when asked for."""
    conditions = plain_conditions(tx.dialect, org_id, wanted)
    conditions += [one.looked_up for one in rare_conditions(tx.dialect, org_id, wanted)]
    row = await tx.row(select(func.count()).select_from(contact).where(*conditions))
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
