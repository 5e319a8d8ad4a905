"""addInbox, removeInbox, and inboxes: of contacts, of the organisation, of conversations."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from db import inboxes
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.inboxes import AddressRow, InboxRow
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, landed_on, lock_landing, read_contact_id, save_changed
from resolvers.contacts.once import each_once
from resolvers.contacts.values import name_key, required_text, text
from resolvers.errors import ErrorCode, refuse
from resolvers.ids import INBOX, decode_id, encode_id

NAME_LENGTH = 255
SOURCE_LENGTH = 255
# API name -> (column, most characters)
TEXTS = {
    "avatarUrl": ("avatar_url", 2_048),
    "channelType": ("channel_type", 100),
    "provider": ("provider", 100),
}


async def add_inbox(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    """Gives the contact that it is sent to an address in an inbox, which is made when missing. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    fields = Fields(raw)
    source_id = _source(fields)
    inner = fields.inner(raw["inbox"], "inbox")
    name = inner.read("name", partial(required_text, limit=NAME_LENGTH))
    channel_id = inner.read("channelId", partial(text, limit=SOURCE_LENGTH)) or ""
    more = {column: inner.read(field, partial(text, limit=limit)) for field, (column, limit) in TEXTS.items()}
    key = inner.check(lambda: name_key(name), "name") if name else None
    fields.refuse_if_wrong()
    new = {"name": name, "name_key": key, "channel_id": channel_id, "created_at": act.now, **more}

    async def work(tx: Transaction) -> Landed[ContactRow]:
        root = await lock_landing(tx, act, contact_id)
        inbox = await inboxes.make_inbox(tx, {**new, "org_id": root.org_id, "id": act.new_id()})
        held = (await inboxes.addresses_of(tx, [root.org_id], [root.id]))[root.id]
        if (contact_id, inbox.id, source_id) in {(row.contact_id, row.inbox.id, row.source_id) for row in held}:
            return Landed(root, landed_on(root, contact_id))
        await inboxes.put_on(tx, root.org_id, contact_id, inbox.id, source_id, act.now)
        return Landed(await save_changed(tx, act, root), landed_on(root, contact_id))

    return await db.write(work)


async def remove_inbox(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    """Takes an address off the survivor and all that was merged into it. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    inbox_id = read_inbox_id(raw["inboxId"])
    fields = Fields(raw)
    source_id = _source(fields)
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> Landed[ContactRow]:
        root = await lock_landing(tx, act, contact_id)
        await known_inbox(tx, root.org_id, inbox_id)
        if await inboxes.take_off(tx, root.org_id, root.id, inbox_id, source_id, act.now) == 0:
            message = f"This contact has no address {source_id} in {encode_id(INBOX, inbox_id)}."
            raise refuse(ErrorCode.NOT_FOUND, message, "sourceId")
        return Landed(await save_changed(tx, act, root), landed_on(root, contact_id))

    return await db.write(work)


def read_inbox_id(value: str) -> UUID:
    """The inbox of a mutation. Raises BAD_USER_INPUT."""
    inbox_id = decode_id(INBOX, value)
    if inbox_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not an inbox id: they look like inbox_01j….", "inboxId")
    return inbox_id


async def known_inbox(tx: Transaction, org_id: UUID, inbox_id: UUID) -> InboxRow:
    """An inbox of the organisation. Raises NOT_FOUND."""
    found = (await inboxes.inboxes_by_id(tx, [org_id], [inbox_id])).get(inbox_id)
    if found is None:
        raise refuse(ErrorCode.NOT_FOUND, f"Inbox not found: {encode_id(INBOX, inbox_id)}.", "inboxId")
    return found


async def inboxes_of_contacts(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[AddressRow]]:
    """For each survivor the addresses of its tree, equal ones once."""
    found = await db.read(lambda tx: inboxes.addresses_of(tx, act.actor.organizations, roots))
    return [addresses_once(found[root], root) for root in roots]


def addresses_once(rows: Sequence[AddressRow], root: UUID) -> list[AddressRow]:
    """Equal addresses of a tree as one."""
    return each_once(rows, root, lambda row: (row.inbox.id, row.source_id))


async def inboxes_by_id(db: Database, act: Act, ids: Sequence[UUID]) -> list[InboxRow | None]:
    """For a batch of ids the inboxes."""
    found = await db.read(lambda tx: inboxes.inboxes_by_id(tx, act.actor.organizations, ids))
    return [found.get(inbox) for inbox in ids]


async def inbox_by_id(db: Database, act: Act, inbox: str) -> InboxRow | None:
    """An inbox that the key may see."""
    require(act.actor, Scope.CONTACTS_READ)
    inbox_id = decode_id(INBOX, inbox)
    return (await inboxes_by_id(db, act, [inbox_id]))[0] if inbox_id else None


async def inboxes_of_organization(db: Database, act: Act, org_id: UUID) -> list[InboxRow]:
    """All inboxes, by name."""
    require(act.actor, Scope.CONTACTS_READ)
    return await db.read(lambda tx: inboxes.inboxes_of_organization(tx, org_id))


def _source(fields: Fields) -> str:
    return fields.read("sourceId", partial(required_text, limit=SOURCE_LENGTH)) or ""
