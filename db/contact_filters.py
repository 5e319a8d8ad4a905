"""What contacts are filtered by: the conditions that every row is asked, and those that few may meet (db/rare.py)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement

from db.attributes import AttributeEquals, attribute_on_postgresql, attribute_on_sqlite
from db.contacts import LIVING_CONTACT, NO_ACTIVITY, contact
from db.identifiers import held_by_tree
from db.labels import LABELS
from db.rare import Rare
from db.search import search_on_postgresql, search_on_sqlite
from db.segments import SEGMENTS


@dataclass(frozen=True)
class Interval:
    """From `gte`, up to but without `lt`."""

    gte: datetime | None = None
    lt: datetime | None = None


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


def plain_conditions(dialect: str, org_id: UUID, wanted: ContactFilter) -> list[ColumnElement[bool]]:
    """Living contacts of the organisation, with the conditions that have one form; on PostgreSQL search and attribute
    are among them: it has statistics of the texts and attributes themselves, and chooses the way by them."""
    conditions = [contact.c.org_id == org_id, *LIVING_CONTACT]
    for name in ("role", "blocked", "unsubscribed"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(contact.c[name] == value)
    conditions += _within(contact.c.created_at, wanted.created_at)
    conditions += _within(contact.c.updated_at, wanted.updated_at)
    conditions += _within(contact.c.last_activity_sort, _active(wanted.last_activity_at))
    if dialect == "postgresql":
        if wanted.search is not None:
            conditions.append(search_on_postgresql(wanted.search))
        if wanted.custom_attribute is not None:
            conditions.append(attribute_on_postgresql(wanted.custom_attribute))
    return conditions


def rare_conditions(dialect: str, org_id: UUID, wanted: ContactFilter) -> list[Rare]:
    """The conditions that few may meet, but for what `plain_conditions` has."""
    conditions = []
    if wanted.email is not None:
        conditions.append(held_by_tree(org_id, "EMAIL", [wanted.email]))
    if wanted.phones is not None:
        conditions.append(held_by_tree(org_id, "PHONE", wanted.phones))
    if wanted.segment_id is not None:
        conditions.append(SEGMENTS.carried(org_id, wanted.segment_id))
    if wanted.label_id is not None:
        conditions.append(LABELS.carried(org_id, wanted.label_id))
    if dialect == "sqlite":
        if wanted.custom_attribute is not None:
            conditions.append(attribute_on_sqlite(org_id, wanted.custom_attribute))
        if wanted.search is not None:
            conditions.append(search_on_sqlite(org_id, wanted.search))
    return conditions


def _active(interval: Interval | None) -> Interval | None:
    """Never active is not active long ago. One lower bound and not two: SQLite begins to read at the first of them."""
    if interval is None:
        return None
    first = NO_ACTIVITY + timedelta(microseconds=1)
    return Interval(max(interval.gte or first, first), interval.lt)


def _within(sort: ColumnElement[datetime], interval: Interval | None) -> list[ColumnElement[bool]]:
    if interval is None:
        return []
    bounds = []
    if interval.gte is not None:
        bounds.append(sort >= interval.gte)
    if interval.lt is not None:
        bounds.append(sort < interval.lt)
    return bounds
