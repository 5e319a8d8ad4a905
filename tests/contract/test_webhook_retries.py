"""Webhooks whose receiver fails: what is held back, tried again, given up, switched off, and forgotten."""

from datetime import timedelta

import pytest

from tests.contract.steps import refused
from tests.contract.test_webhooks import said
from tests.support.api import Api
from tests.support.deliveries import deliver, hook, read_hook, read_log
from tests.support.receiver import OK, receiving, status


@pytest.fixture
def api(private_api: Api) -> Api:
    """The receivers of these tests are on this machine."""
    return private_api


async def test_a_failing_event_holds_back_its_own_contact_alone(api: Api) -> None:
    """What concerns the same contact waits, in order; all else goes on; once it is taken, so is the rest."""
    a, b, c, d = [await api.contact() for _ in range(4)]
    async with receiving() as receiver:
        webhook, _ = await hook(api, receiver.url, "contact.merged", "contact.updated", "contact.erased")
        receiver.answer = lambda got: status(500) if a in str(got.body) else OK
        await api.merge(a, b)
        await api.done("updateContact", "contact { id }", id=a, name="x")
        await api.merge(c, d)
        await api.done("deleteContact", "deletedContactIds", id=a)
        await deliver(api)
        assert [one.json["number"] for one in receiver.got] == [1, 3]
        log = await read_log(api, webhook)
        assert [one["status"] for one in log] == ["PENDING", "PENDING", "DELIVERED", "PENDING"]
        assert (log[0]["attempt"], log[0]["responseStatus"]) == (1, 500)
        assert log[0]["error"] == "The receiver answered 500."
        await deliver(api)
        assert len(receiver.got) == 2, "it is not tried again before its time"
        receiver.answer = lambda _: OK
        api.clock.advance(seconds=6)
        await deliver(api)
    assert [one.json["number"] for one in receiver.got] == [1, 3, 1, 2, 4]
    assert receiver.got[0].event == receiver.got[2].event, "the same id at every attempt"
    assert receiver.got[0].headers["webhook-timestamp"] < receiver.got[2].headers["webhook-timestamp"]


async def test_a_receiver_that_was_down_gets_everything_in_order(api: Api) -> None:
    """An hour of failures, then every event once, each contact's in order; and while it is down, one try at a time."""
    contacts = [await api.contact() for _ in range(12)]
    async with receiving() as receiver:
        webhook, _ = await hook(api, receiver.url, "contact.updated")
        receiver.answer = lambda _: status(503)
        for name in ("first", "second", "third"):
            for contact in contacts:
                await api.done("updateContact", "contact { id }", id=contact, name=name)
        tried = []
        for _ in range(30):
            await deliver(api)
            tried.append(len(receiver.got))
            api.clock.advance(minutes=2)
        assert (await read_hook(api, webhook))["failingSince"] is not None
        assert tried[-1] - tried[-6] <= 5, "one at a time"
        receiver.got.clear()
        receiver.answer = lambda _: OK
        api.clock.advance(minutes=5)
        await deliver(api)
    assert len(receiver.got) == 36
    for contact in contacts:
        numbers = [one.json["number"] for one in receiver.got if one.json["data"]["contactId"] == contact]
        assert numbers == sorted(numbers)
        assert len(numbers) == 3
    assert (await read_hook(api, webhook))["failingSince"] is None


async def test_after_long_failure_a_delivery_is_dead_and_the_webhook_off(api: Api) -> None:
    """It says so; switched on again, what came since is delivered, and redeliverWebhook sends the dead one."""
    async with receiving() as receiver:
        webhook, _ = await hook(api, receiver.url, "contact.created")
        receiver.answer = lambda _: status(500)
        await api.contact()
        for _ in range(2):
            await deliver(api)
            api.clock.advance(hours=73)
        (dead,) = await read_log(api, webhook)
        assert (dead["status"], dead["nextAt"]) == ("DEAD", None)
        found = await read_hook(api, webhook)
        assert not found["active"]
        assert found["inactiveReason"].startswith("Nothing was delivered since 2026-06-01 12:00 UTC.")
        assert await refused(api, "redeliverWebhook", deliveryId=dead["id"]) == [
            ("BAD_USER_INPUT", ["deliveryId"], None)
        ]
        await api.contact()
        receiver.got.clear()
        receiver.answer = lambda _: OK
        await deliver(api)
        assert receiver.got == []
        await api.done("updateWebhook", "webhook { active }", id=webhook, active=True)
        await deliver(api)
        assert [one.json["number"] for one in receiver.got] == [2]
        again = await api.done("redeliverWebhook", "delivery { id status }", deliveryId=dead["id"])
        assert again["delivery"] == {"id": dead["id"], "status": "PENDING"}
        await deliver(api)
    assert [one.json["number"] for one in receiver.got] == [2, 1]
    assert [one["status"] for one in await read_log(api, webhook)] == ["DELIVERED", "DELIVERED"]


async def test_gone_is_taken_at_its_word(api: Api) -> None:
    """410 switches the webhook off at once."""
    async with receiving() as receiver:
        webhook, _ = await hook(api, receiver.url, "contact.created")
        receiver.answer = lambda _: status(410)
        await api.contact()
        await deliver(api)
    found = await read_hook(api, webhook)
    assert (found["active"], found["inactiveReason"]) == (False, "The receiver answered 410 Gone.")


async def test_old_events_are_forgotten_and_those_on_their_way_kept(api: Api) -> None:
    """After event_days, with the log of what was delivered; what is still to be delivered stays."""
    async with receiving() as receiver:
        webhook, _ = await hook(api, receiver.url, "contact.created")
        await api.contact()
        await deliver(api)
        receiver.answer = lambda _: status(500)
        second = await api.contact()
        await deliver(api, give_up=timedelta(days=90))
        (old, waiting) = await read_log(api, webhook)
        api.clock.advance(days=31)
        receiver.answer = lambda _: OK
        await api.done("updateWebhook", "webhook { id }", id=webhook, active=False)
        await deliver(api)
        assert [one["id"] for one in await read_log(api, webhook)] == [waiting["id"]]
        await api.done("updateWebhook", "webhook { id }", id=webhook, active=True)
        await deliver(api)
        assert said(receiver.got)[-1] == ("contact.created", {"contactId": second})
        assert await refused(api, "redeliverWebhook", deliveryId=old["id"]) == [("NOT_FOUND", ["deliveryId"], None)]
