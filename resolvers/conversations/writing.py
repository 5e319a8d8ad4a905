"""createConversation, updateConversation and addMessage."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from db import activity, conversations
from db.conversations import AUTHORS, CHANNEL_TYPES, STATUSES, ConversationRow, MessageRow
from db.engine import Database, Transaction
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.inboxes import known_inbox, read_inbox_id
from resolvers.contacts.landing import Landed, landed_on, lock_landing, made_before, past_moment, read_contact_id
from resolvers.contacts.values import BadValue, required_text, text
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.ids import CONVERSATION, decode_id, encode_id

SUBJECT_LENGTH = 1_000
BODY_LENGTH = 100_000
NAME_LENGTH = 255
MAXIMUM_TAGS = 100
TAG_LENGTH = 100
MAKE_CONVERSATION = "createConversation"
MAKE_MESSAGE = "addMessage"


async def create_conversation(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ConversationRow]:
    """A new conversation of a contact; one that was merged away leads to its survivor. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    fields = Fields(raw)
    values = read_conversation(fields, act.now)
    fields.refuse_if_wrong()
    inbox_id = read_inbox_id(raw["inboxId"]) if fields.given("inboxId") else None
    conversation_id = act.new_id()

    async def work(tx: Transaction) -> Landed[ConversationRow]:
        root = await lock_landing(tx, act, contact_id)
        before = await made_before(tx, act, root.org_id, MAKE_CONVERSATION, raw, conversation_id)
        if before is not None:
            return Landed(await _conversation(tx, act, before, "idempotencyKey"), landed_on(root, contact_id))
        if inbox_id is not None:
            await known_inbox(tx, root.org_id, inbox_id)
        columns = conversation_values(values, root.org_id, conversation_id, contact_id)
        row = ConversationRow(**columns | {"inbox_id": inbox_id})
        await conversations.add_conversation(tx, row)
        return Landed(row, landed_on(root, contact_id))

    return await db.write(work)


def read_conversation(fields: Fields, now: datetime) -> dict[str, Any]:
    """The values of a new conversation; what is wrong is noted in `fields`."""
    created_at = fields.read("createdAt", partial(past_moment, now=now)) or now
    return {
        "subject": fields.read("subject", partial(text, limit=SUBJECT_LENGTH)),
        "status": fields.choice("status", STATUSES) or "OPEN",
        "channel_type": fields.choice("channelType", CHANNEL_TYPES),
        "tags": _tags(fields) or [],
        "assignee": fields.read("assignee", partial(text, limit=NAME_LENGTH)),
        "created_at": created_at,
        "updated_at": max(now, created_at),
    }


def conversation_values(
    values: dict[str, Any], org_id: UUID, conversation_id: UUID, contact_id: UUID
) -> dict[str, Any]:
    """All columns of a new conversation, which stands for itself."""
    return values | {
        "org_id": org_id,
        "id": conversation_id,
        "contact_id": contact_id,
        "canonical_id": conversation_id,
        "merged_into_id": None,
        "merge_id": None,
        "last_message_at": None,
        "inbox_id": None,
    }


def read_message(fields: Fields, now: datetime) -> dict[str, Any]:
    """The values of a new message; what is wrong is noted in `fields`."""
    fields.demand("body", "author")
    return {
        "body": fields.read("body", partial(required_text, limit=BODY_LENGTH)),
        "author": fields.choice("author", AUTHORS),
        "author_name": fields.read("authorName", partial(text, limit=NAME_LENGTH)),
        "internal": bool(fields.flag("internal")) if fields.given("internal") else False,
        "created_at": fields.read("createdAt", partial(past_moment, now=now)) or now,
    }


async def update_conversation(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ConversationRow]:
    """Left out: unchanged; null: cleared. It lands on the conversation that the id leads to. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    asked = read_conversation_id(raw["id"], "id")
    fields = Fields(raw)
    changes: dict[str, Any] = {}
    for name, limit in (("subject", SUBJECT_LENGTH), ("assignee", NAME_LENGTH)):
        if name in fields:
            changes[name] = fields.read(name, partial(text, limit=limit))
    if "status" in fields:
        changes["status"] = fields.choice("status", STATUSES)
        if changes["status"] is None and not fields.errors:
            fields.wrong("status cannot be cleared; leave it out to keep it.", "status")
    if "tags" in fields:
        changes["tags"] = _tags(fields) or []
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> Landed[ConversationRow]:
        row = await lock_conversation_landing(tx, act, asked, "id")
        changed = replace(row, **changes)
        if changed != row:
            changed = replace(changed, updated_at=max(act.now, row.updated_at))
            await conversations.save_conversation(tx, changed)
        return Landed(changed, row.id if row.id != asked else None)

    return await db.write(work)


async def add_message(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[MessageRow]:
    """A message; one sent to a conversation that was merged away is read with the one it leads to. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    asked = read_conversation_id(raw["conversationId"], "conversationId")
    fields = Fields(raw)
    values = read_message(fields, act.now)
    fields.refuse_if_wrong()
    row = MessageRow(**values, org_id=act.actor.organizations[0], id=act.new_id(), conversation_id=asked)
    return await db.write(lambda tx: _add_message(tx, act, raw, row))


async def _add_message(tx: Transaction, act: Act, raw: Mapping[str, Any], new: MessageRow) -> Landed[MessageRow]:
    found = await _conversation(tx, act, new.conversation_id, "conversationId")
    root = await lock_landing(tx, act, found.contact_id, "conversationId")
    before = await made_before(tx, act, found.org_id, MAKE_MESSAGE, raw, new.id)
    led = found.canonical_id if found.canonical_id != found.id else None
    if before is not None:
        kept = (await conversations.messages_by_id(tx, [found.org_id], [before])).get(before)
        if kept is None:
            raise _gone(new.conversation_id, "idempotencyKey")
        return Landed(kept, led)
    row = replace(new, org_id=found.org_id)
    await conversations.add_message(tx, row, act.now)
    if not row.internal:  # a note among colleagues is no sign of the contact
        await activity.note_activity(tx, row.org_id, found.contact_id, root.id, row.created_at)
    return Landed(row, led)


def read_conversation_id(value: str, field: str) -> UUID:
    """The id of a mutation's conversation. Raises BAD_USER_INPUT."""
    conversation_id = decode_id(CONVERSATION, value)
    if conversation_id is None:
        message = "Not a conversation id: they look like conversation_01j…."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, field)
    return conversation_id


async def lock_conversation_landing(tx: Transaction, act: Act, asked: UUID, field: str) -> ConversationRow:
    """Locks the conversation that an id leads to, under its contact's lock. Raises NOT_FOUND."""
    found = await _conversation(tx, act, asked, field)
    await lock_landing(tx, act, found.contact_id, field)
    row = await conversations.lock_conversation(tx, found.org_id, found.canonical_id)
    if row is None:
        raise _gone(asked, field)
    return row


async def _conversation(tx: Transaction, act: Act, asked: UUID, field: str) -> ConversationRow:
    found = (await conversations.conversations_by_id(tx, act.actor.organizations, [asked])).get(asked)
    if found is None:
        raise _gone(asked, field)
    return found


def _gone(conversation_id: UUID, field: str) -> Refused:
    return refuse(ErrorCode.NOT_FOUND, f"Conversation not found: {encode_id(CONVERSATION, conversation_id)}.", field)


def _tags(fields: Fields) -> list[str] | None:
    given = fields.raw("tags")
    if given is None:
        return None
    if not isinstance(given, list) or len(given) > MAXIMUM_TAGS:
        fields.wrong(f"tags must be a list of at most {MAXIMUM_TAGS} texts.", "tags")
        return None
    tags: list[str] = []
    for index, tag in enumerate(given):
        try:
            tags.append(required_text(tag, TAG_LENGTH))
        except BadValue as error:
            fields.errors.append(UserError(ErrorCode.BAD_USER_INPUT, f"A tag {error}.", ("tags", str(index))))
    return list(dict.fromkeys(tags))
