"""Delivering beside others: a receiver that never answers holds up nobody, two processes never send for one webhook."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from db.engine import Database
from db.webhook_leases import LeaseLost
from resolvers.events.delivering import DeliveryTerms, Moment, claim_webhooks, step
from tests.support.api import Api, open_api
from tests.support.deliveries import courier_of, hook, read_log
from tests.support.receiver import receiving


@pytest.fixture
async def api(db: Database, database_url: str) -> AsyncIterator[Api]:
    """Webhooks may lead to this machine."""
    opened = await open_api(db, database_url, webhook_allow_private=True)
    async with opened.http:
        yield opened


async def test_a_receiver_that_never_answers_holds_up_no_other(api: Api) -> None:
    """Another webhook's events arrive while every place of the first one is taken, without a time to wait for."""
    async with receiving() as silent, receiving() as quick, courier_of(api, seconds=600, at_once=2) as courier:
        silent.answer = lambda _: None
        await hook(api, silent.url, "contact.created")
        await hook(api, quick.url, "contact.created")
        task = asyncio.create_task(courier.run())
        for _ in range(30):
            await api.contact()
        assert sorted(one.json["number"] for one in await quick.until(30)) == list(range(1, 31))
        assert len(await silent.until(2)) == 2
        courier.stop()
        await task


async def test_news_come_to_a_courier_that_waits(api: Api) -> None:
    """By the notice of the commit; what happened before it began is found at its beginning."""
    async with receiving() as receiver, courier_of(api) as courier:
        await hook(api, receiver.url, "contact.created")
        await api.contact()
        task = asyncio.create_task(courier.run())
        await receiver.until(1)
        for number in range(2, 6):
            await api.contact()
            await receiver.until(number)
        courier.stop()
        await task
    assert [one.json["number"] for one in receiver.got] == [1, 2, 3, 4, 5]


async def test_several_couriers_send_each_event_once(api: Api, database_url: str) -> None:
    """Each with a database of its own, as processes have."""
    other = Api(api.http, Database(database_url), api.clock, api.token, api.org_id, api.new_id)
    async with receiving() as receiver, courier_of(api) as one, courier_of(other) as two:
        hooks = [(await hook(api, f"{receiver.url}/{n}", "contact.created"))[0] for n in range(3)]
        tasks = [asyncio.create_task(courier.run()) for courier in (one, two)]
        for _ in range(40):
            await api.contact()
            one._next_sweep = two._next_sweep = 0.0  # on SQLite nothing tells another process
        await receiver.until(120)
        for courier in (one, two):
            courier.stop()
        await asyncio.gather(*tasks)
        for webhook in hooks:
            assert {one["status"] for one in await read_log(api, webhook)} == {"DELIVERED"}
    await other.db.close()
    seen = [(got.path, got.event) for got in receiver.got]
    assert len(seen) == len(set(seen)) == 120


async def test_who_has_lost_the_lease_writes_nothing(api: Api) -> None:
    """It ran out and another process has it: the outcome of the first is not written over the second's."""
    webhook, _ = await hook(api, "http://127.0.0.1:9/", "contact.created")
    await api.contact()
    moment = Moment(api.clock(), api.new_id, lambda: 0.0, DeliveryTerms(lease=-1.0))
    (first,) = await claim_webhooks(api.db, [api.org_id], 10, -1.0)
    begun = await step(api.db, first, [], frozenset(), moment)
    assert len(begun.send) == 1
    (second,) = await claim_webhooks(api.db, [api.org_id], 10, 60.0)
    assert second.fence == first.fence + 1
    assert await claim_webhooks(api.db, [api.org_id], 10, 60.0) == [], "it is leased"
    with pytest.raises(LeaseLost):
        await step(api.db, first, [], frozenset(), moment)
    await api.done("deleteWebhook", "webhook { id }", id=webhook)
    with pytest.raises(LeaseLost):
        await step(api.db, second, [], frozenset(), moment)


async def test_stopping_gives_the_lease_back(api: Api) -> None:
    """What is in flight is cut short, is no attempt, and the next process sends it at once."""
    async with receiving() as receiver, courier_of(api, seconds=600) as courier:
        receiver.answer = lambda _: None
        webhook, _ = await hook(api, receiver.url, "contact.created")
        await api.contact()
        task = asyncio.create_task(courier.run())
        await receiver.until(1)
        courier.stop()
        await task
        (log,) = await read_log(api, webhook)
        assert (log["status"], log["attempt"]) == ("PENDING", 0)
        assert len(await claim_webhooks(api.db, [], 10, 60.0)) == 1
