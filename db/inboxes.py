"""Inboxes of an organisation, and the address that each contact has in them (`source_id`), as first given.

A removal is a tombstone naming the survivor through which it was taken off, as for identifiers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, and_, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, any_of, by_dialect, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction
from db.tags import lifting


class Inbox(SQLModel, table=True):
    """An inbox. `channel_id` is '' for none: NULL would defeat the unique key."""

    __table_args__ = (
        tenant_key(target="organization_lock", target_columns=("org_id",)),
        UniqueConstraint("org_id", "channel_id", "name_key", name="uq_inbox_once"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str
    name_key: str
    channel_id: str = ""
    avatar_url: str | None = None
    channel_type: str | None = None
    provider: str | None = None
    created_at: datetime


class ContactInbox(SQLModel, table=True):
    """An address of a contact in an inbox; one inbox under two source ids is two addresses."""

    __tablename__ = "contact_inbox"
    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        tenant_key("inbox_id", target="inbox"),
        Index("ix_contact_inbox_inbox", "org_id", "inbox_id"),
        KEY_IS_TABLE,
    )
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    inbox_id: UUID = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    created_at: datetime
    removed_via_id: UUID | None = None
    removed_at: datetime | None = None


inbox = table_of(Inbox)
contact_inbox = table_of(ContactInbox)


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A row of `inbox`."""

    org_id: UUID
    id: UUID
    name: str
    name_key: str
    channel_id: str
    avatar_url: str | None
    channel_type: str | None
    provider: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AddressRow:
    """An address that is in force, with its inbox."""

    contact_id: UUID
    source_id: str
    created_at: datetime
    inbox: InboxRow


_COLUMNS = [inbox.c[field.name] for field in fields(InboxRow)]
_of_organization = select(*_COLUMNS).where(inbox.c.org_id == bindparam("org"))
_by_ids = select(*_COLUMNS).where(any_of(inbox.c.org_id, "orgs"), any_of(inbox.c.id, "ids"))
_lock = _by_ids.with_for_update(key_share=True)
_CHANGING = [column.name for column in _COLUMNS if column.name not in ("org_id", "id", "created_at")]
_save = (
    update(inbox)
    .where(inbox.c.org_id == bindparam("key_org"), inbox.c.id == bindparam("key_id"))
    .values({inbox.c[name]: bindparam(f"new_{name}") for name in _CHANGING})
)
_named = select(*_COLUMNS).where(
    inbox.c.org_id == bindparam("org"),
    inbox.c.channel_id == bindparam("channel"),
    inbox.c.name_key == bindparam("name"),
)
_make = by_dialect(lambda insert: insert(inbox).on_conflict_do_nothing())
_member = and_(contact_inbox.c.org_id == contact.c.org_id, contact_inbox.c.contact_id == contact.c.id)
_in_force = contact_inbox.c.removed_via_id.is_(None)
_of_trees = (
    select(
        contact.c.canonical_id,
        contact_inbox.c.contact_id,
        contact_inbox.c.source_id,
        contact_inbox.c.created_at.label("given_at"),
        *_COLUMNS,
    )
    .select_from(
        contact.join(contact_inbox, _member).join(
            inbox, and_(inbox.c.org_id == contact_inbox.c.org_id, inbox.c.id == contact_inbox.c.inbox_id)
        )
    )
    .where(any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"), _in_force)
)
_put_on = by_dialect(
    lambda insert: insert(contact_inbox).on_conflict_do_update(
        index_elements=["org_id", "contact_id", "inbox_id", "source_id"],
        set_={"removed_via_id": None, "removed_at": None},
    )
)
_tree = select(contact.c.id).where(contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root"))
_take_off = (
    update(contact_inbox)
    .where(
        contact_inbox.c.org_id == bindparam("org"),
        contact_inbox.c.contact_id.in_(_tree),
        contact_inbox.c.inbox_id == bindparam("of_inbox"),
        contact_inbox.c.source_id == bindparam("of_source"),
        _in_force,
    )
    .values(removed_via_id=bindparam("root"), removed_at=bindparam("now"))
)
_lift = lifting(contact_inbox)
_erase = delete(contact_inbox).where(
    contact_inbox.c.org_id == bindparam("org"), any_of(contact_inbox.c.contact_id, "contacts")
)


async def inboxes_of_organization(tx: Transaction, org_id: UUID) -> list[InboxRow]:
    """All inboxes, by name."""
    rows = [InboxRow(*row) for row in await tx.rows(_of_organization, {"org": org_id})]
    return sorted(rows, key=lambda row: (row.name_key, row.channel_id))


async def inboxes_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, InboxRow]:
    """Those that exist in these organisations."""
    return {row.id: InboxRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})}


async def make_inbox(tx: Transaction, row: dict[str, Any]) -> InboxRow:
    """The inbox with this channel id and name, made when missing; `row` has the columns of the table."""
    await tx.run(_make[tx.dialect], [row])
    return await inbox_named(tx, row["org_id"], row["channel_id"], row["name_key"])


async def inbox_named(tx: Transaction, org_id: UUID, channel_id: str, key: str) -> InboxRow:
    """The inbox with this channel id and name, which exists."""
    (found,) = await tx.rows(_named, {"org": org_id, "channel": channel_id, "name": key})
    return InboxRow(*found)


async def lock_inbox(tx: Transaction, orgs: Sequence[UUID], inbox_id: UUID) -> InboxRow | None:
    """One, locked against others who change it."""
    row = await tx.row(_lock, {"orgs": orgs, "ids": [inbox_id]})
    return InboxRow(*row) if row else None


async def save_inbox(tx: Transaction, row: InboxRow) -> bool:
    """Writes one; False, with nothing written, when another has its channel id and name."""
    values = {f"new_{name}": getattr(row, name) for name in _CHANGING}
    return await tx.is_unique(lambda: tx.run(_save, values | {"key_org": row.org_id, "key_id": row.id}))


async def addresses_of(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[AddressRow]]:
    """Everything in force on the trees of these survivors, oldest first; equal ones still stand side by side."""
    found: dict[UUID, list[AddressRow]] = {root: [] for root in roots}
    for root, contact_id, source_id, given_at, *inbox_values in await tx.rows(
        _of_trees, {"orgs": orgs, "roots": roots}
    ):
        found[root].append(AddressRow(contact_id, source_id, given_at, InboxRow(*inbox_values)))
    return {root: sorted(rows, key=_age) for root, rows in found.items()}


async def put_on(
    tx: Transaction, org_id: UUID, contact_id: UUID, inbox_id: UUID, source_id: str, now: datetime
) -> None:
    """Gives a contact an address; one that was taken off is in force again."""
    row = {"org_id": org_id, "contact_id": contact_id, "inbox_id": inbox_id, "source_id": source_id}
    await tx.run(_put_on[tx.dialect], [row | {"created_at": now}])


async def take_off(tx: Transaction, org_id: UUID, root: UUID, inbox_id: UUID, source_id: str, now: datetime) -> int:
    """Marks an address as removed through this survivor, on its whole tree; the number of rows marked."""
    given = {"org": org_id, "root": root, "of_inbox": inbox_id, "of_source": source_id, "now": now}
    return await tx.run(_take_off, given)


async def bring_back(tx: Transaction, org_id: UUID, trees: Sequence[Sequence[UUID]]) -> None:
    """What was taken off these trees through a survivor that they no longer belong to is in force again."""
    await tx.run(_lift, [{"key_org": org_id, "members": tree} for tree in trees])


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all addresses of these contacts, tombstones too."""
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})


def _age(row: AddressRow) -> tuple[datetime, UUID, UUID, str]:
    # In Python: the databases' collations differ.
    return (row.created_at, row.contact_id, row.inbox.id, row.source_id)
