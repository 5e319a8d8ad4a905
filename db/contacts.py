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
    select,
    text,
)
from sqlmodel import Field, SQLModel

from db.base import Json, any_of, one_of, table_of, tenant_key
from db.engine import Transaction

ROLES = ("LEAD", "USER")
AVAILABILITIES = ("ONLINE", "BUSY", "OFFLINE")
LIVING = "merged_into_id IS NULL AND erased_at IS NULL"
# Stands for "no activity" in the sort column, so that keyset pages need no special case for NULL.
NO_ACTIVITY = datetime(1, 1, 1, tzinfo=UTC)


def _living_index(order: str) -> Index:
    # Partial: with plain indexes a page cost 33 to 59 ms once 150,000 merged rows stood in the way, so 0.1 to 0.3.
    # The flags stand in it for the pages that pass over many a row: they are read from here, and the row is not.
    columns = dict.fromkeys(("org_id", order, "id", "blocked", "unsubscribed", "role"))
    where = text(LIVING)
    return Index(f"ix_contact_living_{order}", *columns, postgresql_where=where, sqlite_where=where)


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
        Index("ix_contact_canonical", "org_id", "canonical_id", "id"),  # whose members are read from it alone
        *map(_living_index, ("id", "created_at", "updated_at", "name_sort", "last_activity_sort")),
        Index(
            "ix_contact_search",
            "org_id",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
            postgresql_where=text(LIVING),
        ).ddl_if(dialect="postgresql"),
        Index(  # SQLite has contact_attribute instead (db/attributes.py)
            "ix_contact_attributes",
            "org_id",
            "custom_attributes",
            postgresql_using="gin",
            postgresql_ops={"custom_attributes": "jsonb_path_ops"},
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


_NAMES = tuple(field.name for field in fields(ContactRow))
CONTACT_COLUMNS = [contact.c[field.name] for field in fields(ContactRow)]


def contact_row(row: Any) -> ContactRow:
    """A row of CONTACT_COLUMNS."""
    return ContactRow(*row)


LIVING_CONTACT = (contact.c.merged_into_id.is_(None), contact.c.erased_at.is_(None))
_in_sight = any_of(contact.c.org_id, "orgs")
_by_ids = select(*CONTACT_COLUMNS).where(_in_sight, any_of(contact.c.id, "ids"))
_living_by_ids = _by_ids.where(*LIVING_CONTACT)
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


def contact_values(row: ContactRow) -> dict[str, Any]:
    """The row by its columns."""
    return {name: getattr(row, name) for name in _NAMES}
