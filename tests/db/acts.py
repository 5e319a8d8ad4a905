"""Every act that writes, by name, with an input of a given size: what the statement tests go through."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from resolvers.contacts.channels import add_channel, channels_of_contacts, remove_channel, update_channel
from resolvers.contacts.create import create_contact
from resolvers.contacts.erase import erase_contact
from resolvers.contacts.identifiers import add_identifier, remove_identifier
from resolvers.contacts.importing import import_contacts
from resolvers.contacts.inboxes import add_inbox, inboxes_of_contacts, remove_inbox
from resolvers.contacts.tags import set_labels, set_segments
from resolvers.contacts.update import update_contact
from resolvers.contacts.upsert import upsert_contact
from resolvers.conversations.writing import add_message, create_conversation
from resolvers.history.calls import log_call
from resolvers.history.notes import add_note
from resolvers.ids import CHANNEL, CONVERSATION, INBOX, encode_id
from resolvers.memories.writing import forget, remember
from resolvers.merging.distinct import mark_distinct, unmark_distinct
from resolvers.merging.preview import merge_preview
from resolvers.merging.request import read_merge_request
from resolvers.merging.settings import update_merge_settings
from resolvers.merging.undo import undo_merge
from resolvers.merging.undo_request import UndoRequest
from tests.db.world import World, shown

Prepared = Callable[[], Awaitable[Any]]


def identifiers(number: int, prefix: str = "i") -> list[dict[str, str]]:
    """Some identifiers of one kind."""
    return [{"kind": "EXTERNAL_ID", "value": f"{prefix}{index}", "system": "crm"} for index in range(number)]


async def tree(world: World, size: int) -> UUID:
    """A contact with `size` others merged into it, each with an identifier, a label and activity."""
    root = await world.contact(name="Root", email="root@a.example")
    at = world.act.now
    others = [await world.contact(name=f"N{i}", email=f"n{i}@a.example", lastActivityAt=at) for i in range(size)]
    if others:
        await world.merge(root, others)
    await set_labels(world.db, world.act, shown(root), ["vip"])
    return root


async def create(world: World, size: int) -> Prepared:
    """A contact with many identifiers."""
    raw = {"name": "A", "lastActivityAt": world.act.now, "identifiers": identifiers(size), "idempotencyKey": "k"}
    return lambda: create_contact(world.db, world.act, raw, world.org_id)


async def update(world: World, size: int) -> Prepared:
    """Every kind of change to the root of a tree."""
    root = await tree(world, size)
    raw = {"id": shown(root), "name": "New", "identifiers": identifiers(size), "lastActivityAt": world.act.now}
    raw |= {"customAttributes": {f"key{index}": index for index in range(size)}}
    return lambda: update_contact(world.db, world.act, raw)


async def upsert_new(world: World, size: int) -> Prepared:
    """An identifier that nobody holds."""
    raw = {"name": "A", "identifiers": identifiers(size), "lastActivityAt": world.act.now}
    return lambda: upsert_contact(world.db, world.act, {"kind": "EMAIL", "value": "new@a.example"}, raw, world.org_id)


async def upsert_known(world: World, size: int) -> Prepared:
    """An identifier deep in a tree."""
    await tree(world, size)
    raw = {"name": "Changed", "identifiers": identifiers(size), "lastActivityAt": world.act.now}
    return lambda: upsert_contact(world.db, world.act, {"kind": "EMAIL", "value": "n0@a.example"}, raw, world.org_id)


async def erase(world: World, size: int) -> Prepared:
    """The root of a tree."""
    root = await tree(world, size)
    return lambda: erase_contact(world.db, world.act, shown(root), "asked for it")


async def identify(world: World, size: int) -> Prepared:
    """One more identifier for the root of a tree."""
    root = await tree(world, size)
    return lambda: add_identifier(world.db, world.act, shown(root), {"kind": "EMAIL", "value": "new@a.example"})


async def take_off(world: World, size: int) -> Prepared:
    """The leading identifier of a tree's root, so that another must be found."""
    root = await tree(world, size)
    return lambda: remove_identifier(world.db, world.act, shown(root), {"kind": "EMAIL", "value": "root@a.example"})


async def label(world: World, size: int) -> Prepared:
    """Many labels at once."""
    root = await tree(world, size)
    names = [f"label {index}" for index in range(size)]
    return lambda: set_labels(world.db, world.act, shown(root), names)


async def segment(world: World, size: int) -> Prepared:
    """Many segments at once."""
    root = await tree(world, size)
    names = [f"segment {index}" for index in range(size)]
    return lambda: set_segments(world.db, world.act, shown(root), names)


def mailbox(number: int) -> dict[str, Any]:
    """A channel."""
    return {"type": "EMAIL", "email": f"c{number}@a.example"}


async def reachable_tree(world: World, size: int) -> tuple[UUID, str]:
    """(the root of a tree whose contacts all have one channel and one more, the id of the root's own)."""
    ids = [await world.contact(name=f"N{i}", channels=[mailbox(0), mailbox(i + 1)]) for i in range(size + 1)]
    await world.merge(ids[0], ids[1:])
    found = await channels_of_contacts(world.db, world.act, ids[:1])
    return ids[0], encode_id(CHANNEL, found[0][0].id)


async def reach(world: World, size: int) -> Prepared:
    """A channel for the root of a tree."""
    root, _ = await reachable_tree(world, size)
    return lambda: add_channel(world.db, world.act, shown(root), {"type": "SMS", "phone": "+4930123456"})


async def reach_elsewhere(world: World, size: int) -> Prepared:
    """A channel of a whole tree that becomes another one."""
    _, channel = await reachable_tree(world, size)
    return lambda: update_channel(world.db, world.act, {"id": channel, "email": "new@a.example"})


async def unreach(world: World, size: int) -> Prepared:
    """A channel of a whole tree taken off."""
    _, channel = await reachable_tree(world, size)
    return lambda: remove_channel(world.db, world.act, channel)


async def address(world: World, size: int) -> Prepared:
    """An address in a new inbox for the root of a tree."""
    root = await tree(world, size)
    raw = {"contactId": shown(root), "sourceId": "s", "inbox": {"name": "Web"}}
    return lambda: add_inbox(world.db, world.act, raw)


async def unaddress(world: World, size: int) -> Prepared:
    """An address of the root of a tree taken off."""
    root = await tree(world, size)
    raw = {"contactId": shown(root), "sourceId": "s"}
    await add_inbox(world.db, world.act, {**raw, "inbox": {"name": "Web"}})
    ((found,),) = await inboxes_of_contacts(world.db, world.act, [root])
    return lambda: remove_inbox(world.db, world.act, {**raw, "inboxId": encode_id(INBOX, found.inbox.id)})


def memory(world: World, contact: UUID, size: int) -> dict[str, Any]:
    """What a persona is to remember: so much of each kind."""
    at = world.act.now
    return {
        "contactId": shown(contact),
        "persona": "Ada",
        "facts": [{"key": f"k{index}", "value": "v"} for index in range(size)],
        "messages": [{"role": "user", "text": "t", "at": at} for _ in range(size)],
        "summaries": [{"text": "t", "at": at} for _ in range(size)],
    }


async def remember_it(world: World, size: int) -> Prepared:
    """Facts, messages and summaries of a tree, under a key."""
    root = await tree(world, size)
    return lambda: remember(world.db, world.act, memory(world, root, size) | {"idempotencyKey": "k"})


async def forget_it(world: World, size: int) -> Prepared:
    """A fact of a tree."""
    root = await tree(world, size)
    await remember(world.db, world.act, memory(world, root, size))
    raw = {"contactId": shown(root), "persona": "Ada", "key": "k0"}
    return lambda: forget(world.db, world.act, raw)


async def forget_all(world: World, size: int) -> Prepared:
    """All that a persona remembers of a tree."""
    root = await tree(world, size)
    await remember(world.db, world.act, memory(world, root, size))
    raw = {"contactId": shown(root), "persona": "Ada"}
    return lambda: forget(world.db, world.act, raw)


async def bring_in(world: World, size: int) -> Prepared:
    """importContacts, up to 500 rows, each with an idempotency key."""
    rows = [
        {"name": f"P{i}", "email": f"p{i}@a.example", "lastActivityAt": world.act.now, "idempotencyKey": f"k{i}"}
        for i in range(size)
    ]
    return lambda: import_contacts(world.db, world.act, rows, world.org_id)


async def import_rows(world: World, rows: list[dict[str, Any]]) -> None:
    """Up to 500 contacts at once."""
    outcomes = await import_contacts(world.db, world.act, rows, world.org_id)
    assert all(outcome.errors == () for outcome in outcomes)


async def merge(world: World, size: int) -> Prepared:
    """Named sources, with an idempotency key."""
    ids = await world.contacts(size + 1)
    return lambda: world.merge(ids[0], ids[1:], idempotencyKey="k", reason="because")


async def merge_repeated(world: World, size: int) -> Prepared:
    """The same merge again under its key."""
    ids = await world.contacts(size + 1)
    await world.merge(ids[0], ids[1:], idempotencyKey="k")
    return lambda: world.merge(ids[0], ids[1:], idempotencyKey="k")


async def detect(world: World, size: int) -> Prepared:
    """Sources that are found, each by an identifier of its own."""
    primary = await world.contact(name="Ann Lee", identifiers=identifiers(size))
    for found in identifiers(size):
        await world.contact(name="Ann Lee", identifiers=[found])
    return lambda: world.merge(primary, None, idempotencyKey="k")


async def preview(world: World, size: int) -> Prepared:
    """Of a merge of named sources."""
    ids = [shown(contact) for contact in await world.contacts(size + 1)]
    request = read_merge_request({"primaryContactId": ids[0], "sourceContactIds": ids[1:]})
    return lambda: merge_preview(world.db, world.act, request)


async def undo(world: World, size: int) -> Prepared:
    """Of a whole merge, the pairs kept apart."""
    ids = await world.contacts(size + 1)
    done = await world.merge(ids[0], ids[1:])
    assert done.merge is not None
    request = UndoRequest(done.merge.id, None, keep_apart=True)
    return lambda: undo_merge(world.db, world.act, request)


async def undo_under_later_merges(world: World, size: int) -> Prepared:
    """Of the first of many merges into one survivor, which has been merged away itself."""
    ids = await world.contacts(size + 3)
    first = await world.merge(ids[0], ids[1:2])
    assert first.merge is not None
    for later in ids[3:]:
        await world.merge(ids[0], [later])
    await world.merge(ids[2], ids[:1])
    request = UndoRequest(first.merge.id, None, keep_apart=True)
    return lambda: undo_merge(world.db, world.act, request)


async def mark_apart(world: World, size: int) -> Prepared:
    """Every two of some contacts."""
    ids = [shown(contact) for contact in await world.contacts(size + 1)]
    return lambda: mark_distinct(world.db, world.act, ids, None)


async def unmark_apart(world: World, size: int) -> Prepared:
    """The same taken back."""
    ids = [shown(contact) for contact in await world.contacts(size + 1)]
    await mark_distinct(world.db, world.act, ids, None)
    return lambda: unmark_distinct(world.db, world.act, ids)


async def begin_conversation(world: World, size: int) -> Prepared:
    """Of an old id."""
    old = await _old_id(world, size)
    given = {"contactId": shown(old), "subject": "s", "idempotencyKey": "k"}
    return lambda: create_conversation(world.db, world.act, given)


async def speak(world: World, size: int) -> Prepared:
    """A message to a conversation of an old id."""
    made = await create_conversation(world.db, world.act, {"contactId": shown(await _old_id(world, size))})
    conversation = encode_id(CONVERSATION, made.thing.id)
    given = {"conversationId": conversation, "body": "b", "author": "CONTACT", "idempotencyKey": "k"}
    return lambda: add_message(world.db, world.act, given)


async def note_down(world: World, size: int) -> Prepared:
    """On an old id."""
    given = {"contactId": shown(await _old_id(world, size)), "body": "b", "idempotencyKey": "k"}
    return lambda: add_note(world.db, world.act, given)


async def hear(world: World, size: int) -> Prepared:
    """A call of an old id."""
    began = {"startedAt": world.act.now.isoformat(), "direction": "INBOUND"}
    given = {"contactId": shown(await _old_id(world, size)), **began, "idempotencyKey": "k"}
    return lambda: log_call(world.db, world.act, given)


async def _old_id(world: World, size: int) -> UUID:
    """A contact that was merged away, with that many notes of its own and of its survivor."""
    survivor, old = await world.contacts(2)
    await world.merge(survivor, [old])
    for number in range(size):
        for contact in (survivor, old):
            await add_note(world.db, world.act, {"contactId": shown(contact), "body": f"note {number}"})
    return old


async def settings(world: World, size: int) -> Prepared:
    """Rules for many fields."""
    fields = ["name", "company", "title", "email", "phone", "language", "timezone", "avatarUrl"][:size]
    raw = {"survivorship": [{"field": field, "rule": "MOST_RECENT"} for field in fields], "roleRule": "ANY"}
    return lambda: update_merge_settings(world.db, world.act, world.org_id, raw)
