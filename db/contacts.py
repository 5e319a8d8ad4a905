"""The contact table: own scalar values, the pair of pointers a merge moves, and who wrote each value.

Children keep the `contact_id` that they were given, for ever. `canonical_id` is the living survivor at the root
(itself while it lives; always one hop), `merged_into_id` the parent in the merge tree, `merge_id` the event
that put it there. Merged-away rows are frozen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Text,
    bindparam,
    case,
    select,
    text,
    update,
)
from sqlmodel import Field, SQLModel

from db.base import Json, any_of, one_of, table_of, tenant_key
from db.engine import Transaction
from db.organizations import organization_lock

ROLES = ("LEAD", "USER")
AVAILABILITIES = ("ONLINE", "BUSY", "OFFLINE")
LIVING = "merged_into_id IS NULL AND erased_at IS NULL"
# Stands for "no activity" in the sort column, so that keyset pages need no special case for NULL.
NO_ACTIVITY = datetime(1, 1, 1, tzinfo=UTC)


def _living_index(*columns: str) -> Index:
    # Partial: with plain indexes a page cost 33 to 59 ms once 150,000 merged rows stood in the way, so 0.1 to 0.3.
    name = f"ix_contact_living_{columns[-2] if len(columns) > 2 else columns[-1]}"
    return Index(name, *columns, postgresql_where=text(LIVING), sqlite_where=text(LIVING))


class Contact(SQLModel, table=True):
    """One contact as it was first given, whether it lives, was merged away or erased."""

    __table_args__ = (
        tenant_key(target="organization_lock", target_columns=("org_id",)),
        ForeignKeyConstraint(["org_id", "canonical_id"], ["contact.org_id", "contact.id"], name="fk_contact_canonical"),
        ForeignKeyConstraint(
            ["org_id", "merged_into_id"], ["contact.org_id", "contact.id"], name="fk_contact_merged_into"
        ),
        ForeignKeyConstraint(  # a cycle with merge_event.primary_contact_id
            ["org_id", "merge_id"],
            ["merge_event.org_id", "merge_event.id"],
            name="fk_contact_merge",
            use_alter=True,
        ),
        CheckConstraint("(merged_into_id IS NULL) = (canonical_id = id)", name="root_is_canonical"),
        CheckConstraint("(merged_into_id IS NULL) = (merge_id IS NULL)", name="merged_by_an_event"),
        one_of("role", ROLES),
        one_of("availability_status", AVAILABILITIES),
        Index("ix_contact_canonical", "org_id", "canonical_id"),
        _living_index("org_id", "id"),
        _living_index("org_id", "created_at", "id"),
        _living_index("org_id", "updated_at", "id"),
        _living_index("org_id", "name_sort", "id"),
        _living_index("org_id", "last_activity_sort", "id"),
        Index(
            "ix_contact_search",
            "org_id",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
            postgresql_where=text(LIVING),
        ).ddl_if(dialect="postgresql"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    role: str | None = None
    name: str | None = None
    avatar_url: str | None = None
    company: str | None = None
    title: str | None = None
    email: str | None = None
    phone: str | None = None
    address: dict[str, Any] | None = Field(sa_column=Column(Json))
    language: str | None = None
    timezone: str | None = None
    birthdate: date | None = None
    blocked: bool = False
    blocked_at: datetime | None = None
    unsubscribed: bool = False
    unsubscribed_at: datetime | None = None
    unsubscribe_reason: str | None = None
    unsubscribe_feedback: str | None = None
    is_admin: bool = False
    availability_status: str | None = None
    custom_attributes: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    meta: dict[str, Any] = Field(sa_column=Column("metadata", Json, nullable=False))
    additional_attributes: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    created_at: datetime
    updated_at: datetime
    first_seen_at: datetime | None = None
    canonical_id: UUID
    merged_into_id: UUID | None = None
    merge_id: UUID | None = None
    base_at: datetime
    provenance: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    version: int = 1
    # Derived, kept on living roots: the order of names, the latest activity of the tree, what search looks in.
    name_sort: str = Field(sa_column=Column(Text().with_variant(Text(collation="C"), "postgresql"), nullable=False))
    last_activity_sort: datetime
    search_text: str = Field(sa_column=Column(Text, nullable=False))
    erased_at: datetime | None = None


contact = table_of(Contact)


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A row of `contact`, every column."""

    org_id: UUID
    id: UUID
    role: str | None
    name: str | None
    avatar_url: str | None
    company: str | None
    title: str | None
    email: str | None
    phone: str | None
    address: dict[str, Any] | None
    language: str | None
    timezone: str | None
    birthdate: date | None
    blocked: bool
    blocked_at: datetime | None
    unsubscribed: bool
    unsubscribed_at: datetime | None
    unsubscribe_reason: str | None
    unsubscribe_feedback: str | None
    is_admin: bool
    availability_status: str | None
    custom_attributes: dict[str, Any]
    metadata: dict[str, Any]
    additional_attributes: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    first_seen_at: datetime | None
    canonical_id: UUID
    merged_into_id: UUID | None
    merge_id: UUID | None
    base_at: datetime
    provenance: dict[str, Any]
    version: int
    name_sort: str
    last_activity_sort: datetime
    search_text: str
    erased_at: datetime | None

    @property
    def living(self) -> bool:
        """Neither merged away nor erased."""
        return self.merged_into_id is None and self.erased_at is None

    @property
    def last_activity_at(self) -> datetime | None:
        """The latest activity of the whole tree."""
        return None if self.last_activity_sort == NO_ACTIVITY else self.last_activity_sort


CONTACT_COLUMNS = [contact.c[field.name] for field in fields(ContactRow)]


def contact_row(row: Any) -> ContactRow:
    """A row of CONTACT_COLUMNS."""
    return ContactRow(*row)


_living = (contact.c.merged_into_id.is_(None), contact.c.erased_at.is_(None))
_in_sight = any_of(contact.c.org_id, "orgs")
_by_ids = select(*CONTACT_COLUMNS).where(_in_sight, any_of(contact.c.id, "ids"))
_living_by_ids = _by_ids.where(*_living)
_member = contact.alias("member")
_survivors = (
    select(_member.c.id.label("member_id"), *CONTACT_COLUMNS)
    .select_from(
        _member.join(contact, (contact.c.org_id == _member.c.org_id) & (contact.c.id == _member.c.canonical_id))
    )
    .where(any_of(_member.c.org_id, "orgs"), any_of(_member.c.id, "ids"))
)
_members = select(*CONTACT_COLUMNS).where(_in_sight, any_of(contact.c.canonical_id, "roots")).order_by(contact.c.id)
_merged_ids = (
    select(contact.c.canonical_id, contact.c.id)
    .where(_in_sight, any_of(contact.c.canonical_id, "roots"), contact.c.merged_into_id.is_not(None))
    .order_by(contact.c.id)
)
_where_is = select(contact.c.org_id, contact.c.canonical_id).where(_in_sight, contact.c.id == bindparam("contact"))
_lock_organization_of = (
    select(organization_lock.c.org_id)
    .where(
        organization_lock.c.org_id
        == select(contact.c.org_id).where(_in_sight, contact.c.id == bindparam("contact")).scalar_subquery()
    )
    .with_for_update(key_share=True)
)
_lock_one = (
    select(*CONTACT_COLUMNS)
    .where(contact.c.org_id == bindparam("org"), contact.c.id == bindparam("contact"))
    .with_for_update(key_share=True)
)
_lock_all = (
    select(*CONTACT_COLUMNS)
    .where(contact.c.org_id == bindparam("org"), any_of(contact.c.id, "ids"))
    .order_by(contact.c.id)  # one order for everybody, so that two merges of one pair cannot deadlock
    .with_for_update(key_share=True)
)
_lock_tree = (
    select(contact.c.id)
    .where(contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root"))
    .order_by(contact.c.id)
    .with_for_update(key_share=True)
)
_NAMES = tuple(field.name for field in fields(ContactRow))
_FIXED = {"org_id", "id", "created_at", "canonical_id", "merged_into_id", "merge_id", "base_at", "erased_at"}
_CHANGING = [column.name for column in CONTACT_COLUMNS if column.name not in _FIXED]
_save = (
    update(contact)
    .where(contact.c.org_id == bindparam("key_org"), contact.c.id == bindparam("key_id"))
    .values({contact.c[name]: bindparam(f"new_{name}") for name in _CHANGING})
)
_sources_point_away = (
    update(contact)
    .where(contact.c.org_id == bindparam("org"), any_of(contact.c.canonical_id, "sources"))
    .values(
        canonical_id=bindparam("primary"),
        merged_into_id=case(
            (contact.c.merged_into_id.is_(None), bindparam("primary", type_=contact.c.id.type)),
            else_=contact.c.merged_into_id,
        ),
        merge_id=case(
            (contact.c.merged_into_id.is_(None), bindparam("merge", type_=contact.c.id.type)),
            else_=contact.c.merge_id,
        ),
        search_text="",
    )
)
_EMPTIED: dict[str, Any] = dict.fromkeys(
    (
        "role",
        "name",
        "avatar_url",
        "company",
        "title",
        "email",
        "phone",
        "address",
        "language",
        "timezone",
        "birthdate",
        "blocked_at",
        "unsubscribed_at",
        "unsubscribe_reason",
        "unsubscribe_feedback",
        "availability_status",
        "first_seen_at",
    )
) | {
    "blocked": False,
    "unsubscribed": False,
    "is_admin": False,
    "custom_attributes": {},
    "metadata": {},
    "additional_attributes": {},
    "provenance": {},
    "name_sort": "",
    "search_text": "",
    "last_activity_sort": NO_ACTIVITY,
}
_scrub = (
    update(contact)
    .where(contact.c.org_id == bindparam("org"), any_of(contact.c.id, "ids"))
    .values(
        {
            **{contact.c[name]: value for name, value in _EMPTIED.items()},
            contact.c.erased_at: bindparam("now"),
            contact.c.updated_at: bindparam("now"),
            contact.c.version: contact.c.version + 1,
        }
    )
)


async def contacts_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Iterable[UUID]) -> dict[UUID, ContactRow]:
    """Those that exist in these organisations, living or not."""
    rows = await tx.rows(_by_ids, {"orgs": orgs, "ids": list(ids)})
    return {row.id: row for row in map(contact_row, rows)}


async def living_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Iterable[UUID]) -> dict[UUID, ContactRow]:
    """Those that live."""
    rows = await tx.rows(_living_by_ids, {"orgs": orgs, "ids": list(ids)})
    return {row.id: row for row in map(contact_row, rows)}


async def survivors(tx: Transaction, orgs: Sequence[UUID], ids: Iterable[UUID]) -> dict[UUID, ContactRow]:
    """For each id that exists the row it leads to: itself while it lives; an erased one leads to an erased row."""
    rows = await tx.rows(_survivors, {"orgs": orgs, "ids": list(ids)})
    return {row.member_id: ContactRow(*row[1:]) for row in rows}


async def tree_members(tx: Transaction, orgs: Sequence[UUID], roots: Iterable[UUID]) -> dict[UUID, list[ContactRow]]:
    """Each survivor with all that was merged into it, at any depth, oldest id first."""
    wanted = list(roots)
    found: dict[UUID, list[ContactRow]] = {root: [] for root in wanted}
    for row in map(contact_row, await tx.rows(_members, {"orgs": orgs, "roots": wanted})):
        found[row.canonical_id].append(row)
    return found


async def merged_ids(tx: Transaction, orgs: Sequence[UUID], roots: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Every id that now leads to each survivor, at any depth, oldest first."""
    wanted = list(roots)
    found: dict[UUID, list[UUID]] = {root: [] for root in wanted}
    for root, member in await tx.rows(_merged_ids, {"orgs": orgs, "roots": wanted}):
        found[root].append(member)
    return found


async def organization_of(tx: Transaction, orgs: Sequence[UUID], contact_id: UUID) -> UUID | None:
    """The organisation, among these, that a contact belongs to; it never changes."""
    row = await tx.row(_where_is, {"orgs": orgs, "contact": contact_id})
    return row.org_id if row else None


async def lock_organization_of(tx: Transaction, orgs: Sequence[UUID], contact_id: UUID) -> UUID | None:
    """Finds a contact's organisation and takes its lock, in one statement; None for an id nobody has."""
    row = await tx.row(_lock_organization_of, {"orgs": orgs, "contact": contact_id})
    return row.org_id if row else None


async def lock_survivor(tx: Transaction, orgs: Sequence[UUID], contact_id: UUID) -> ContactRow | None:
    """Locks and returns the root that an id leads to; None for an id nobody has. It may be erased.

    Each try stands in a SAVEPOINT: keeping the lock of a root that has just been merged away, while waiting for
    the next, deadlocks with the merge that holds the next and rewrites the old one.
    """
    while True:
        place = await tx.row(_where_is, {"orgs": orgs, "contact": contact_id})
        if place is None:
            return None
        async with tx.savepoint() as roll_back:
            row = await tx.row(_lock_one, {"org": place.org_id, "contact": place.canonical_id})
            if row is not None and row.merged_into_id is None:
                return contact_row(row)
            await roll_back()


async def lock_contacts(tx: Transaction, org_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ContactRow]:
    """Locks these rows in the order of their ids; for holders of the organisation's lock."""
    rows = await tx.rows(_lock_all, {"org": org_id, "ids": list(ids)})
    return {row.id: row for row in map(contact_row, rows)}


async def lock_tree(tx: Transaction, org_id: UUID, root: UUID) -> list[UUID]:
    """Locks a survivor and all that was merged into it; their ids."""
    return [row.id for row in await tx.rows(_lock_tree, {"org": org_id, "root": root})]


async def save_contact(tx: Transaction, row: ContactRow) -> None:
    """Writes every value of a locked row that may change (pointers and times of origin stay)."""
    values = contact_values(row)
    parameters = {f"new_{name}": values[name] for name in _CHANGING}
    await tx.run(_save, parameters | {"key_org": row.org_id, "key_id": row.id})


async def merge_away(tx: Transaction, org_id: UUID, sources: Sequence[UUID], primary: UUID, merge_id: UUID) -> None:
    """Points the sources and all that they led to at the primary. Their values are frozen from here on."""
    parameters = {"org": org_id, "sources": sources, "primary": primary, "merge": merge_id}
    await tx.run(_sources_point_away, parameters)


async def scrub_contacts(tx: Transaction, org_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    """Erases every value of these contacts; ids, pointers and times of origin stay."""
    await tx.run(_scrub, {"org": org_id, "ids": ids, "now": now})


def contact_values(row: ContactRow) -> dict[str, Any]:
    """The row by its columns."""
    return {name: getattr(row, name) for name in _NAMES}
