"""Conversations and their messages. A conversation keeps the contact that it was given, a message its conversation.

A conversation has the same pair of pointers as a contact, so that conversations can be merged as contacts are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    bindparam,
    case,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlmodel import Field, SQLModel

from db.base import Json, any_of, columns_of, one_of, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction
from db.trees import Hanging

STATUSES = ("OPEN", "PENDING", "SNOOZED", "CLOSED")
CHANNEL_TYPES = (
    "INTERNAL",
    "EMAIL",
    "SMS",
    "WHATSAPP",
    "WEB_CHAT",
    "MESSENGER",
    "INSTAGRAM",
    "TELEGRAM",
    "VOICE",
    "API",
    "OTHER",
)
AUTHORS = ("CONTACT", "AGENT", "BOT", "SYSTEM")


def _merged_index(name: str, column: str) -> Index:
    # Of those merged away alone: an undo finds them whatever else their contacts have, and the check of the foreign key
    # finds what leads to one that is erased.
    where = text("merged_into_id IS NOT NULL")
    return Index(name, "org_id", column, postgresql_where=where, sqlite_where=where)


class Conversation(SQLModel, table=True):
    """One conversation, whether it stands for itself or was merged into another."""

    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        ForeignKeyConstraint(
            ["org_id", "canonical_id"], ["conversation.org_id", "conversation.id"], name="fk_conversation_canonical"
        ),
        ForeignKeyConstraint(
            ["org_id", "merged_into_id"], ["conversation.org_id", "conversation.id"], name="fk_conversation_merged_into"
        ),
        ForeignKeyConstraint(
            ["org_id", "merge_id"], ["merge_event.org_id", "merge_event.id"], name="fk_conversation_merge"
        ),
        CheckConstraint("(merged_into_id IS NULL) = (canonical_id = id)", name="root_is_canonical"),
        CheckConstraint("(merged_into_id IS NULL) = (merge_id IS NULL)", name="merged_by_an_event"),
        tenant_key("inbox_id", target="inbox"),
        one_of("status", STATUSES),
        one_of("channel_type", CHANNEL_TYPES),
        Index("ix_conversation_contact", "org_id", "contact_id", "created_at", "id"),
        Index("ix_conversation_created", "org_id", "created_at", "id"),
        Index("ix_conversation_canonical", "org_id", "canonical_id"),
        _merged_index("ix_conversation_merged_contact", "contact_id"),
        _merged_index("ix_conversation_merged_into", "merged_into_id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    contact_id: UUID
    subject: str | None = None
    status: str
    channel_type: str | None = None
    tags: list[str] = Field(sa_column=Column(Json, nullable=False))
    assignee: str | None = None
    canonical_id: UUID
    merged_into_id: UUID | None = None
    merge_id: UUID | None = None
    last_message_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    inbox_id: UUID | None = None


class Message(SQLModel, table=True):
    """One message, for ever in the conversation that it was written in."""

    __table_args__ = (
        tenant_key("conversation_id", target="conversation"),
        one_of("author", AUTHORS),
        Index("ix_message_conversation", "org_id", "conversation_id", "created_at", "id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    conversation_id: UUID
    body: str
    author: str
    author_name: str | None = None
    internal: bool = False
    created_at: datetime


conversation = table_of(Conversation)
message = table_of(Message)


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A row of `conversation`."""

    org_id: UUID
    id: UUID
    contact_id: UUID
    subject: str | None
    status: str
    channel_type: str | None
    tags: list[str]
    assignee: str | None
    canonical_id: UUID
    merged_into_id: UUID | None
    merge_id: UUID | None
    last_message_at: datetime | None
    created_at: datetime
    updated_at: datetime
    inbox_id: UUID | None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A row of `message`."""

    org_id: UUID
    id: UUID
    conversation_id: UUID
    body: str
    author: str
    author_name: str | None
    internal: bool
    created_at: datetime


CONVERSATION_COLUMNS = [conversation.c[field.name] for field in fields(ConversationRow)]
MESSAGES = Hanging(message, conversation, "conversation_id", "created_at")
_NOT_MERGED = conversation.c.merged_into_id.is_(None)
_OF_STATUS = conversation.c.status == bindparam("status")


@cache
def conversations_hanging(*, status: bool, merged: bool) -> Hanging:
    """Conversations under contacts: of the status that is given with the page, with those merged away or without."""
    conditions = (*((_OF_STATUS,) if status else ()), *(() if merged else (_NOT_MERGED,)))
    return Hanging(conversation, contact, "contact_id", "created_at", conditions)


_by_ids = select(*CONVERSATION_COLUMNS).where(any_of(conversation.c.org_id, "orgs"), any_of(conversation.c.id, "ids"))
_lock = (
    select(*CONVERSATION_COLUMNS)
    .where(conversation.c.org_id == bindparam("org"), conversation.c.id == bindparam("conversation"))
    .with_for_update(key_share=True)
)
_messages_by_ids = select(*(message.c[field.name] for field in fields(MessageRow))).where(
    any_of(message.c.org_id, "orgs"), any_of(message.c.id, "ids")
)
_change = (
    update(conversation)
    .where(conversation.c.org_id == bindparam("key_org"), conversation.c.id == bindparam("key_id"))
    .values(
        subject=bindparam("new_subject"),
        status=bindparam("new_status"),
        tags=bindparam("new_tags"),
        assignee=bindparam("new_assignee"),
        updated_at=bindparam("new_updated_at"),
    )
)
_led = conversation.alias("led")
# Of a conversation that was merged away the one that it leads to: what was merged is frozen, and an undo looks anew.
# One row and not two, so that nobody holds the one while he waits for the other.
_spoken = (
    update(conversation)
    .where(
        conversation.c.org_id == bindparam("key_org"),
        conversation.c.id
        == select(_led.c.canonical_id)
        .where(_led.c.org_id == bindparam("key_org"), _led.c.id == bindparam("key_id"))
        .scalar_subquery(),
    )
    .values(
        last_message_at=case(
            (
                or_(conversation.c.last_message_at.is_(None), conversation.c.last_message_at < bindparam("spoken_at")),
                bindparam("spoken_at"),
            ),
            else_=conversation.c.last_message_at,
        ),
        updated_at=case(
            (conversation.c.updated_at < bindparam("now"), bindparam("now")), else_=conversation.c.updated_at
        ),
    )
)
_of_contacts = select(conversation.c.id).where(
    conversation.c.org_id == bindparam("org"), any_of(conversation.c.contact_id, "contacts")
)
_erase_messages = delete(message).where(
    message.c.org_id == bindparam("org"), message.c.conversation_id.in_(_of_contacts)
)
_erase = delete(conversation).where(
    conversation.c.org_id == bindparam("org"), any_of(conversation.c.contact_id, "contacts")
)


async def conversations_by_id(
    tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]
) -> dict[UUID, ConversationRow]:
    """Those that exist in these organisations, merged away or not."""
    return {row.id: ConversationRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})}


async def messages_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, MessageRow]:
    """Those that exist."""
    return {row.id: MessageRow(*row) for row in await tx.rows(_messages_by_ids, {"orgs": orgs, "ids": ids})}


async def lock_conversation(tx: Transaction, org_id: UUID, conversation_id: UUID) -> ConversationRow | None:
    """Locks one; for holders of its contact's lock."""
    row = await tx.row(_lock, {"org": org_id, "conversation": conversation_id})
    return ConversationRow(*row) if row else None


async def add_conversation(tx: Transaction, row: ConversationRow) -> None:
    """Writes a new one."""
    await tx.run(insert(conversation), columns_of(row))


async def save_conversation(tx: Transaction, row: ConversationRow) -> None:
    """Writes what an edit may change."""
    await tx.run(
        _change,
        {
            "key_org": row.org_id,
            "key_id": row.id,
            "new_subject": row.subject,
            "new_status": row.status,
            "new_tags": row.tags,
            "new_assignee": row.assignee,
            "new_updated_at": row.updated_at,
        },
    )


async def add_message(tx: Transaction, row: MessageRow, now: datetime) -> None:
    """Writes a message and notes it at its conversation. Two statements."""
    await tx.run(insert(message), columns_of(row))
    await note_messages(tx, row.org_id, {row.conversation_id: row.created_at}, now)


async def note_messages(tx: Transaction, org_id: UUID, latest: Mapping[UUID, datetime], now: datetime) -> None:
    """Notes at each conversation, or at the one that it leads to, when its last new message was written. One
    statement."""
    keys = [{"key_org": org_id, "key_id": found, "spoken_at": at, "now": now} for found, at in latest.items()]
    await tx.run(_spoken, keys)


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all conversations of these contacts with their messages."""
    await tx.run(_erase_messages, {"org": org_id, "contacts": contact_ids})
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})
