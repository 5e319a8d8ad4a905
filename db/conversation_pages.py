"""The conversations of an organisation, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, cast, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from db.contacts import contact
from db.conversations import CONVERSATION_COLUMNS, ConversationRow, conversation
from db.engine import Transaction


@dataclass(frozen=True)
class ConversationFilter:
    """Conditions that must all hold. `contact_id`: the survivor whose tree they belong to."""

    contact_id: UUID | None = None
    status: str | None = None
    tag: str | None = None
    include_merged: bool = False
    updated_from: datetime | None = None
    updated_before: datetime | None = None


async def conversations_page(
    tx: Transaction, org_id: UUID, wanted: ConversationFilter, limit: int, after: tuple[datetime, UUID] | None
) -> list[ConversationRow]:
    """Newest first, one row more than the limit when there are more."""
    statement = select(*CONVERSATION_COLUMNS).where(*_conditions(tx.dialect, org_id, wanted))
    if after is not None:
        place = tuple_(conversation.c.created_at, conversation.c.id)
        statement = statement.where(
            place < tuple_(literal(after[0], conversation.c.created_at.type), literal(after[1], conversation.c.id.type))
        )
    statement = statement.order_by(conversation.c.created_at.desc(), conversation.c.id.desc()).limit(limit + 1)
    return [ConversationRow(*row) for row in await tx.rows(statement)]


async def count_conversations(tx: Transaction, org_id: UUID, wanted: ConversationFilter) -> int:
    """How many match."""
    statement = select(func.count()).select_from(conversation).where(*_conditions(tx.dialect, org_id, wanted))
    row = await tx.row(statement)
    return row[0] if row else 0


def _tagged(dialect: str, tag: str) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return cast(conversation.c.tags, JSONB).op("?", return_type=Boolean())(tag)
    entry = func.json_each(conversation.c.tags).table_valued("value", name="entry")
    return select(literal(1)).select_from(entry).where(entry.c.value == tag).exists()


def _conditions(dialect: str, org_id: UUID, wanted: ConversationFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[Any] = [conversation.c.org_id == org_id]
    if not wanted.include_merged:
        conditions.append(conversation.c.merged_into_id.is_(None))
    if wanted.contact_id is not None:
        members = select(contact.c.id).where(contact.c.org_id == org_id, contact.c.canonical_id == wanted.contact_id)
        conditions.append(conversation.c.contact_id.in_(members))
    if wanted.status is not None:
        conditions.append(conversation.c.status == wanted.status)
    if wanted.tag is not None:
        conditions.append(_tagged(dialect, wanted.tag))
    if wanted.updated_from is not None:
        conditions.append(conversation.c.updated_at >= wanted.updated_from)
    if wanted.updated_before is not None:
        conditions.append(conversation.c.updated_at < wanted.updated_before)
    return conditions
