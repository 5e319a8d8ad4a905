"""The outbox: an event for each act, in its transaction, numbered without gaps whatever commits when."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from db.engine import Database, Transaction
from db.outbox import EventRow, add_events
from resolvers.contacts.erase import erase_contact
from resolvers.conversations.merge_request import read_thread_request
from resolvers.conversations.merging import merge_conversations
from resolvers.conversations.writing import create_conversation
from resolvers.events.reading import newest, number_of, read_after
from resolvers.ids import CONTACT, CONVERSATION, MERGE, decode_id, encode_id
from resolvers.merging.undo import undo_merge
from resolvers.merging.undo_request import UndoRequest
from tests.db.world import World, open_world, shown


async def read_all(db: Database, org_id: UUID) -> list[EventRow]:
    """Every event, from the first one on."""
    found: list[EventRow] = []
    while page := await read_after(db, org_id, found[-1].number if found else 0):
        found += page
    return found


async def _read(world: World) -> list[tuple[str, dict[str, Any]]]:
    return [(event.topic, event.payload) for event in await read_all(world.db, world.org_id)]


async def test_a_merge_tells_every_old_id(world: World) -> None:
    """The sources in their order, then whatever had been merged into them before, at any depth."""
    a, b, c, d, e = await world.contacts(5)
    first = await world.merge(c, [e])
    second = await world.merge(b, [c])
    third = await world.merge(a, [d, b])
    assert first.merge
    assert second.merge
    assert third.merge
    assert await _read(world) == [
        ("contact.merged", _merged(first.merge.id, c, [e])),
        ("contact.merged", _merged(second.merge.id, b, [c, e])),
        ("contact.merged", _merged(third.merge.id, a, [d, b, c, e])),
    ]


def _merged(merge: UUID, primary: UUID, moved: list[UUID]) -> dict[str, Any]:
    return {
        "mergeId": encode_id(MERGE, merge),
        "contactId": shown(primary),
        "mergedContactIds": [shown(one) for one in moved],
    }


async def test_an_undo_tells_where_each_id_leads_again(world: World) -> None:
    """Also when the primary has been merged away since: the living contact that they were parted from is named."""
    a, b, c, d = await world.contacts(4)
    await world.merge(c, [d])
    merged = await world.merge(b, [c])
    await world.merge(a, [b])
    assert merged.merge
    await undo_merge(world.db, world.act, UndoRequest(merged.merge.id, None, keep_apart=False))
    topic, payload = (await _read(world))[-1]
    assert topic == "contact.merge_undone"
    assert payload == {
        "mergeId": encode_id(MERGE, merged.merge.id),
        "contactId": shown(a),
        "restored": [{"contactId": shown(c), "mergedContactIds": [shown(d)]}],
    }


async def test_an_erasure_tells_every_id_that_is_gone(world: World) -> None:
    """And nothing else: no event, of this act or an earlier one, holds anything of the person."""
    a = await world.contact(name="Very Private", email="private@person.example")
    b = await world.contact(name="Quite Private")
    await world.merge(a, [b], reason="private reason")
    await erase_contact(world.db, world.act, shown(a), "private wish")
    found = await _read(world)
    assert found[-1] == ("contact.erased", {"contactId": shown(a), "erasedContactIds": [shown(a), shown(b)]})
    assert "private" not in str(found).lower()


async def test_conversations_merged_and_parted(world: World) -> None:
    """Both with the conversations that lead to each."""
    contact = await world.contact(name="A")
    made = [await create_conversation(world.db, world.act, {"contactId": shown(contact)}) for _ in range(3)]
    a, b, c = [encode_id(CONVERSATION, one.thing.id) for one in made]
    for primary, source in ((b, c), (a, b)):
        request = read_thread_request({"primaryConversationId": primary, "sourceConversationIds": [source]})
        done = await merge_conversations(world.db, world.act, request)
    await undo_merge(world.db, world.act, UndoRequest(done.merge.id, None, keep_apart=False))
    found = await _read(world)
    merge = encode_id(MERGE, done.merge.id)
    assert found[1:] == [
        ("conversation.merged", {"mergeId": merge, "conversationId": a, "mergedConversationIds": [b, c]}),
        (
            "conversation.merge_undone",
            {"mergeId": merge, "restored": [{"conversationId": b, "mergedConversationIds": [c]}]},
        ),
    ]


async def test_an_act_that_is_refused_leaves_no_event(world: World) -> None:
    """It is rolled back with the rest of its transaction."""
    a, b = await world.contacts(2)

    async def fail(tx: Transaction) -> None:
        await add_events(tx, [_event(world)])
        raise ValueError

    with pytest.raises(ValueError):
        await world.db.write(fail)
    assert await _read(world) == []
    await world.merge(a, [b])
    assert [event.number for event in await read_all(world.db, world.org_id)] == [1]


def _event(world: World, **payload: Any) -> dict[str, Any]:
    made = {"org_id": world.org_id, "id": world.act.new_id(), "topic": "contact.merged"}
    return made | {"payload": payload, "created_at": world.act.now}


async def test_numbers_have_no_gap_and_are_ones_own(world: World) -> None:
    """1, 2, 3 in each organisation, for thousands of events too, however many number them at once."""
    other = await open_world(world.db)
    for owner, number in ((world, 2_300), (other, 3)):
        rows = [_event(owner, place=place) for place in range(number)]
        await world.db.write(lambda tx, rows=rows: add_events(tx, rows))  # type: ignore[misc]
    tops = await asyncio.gather(*(newest(world.db, org) for org in (world.org_id, other.org_id) * 5))
    assert tops == [2_300, 3] * 5
    found = await read_all(world.db, world.org_id)
    assert [(event.number, event.payload) for event in found] == [(n + 1, {"place": n}) for n in range(2_300)]


async def test_what_commits_late_is_not_skipped(postgres_world: World) -> None:
    """An event written first and committed last gets the later number: who has read on finds it all the same."""
    world = postgres_world
    written, may_commit = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        await add_events(tx, [_event(world, name="slow")])
        written.set()
        await may_commit.wait()

    task = asyncio.create_task(world.db.write(slow))
    await written.wait()
    await world.db.write(lambda tx: add_events(tx, [_event(world, name="quick")]))
    (quick,) = await read_after(world.db, world.org_id, 0)
    may_commit.set()
    await task
    (slow_one,) = await read_after(world.db, world.org_id, quick.number)
    assert (quick.payload, quick.number) == ({"name": "quick"}, 1)
    assert (slow_one.payload, slow_one.number) == ({"name": "slow"}, 2)


async def test_an_event_is_found_by_its_id(world: World) -> None:
    """In its own organisation alone."""
    a, b = await world.contacts(2)
    await world.merge(a, [b])
    (event,) = await read_all(world.db, world.org_id)
    assert await number_of(world.db, world.org_id, event.id) == 1
    assert await number_of(world.db, world.act.new_id(), event.id) is None
    assert await number_of(world.db, world.org_id, world.act.new_id()) is None
    assert decode_id(CONTACT, event.payload["contactId"]) == a
