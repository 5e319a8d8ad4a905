"""Acts on merges of conversations, as tests/db/acts.py has those on contacts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from resolvers.contacts.erase import erase_contact
from resolvers.conversations.merge_request import ThreadRequest, read_thread_request
from resolvers.conversations.merging import merge_conversations
from resolvers.conversations.writing import add_message, create_conversation
from resolvers.ids import CONVERSATION, encode_id
from resolvers.merging.undo import undo_merge
from resolvers.merging.undo_request import UndoRequest
from tests.db.acts import Prepared
from tests.db.world import World, shown


async def threads(world: World, size: int) -> list[str]:
    """Conversations of one contact, each with a message."""
    contact = await world.contact(name="Ann Lee")
    found = []
    for number in range(size + 1):
        made = await create_conversation(world.db, world.act, {"contactId": shown(contact), "subject": f"{number}"})
        found.append(encode_id(CONVERSATION, made.thing.id))
        given = {"conversationId": found[-1], "body": "b", "author": "CONTACT"}
        await add_message(world.db, world.act, given)
    return found


def _joining(ids: list[str], **more: Any) -> ThreadRequest:
    return read_thread_request({"primaryConversationId": ids[0], "sourceConversationIds": ids[1:], **more})


async def join_threads(world: World, size: int) -> Prepared:
    """A merge of conversations, with an idempotency key."""
    ids = await threads(world, size)
    return lambda: merge_conversations(world.db, world.act, _joining(ids, idempotencyKey="k"))


async def part_threads(world: World, size: int) -> Prepared:
    """Its undo."""
    done = await merge_conversations(world.db, world.act, _joining(await threads(world, size)))
    return lambda: undo_merge(world.db, world.act, UndoRequest(done.merge.id, None))


async def erase_with_threads(world: World, size: int) -> Prepared:
    """Of a contact into whose conversation others' were merged on purpose: they are parted first."""
    ids = await world.contacts(size + 1)
    conversations = await _one_each(world, ids)
    await merge_conversations(world.db, world.act, _joining(conversations, acrossContacts=True))
    return lambda: erase_contact(world.db, world.act, shown(ids[0]), None)


async def undo_with_threads(world: World, size: int) -> Prepared:
    """Of contacts whose conversations were merged meanwhile: they are parted with them."""
    ids = await world.contacts(size + 1)
    done = await world.merge(ids[0], ids[1:])
    assert done.merge is not None
    await merge_conversations(world.db, world.act, _joining(await _one_each(world, ids)))
    request = UndoRequest(done.merge.id, None, keep_apart=True)
    return lambda: undo_merge(world.db, world.act, request)


async def _one_each(world: World, contacts: Sequence[UUID]) -> list[str]:
    made = [await create_conversation(world.db, world.act, {"contactId": shown(one)}) for one in contacts]
    return [encode_id(CONVERSATION, one.thing.id) for one in made]
