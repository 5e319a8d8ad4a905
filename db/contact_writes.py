"""Locking and writing contacts: what acts do to rows that exist.

Locks are always taken in one order: the organisation's, then rows by their ids.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, case, select, update

from db.base import any_of
from db.contacts import CONTACT_COLUMNS, NO_ACTIVITY, ContactRow, contact, contact_row, contact_values
from db.engine import Transaction
from db.organizations import organization_lock
from db.pointers import Pointers

_in_sight = any_of(contact.c.org_id, "orgs")
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
_lock_roots = (
    select(contact.c.id, contact.c.updated_at)
    .where(contact.c.org_id == bindparam("org"), any_of(contact.c.id, "ids"))
    .order_by(contact.c.id)
    .with_for_update(key_share=True)
)
_touch = (
    update(contact)
    .where(contact.c.org_id == bindparam("org"), any_of(contact.c.id, "ids"))
    .values(
        updated_at=case((contact.c.updated_at < bindparam("now"), bindparam("now")), else_=contact.c.updated_at),
        version=contact.c.version + 1,
    )
)
_lock_tree = (
    select(contact.c.id)
    .where(contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root"))
    .order_by(contact.c.id)
    .with_for_update(key_share=True)
)
_member = contact.alias("member")
_lock_tree_of = (
    select(*CONTACT_COLUMNS)
    .where(
        contact.c.org_id == bindparam("org"),
        contact.c.canonical_id
        == select(_member.c.canonical_id)
        .where(_member.c.org_id == bindparam("org"), _member.c.id == bindparam("contact"))
        .scalar_subquery(),
    )
    .order_by(contact.c.id)
    .with_for_update(key_share=True)
)
POINTERS = Pointers(contact, emptied="search_text")
_FIXED = {"org_id", "id", "created_at", "canonical_id", "merged_into_id", "merge_id", "base_at", "erased_at"}
_CHANGING = [column.name for column in CONTACT_COLUMNS if column.name not in _FIXED]
_save = (
    update(contact)
    .where(contact.c.org_id == bindparam("key_org"), contact.c.id == bindparam("key_id"))
    .values({contact.c[name]: bindparam(f"new_{name}") for name in _CHANGING})
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
            if row is not None and row.merged_into_id is None and await _still_leads(tx, orgs, contact_id, row.id):
                return contact_row(row)
            await roll_back()


async def _still_leads(tx: Transaction, orgs: Sequence[UUID], contact_id: UUID, root: UUID) -> bool:
    """Whether an old id leads to the root that is locked now: an undo may have parted them while we waited."""
    if contact_id == root:
        return True
    place = await tx.row(_where_is, {"orgs": orgs, "contact": contact_id})
    return place is not None and place.canonical_id == root


async def lock_contacts(tx: Transaction, org_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ContactRow]:
    """Locks these rows in the order of their ids; for holders of the organisation's lock."""
    rows = await tx.rows(_lock_all, {"org": org_id, "ids": list(ids)})
    return {row.id: row for row in map(contact_row, rows)}


async def lock_roots(tx: Transaction, org_id: UUID, ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """The same without their values: when each was last changed."""
    return {row.id: row.updated_at for row in await tx.rows(_lock_roots, {"org": org_id, "ids": list(ids)})}


async def touch(tx: Transaction, org_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    """A new time and version for locked survivors on which something changed that is no value of theirs."""
    if ids:
        await tx.run(_touch, {"org": org_id, "ids": ids, "now": now})


async def lock_tree(tx: Transaction, org_id: UUID, root: UUID) -> list[UUID]:
    """Locks a survivor and all that was merged into it; their ids."""
    return [row.id for row in await tx.rows(_lock_tree, {"org": org_id, "root": root})]


async def lock_tree_of(tx: Transaction, org_id: UUID, contact_id: UUID) -> dict[UUID, ContactRow]:
    """Locks the whole tree that a contact belongs to; for holders of the organisation's lock."""
    rows = await tx.rows(_lock_tree_of, {"org": org_id, "contact": contact_id})
    return {row.id: row for row in map(contact_row, rows)}


async def save_contact(tx: Transaction, row: ContactRow) -> None:
    """Writes every value of a locked row that may change (pointers and times of origin stay)."""
    await save_contacts(tx, [row])


async def save_contacts(tx: Transaction, rows: Sequence[ContactRow]) -> None:
    """The same for several rows. One statement."""
    await tx.run(_save, [_saved(row) for row in rows])


def _saved(row: ContactRow) -> dict[str, Any]:
    values = contact_values(row)
    return {f"new_{name}": values[name] for name in _CHANGING} | {"key_org": row.org_id, "key_id": row.id}


async def scrub_contacts(tx: Transaction, org_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    """Erases every value of these contacts; ids, pointers and times of origin stay."""
    await tx.run(_scrub, {"org": org_id, "ids": ids, "now": now})
