"""Conversations and messages as they are read: under a contact, of an organisation, by id."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from db import conversation_pages, conversations
from db.conversation_merges import merged_conversation_ids
from db.conversation_pages import ConversationFilter
from db.conversations import MESSAGES, ConversationRow, MessageRow, conversations_hanging
from db.engine import Database
from resolvers.access import Act, Scope, require
from resolvers.history.paging import Listing, count_under, cursor_at, pages_under, place_of
from resolvers.ids import CONVERSATION, decode_id
from resolvers.paging import Page, PageArguments, cut_page

_ORDER = "conversation"
_THREAD = Listing(MESSAGES, "message", newest_first=False)


async def conversation_by_id(db: Database, act: Act, conversation: str, *, follow: bool) -> ConversationRow | None:
    """As it stands, merged away or not; with `follow` the one that it leads to. None for what nobody has."""
    require(act.actor, Scope.CONTACTS_READ)
    conversation_id = decode_id(CONVERSATION, conversation)
    if conversation_id is None:
        return None
    found = (await conversations_of_ids(db, act, [conversation_id]))[0]
    if found is None or not follow or found.canonical_id == found.id:
        return found
    return (await conversations_of_ids(db, act, [found.canonical_id]))[0]


async def conversations_of_ids(db: Database, act: Act, ids: Sequence[UUID]) -> list[ConversationRow | None]:
    """For a batch of ids what has them."""
    found = await db.read(lambda tx: conversations.conversations_by_id(tx, act.actor.organizations, ids))
    return [found.get(conversation_id) for conversation_id in ids]


async def merged_ids_of_conversations(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[UUID]]:
    """For each conversation every id that leads to it, at any depth, oldest first."""
    found = await db.read(lambda tx: merged_conversation_ids(tx, act.actor.organizations, roots))
    return [found[root] for root in roots]


async def list_conversations(
    db: Database, act: Act, org_id: UUID, wanted: ConversationFilter, page: PageArguments
) -> Page[ConversationRow]:
    """Of an organisation, newest first."""
    require(act.actor, Scope.CONTACTS_READ)
    after = place_of(page.after, "after", _ORDER)
    rows = await db.read(lambda tx: conversation_pages.conversations_page(tx, org_id, wanted, page.limit, after))
    return cut_page(rows, page, conversation_cursor)


async def count_conversations(db: Database, act: Act, org_id: UUID, wanted: ConversationFilter) -> int:
    """How many match."""
    require(act.actor, Scope.CONTACTS_READ)
    return await db.read(lambda tx: conversation_pages.count_conversations(tx, org_id, wanted))


async def conversations_of_contacts(
    db: Database, act: Act, roots: Sequence[UUID], page: PageArguments, status: str | None, merged: bool
) -> list[Page[ConversationRow]]:
    """For each survivor one page of its tree's, newest first."""
    found = await pages_under(db, act, _listing(status, merged), roots, page)
    return [cut_page([_conversation(row) for row in rows], page, conversation_cursor) for rows in found]


async def count_conversations_of_contacts(
    db: Database, act: Act, roots: Sequence[UUID], status: str | None, merged: bool
) -> list[int]:
    """For each survivor how many those are."""
    return await count_under(db, act, _listing(status, merged), roots)


async def messages_of_conversations(
    db: Database, act: Act, roots: Sequence[UUID], page: PageArguments
) -> list[Page[MessageRow]]:
    """For each conversation one page of the thread, in the order of time, with those of what was merged into it."""
    found = await pages_under(db, act, _THREAD, roots, page)
    cursor = partial(cursor_at, "message", lambda row: row.created_at)
    return [cut_page([_message(row) for row in rows], page, cursor) for rows in found]


async def count_messages(db: Database, act: Act, roots: Sequence[UUID]) -> list[int]:
    """For each conversation how many messages its thread has."""
    return await count_under(db, act, _THREAD, roots)


def conversation_cursor(row: ConversationRow) -> str:
    """The cursor of a conversation in any list of them."""
    return cursor_at(_ORDER, _created, row)


def _listing(status: str | None, merged: bool) -> Listing:
    hanging = conversations_hanging(status=status is not None, merged=merged)
    return Listing(hanging, _ORDER, values={"status": status} if status is not None else {})


def _created(row: Any) -> datetime:
    at: datetime = row.created_at
    return at


def _conversation(row: Any) -> ConversationRow:
    return ConversationRow(*row[1:-1])


def _message(row: Any) -> MessageRow:
    return MessageRow(*row[1:-1])
