"""Channels: the ways on which a contact can be reached, each under the contact that it was given.

A removal is a tombstone naming the survivor through which it was taken off, as for identifiers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, and_, bindparam, delete, insert, select, update
from sqlmodel import Field, SQLModel

from db.base import Json, any_of, columns_of, one_of, table_of, tenant_key
from db.contacts import contact
from db.conversations import CHANNEL_TYPES
from db.engine import Transaction
from db.tags import lifting


class Channel(SQLModel, table=True):
    """One channel. Equal ones have the same type and `identity`; None is equal to nothing."""

    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        one_of("type", CHANNEL_TYPES),
        Index("ix_channel_contact", "org_id", "contact_id", "created_at", "id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    contact_id: UUID
    type: str
    identity: str | None = None
    user_id: str | None = None
    avatar: str | None = None
    name: str | None = None
    username: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    agent: str | None = None
    ip: str | None = None
    language: str | None = None
    platform_data: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    link: str | None = None
    created_at: datetime
    updated_at: datetime
    removed_via_id: UUID | None = None
    removed_at: datetime | None = None


channel = table_of(Channel)


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A row of `channel`."""

    org_id: UUID
    id: UUID
    contact_id: UUID
    type: str
    identity: str | None
    user_id: str | None
    avatar: str | None
    name: str | None
    username: str | None
    email: str | None
    phone: str | None
    country: str | None
    agent: str | None
    ip: str | None
    language: str | None
    platform_data: dict[str, Any]
    link: str | None
    created_at: datetime
    updated_at: datetime
    removed_via_id: UUID | None
    removed_at: datetime | None

    @property
    def key(self) -> tuple[str, str | UUID]:
        """What makes two channels equal; one without an identity is equal to itself alone."""
        return (self.type, self.identity if self.identity is not None else self.id)


_COLUMNS = [channel.c[field.name] for field in fields(ChannelRow)]
_FIXED = {"org_id", "id", "contact_id", "created_at"}
_CHANGING = [column.name for column in _COLUMNS if column.name not in _FIXED]
_member = and_(channel.c.org_id == contact.c.org_id, channel.c.contact_id == contact.c.id)
_in_force = channel.c.removed_via_id.is_(None)
_of_trees = (
    select(contact.c.canonical_id, *_COLUMNS)
    .select_from(contact.join(channel, _member))
    .where(any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"), _in_force)
    .order_by(channel.c.created_at, channel.c.id)
)
_removed = (
    select(*_COLUMNS)
    .where(
        channel.c.org_id == bindparam("org"),
        any_of(channel.c.contact_id, "contacts"),
        channel.c.removed_via_id.is_not(None),
    )
    .order_by(channel.c.created_at, channel.c.id)
)
_by_ids = select(*_COLUMNS).where(any_of(channel.c.org_id, "orgs"), any_of(channel.c.id, "ids"), _in_force)
_save = (
    update(channel)
    .where(channel.c.org_id == bindparam("key_org"), channel.c.id == bindparam("key_id"))
    .values({channel.c[name]: bindparam(f"new_{name}") for name in _CHANGING})
)
_tree = select(contact.c.id).where(contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root"))
_take_off = (
    update(channel)
    .where(
        channel.c.org_id == bindparam("org"),
        channel.c.contact_id.in_(_tree),
        any_of(channel.c.id, "equal_ones"),
        _in_force,
    )
    .values(removed_via_id=bindparam("root"), removed_at=bindparam("now"))
)
_lift = lifting(channel)
_erase = delete(channel).where(channel.c.org_id == bindparam("org"), any_of(channel.c.contact_id, "contacts"))


async def channels_of(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[ChannelRow]]:
    """Everything in force on the trees of these survivors, oldest first; equal ones still stand side by side."""
    found: dict[UUID, list[ChannelRow]] = {root: [] for root in roots}
    for row in await tx.rows(_of_trees, {"orgs": orgs, "roots": roots}):
        found[row.canonical_id].append(ChannelRow(*row[1:]))
    return found


async def removed_channels(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> list[ChannelRow]:
    """What was taken off these very contacts, oldest first."""
    return [ChannelRow(*row) for row in await tx.rows(_removed, {"org": org_id, "contacts": contact_ids})]


async def channels_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, ChannelRow]:
    """Those in force that exist in these organisations."""
    return {row.id: ChannelRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})}


async def add_channels(tx: Transaction, rows: Sequence[ChannelRow]) -> None:
    """Writes new ones."""
    if rows:
        await tx.run(insert(channel), [columns_of(row) for row in rows])


async def save_channels(tx: Transaction, rows: Sequence[ChannelRow]) -> None:
    """Writes every value that may change; one that was taken off may be in force again."""
    saved = [
        {f"new_{name}": getattr(row, name) for name in _CHANGING} | {"key_org": row.org_id, "key_id": row.id}
        for row in rows
    ]
    if saved:
        await tx.run(_save, saved)


async def take_off(tx: Transaction, org_id: UUID, root: UUID, ids: Sequence[UUID], now: datetime) -> None:
    """Marks these channels of a survivor's tree as removed through it."""
    await tx.run(_take_off, {"org": org_id, "root": root, "equal_ones": ids, "now": now})


async def bring_back(tx: Transaction, org_id: UUID, trees: Sequence[Sequence[UUID]]) -> None:
    """What was taken off these trees through a survivor that they no longer belong to is in force again."""
    await tx.run(_lift, [{"key_org": org_id, "members": tree} for tree in trees])


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all channels of these contacts, tombstones too."""
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})
