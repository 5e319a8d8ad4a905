"""Webhooks: made, changed, signed, delivered in order, tried again, given up, switched off, sent once more."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from resolvers.access import ALL_SCOPES, Scope
from resolvers.events.signing import signed_headers
from resolvers.events.webhooks import MAXIMUM_WEBHOOKS, TOPICS
from resolvers.ids import DELIVERY, ORGANIZATION, WEBHOOK, encode_id
from tests.contract.steps import get, neighbour, refused, with_key
from tests.contract.test_conversation_merges import join
from tests.contract.test_history import converse
from tests.contract.test_undo import undo
from tests.support.api import Api
from tests.support.deliveries import deliver, hook, read_log
from tests.support.receiver import Received, receiving


@pytest.fixture
def api(private_api: Api) -> Api:
    """The receivers of these tests are on this machine."""
    return private_api


def said(got: list[Received]) -> list[tuple[str, dict[str, Any]]]:
    """(topic, data) of each request."""
    return [(one.json["type"], one.json["data"]) for one in got]


async def test_a_merge_tells_every_old_id_signed(api: Api) -> None:
    """I6: at any depth, so that whoever stores ids replaces each of them; a second delivery does not repeat it."""
    a, b, c = [await api.contact() for _ in range(3)]
    async with receiving() as receiver:
        webhook, secret = await hook(api, receiver.url, "contact.merged")
        await api.merge(b, c)
        merge = (await api.merge(a, b))["merge"]["id"]
        for _ in range(2):
            await deliver(api)
        first, second = receiver.got
    assert second.json["data"] == {"mergeId": merge, "contactId": a, "mergedContactIds": [b, c]}
    assert (first.json["number"], second.json["number"]) == (1, 2)
    assert second.json["organizationId"] == api.org
    assert second.json["timestamp"] == api.clock().isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert second.headers["content-type"] == "application/json"
    log = await read_log(api, webhook)
    assert [(one["eventId"], one["topic"], one["status"], one["attempt"], one["responseStatus"]) for one in log] == [
        (one.event, "contact.merged", "DELIVERED", 1, 204) for one in (first, second)
    ]
    assert [one["error"] for one in log] == [None, None]
    assert secret.startswith("whsec_")


async def test_signatures_are_those_of_the_specification(api: Api) -> None:
    """The reference library takes them by this webhook's secret and no other, and only as they were sent."""
    api.clock.now = datetime.now(UTC)  # a receiver refuses what was signed five minutes ago
    async with receiving() as receiver:
        _, secret = await hook(api, receiver.url, "contact.created")
        _, other = await hook(api, f"{receiver.url}/other", "contact.erased")
        await api.contact()
        await deliver(api)
        (got,) = receiver.got
    assert got.verified_by(secret)
    assert not got.verified_by(other)
    assert not replace(got, body=got.body.replace(b"contact.created", b"contact.deleted")).verified_by(secret)


def test_the_signature_of_the_published_example() -> None:
    """The test vector of the specification's reference libraries."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), body, [secret])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_every_topic_is_told(api: Api) -> None:
    """Made, imported, changed, merged, parted, erased, and the same of conversations; ids and nothing else."""
    async with receiving() as receiver:
        await hook(api, receiver.url)
        a = await api.contact(name="Very Private", email="private@person.example")
        rows = [{"name": "Private too"}, {"email": "no address"}]
        imported = await api.done("importContacts", "results { contact { id } }", contacts=rows)
        b = imported["results"][0]["contact"]["id"]
        by = {"kind": "EMAIL", "value": "private@person.example"}
        await api.done("upsertContact", "contact { id }", by=by, contact={"company": "Private Ltd"})
        by = {"kind": "EMAIL", "value": "new@person.example"}
        upserted = await api.done("upsertContact", "contact { id }", by=by, contact={})
        c = upserted["contact"]["id"]
        await api.done("setLabels", "contact { id }", contactId=c, names=["vip"])
        merge = (await api.merge(a, b))["merge"]["id"]
        await undo(api, merge)
        thread, other = [await converse(api, a) for _ in range(2)]
        join_id = (await join(api, thread, other))["merge"]["id"]
        await undo(api, join_id)
        await api.done("deleteContact", "deletedContactIds", id=c)
        await deliver(api)
    merged, restored = {"mergedContactIds": [b]}, [{"contactId": b, "mergedContactIds": []}]
    assert sorted(said(receiver.got), key=str) == sorted(
        [
            ("contact.created", {"contactId": a}),
            ("contact.created", {"contactId": b}),
            ("contact.updated", {"contactId": a}),
            ("contact.created", {"contactId": c}),
            ("contact.updated", {"contactId": c}),
            ("contact.merged", {"mergeId": merge, "contactId": a, **merged}),
            ("contact.merge_undone", {"mergeId": merge, "contactId": a, "restored": restored}),
            ("conversation.merged", {"mergeId": join_id, "conversationId": thread, "mergedConversationIds": [other]}),
            (
                "conversation.merge_undone",
                {"mergeId": join_id, "restored": [{"conversationId": other, "mergedConversationIds": []}]},
            ),
            ("contact.erased", {"contactId": c, "erasedContactIds": [c]}),
        ],
        key=str,
    )
    assert sorted(one.json["number"] for one in receiver.got) == list(range(1, 11)), "without gaps"
    assert "private" not in str([one.body for one in receiver.got]).lower()


async def test_duplicates_are_told(api: Api) -> None:
    """When a contact is created or changed in what matching sees, and there is somebody; never to a neighbour."""
    ann, stranger = await api.contact(name="Ann Lee", email="ann@lee.example"), await neighbour(api)
    async with receiving() as receiver:
        await hook(api, receiver.url, "duplicates.found")
        await hook(stranger, receiver.url, "duplicates.found")
        await api.contact(name="Bob Ray", email="bob@ray.example")
        rows = [{"email": "ann@lee.example"}, {"name": "Ann Lee", "email": "other@lee.example"}, {"name": "Zoe Quist"}]
        imported = await api.done("importContacts", "results { contact { id } }", contacts=rows)
        lead, namesake, _ = [one["contact"]["id"] for one in imported["results"]]
        await api.done("setLabels", "contact { id }", contactId=lead, names=["vip"])
        await deliver(api)
        (found,) = said(receiver.got)
        assert found == ("duplicates.found", {"contactId": lead, "autoMergeContactIds": [ann], "reviewContactIds": []})
        channel = {"type": "WHATSAPP", "userId": "4915112345670"}
        await api.done("addChannel", "channel { id }", contactId=namesake, channel=channel)
        await api.done("addIdentifier", "contact { id }", contactId=namesake, identifier=_ADDRESS)
        await deliver(api)
        topic, data = said(receiver.got)[-1]
    assert (len(receiver.got), topic, data["contactId"]) == (2, "duplicates.found", namesake)
    assert ann in data["autoMergeContactIds"] + data["reviewContactIds"]
    assert await duplicates_of(api, namesake) == data["autoMergeContactIds"] + data["reviewContactIds"]


_ADDRESS = {"kind": "EMAIL", "value": "ann@lee.example"}


async def duplicates_of(api: Api, contact: str) -> list[str]:
    """As the API says, those that would be merged before the others."""
    found = (await get(api, contact, "duplicates { decision contact { id } }"))["duplicates"]
    return [one["contact"]["id"] for one in sorted(found, key=lambda one: str(one["decision"]))]


async def test_what_nobody_asked_for_is_not_written(api: Api) -> None:
    """contact.created and contact.updated go to webhooks alone; another organisation's webhook gets neither."""
    other = await neighbour(api)
    async with receiving() as receiver:
        await hook(other, receiver.url)
        contact = await api.contact()
        await api.done("updateContact", "contact { id }", id=contact, name="x")
        webhook, _ = await hook(api, receiver.url)
        await api.contact()
        await deliver(api)
    assert [one["number"] for one in await read_log(api, webhook)] == [1]
    assert len(receiver.got) == 1
    assert await read_log(other, (await other.ask("{ webhooks { id } }"))["webhooks"][0]["id"]) == []


async def test_a_rotated_secret_goes_with_the_old_one_for_a_day(api: Api) -> None:
    """Both verify meanwhile; afterwards the new one alone. A secret is shown when it is made alone."""
    api.clock.now = datetime.now(UTC)
    async with receiving() as receiver:
        webhook, old = await hook(api, receiver.url, "contact.created")
        made = await api.done("rotateWebhookSecret", "webhook { id } secret", id=webhook)
        await api.contact()
        await deliver(api)
        (got,) = receiver.got
        assert made["secret"] != old
        assert [got.verified_by(secret) for secret in (old, made["secret"])] == [True, True]
        api.clock.advance(hours=24)
        await api.contact()
        await deliver(api)
    later = receiver.got[1]
    assert len(later.headers["webhook-signature"].split()) == 1


async def test_a_webhook_is_changed_and_deleted(api: Api) -> None:
    """Another URL and other topics hold from the next delivery on; a deleted one gets nothing more."""
    async with receiving() as receiver:
        webhook, _ = await hook(api, receiver.url, "contact.created")
        change = {"url": f"{receiver.url}/new", "topics": ["contact.erased", "contact.created", "contact.erased"]}
        changed = await api.done("updateWebhook", "webhook { id url topics active }", id=webhook, **change)
        assert changed["webhook"] == {
            "id": webhook,
            "url": f"{receiver.url}/new",
            "topics": ["contact.erased", "contact.created"],
            "active": True,
        }
        await api.contact()
        await deliver(api)
        off = await api.done("updateWebhook", "webhook { active inactiveReason }", id=webhook, active=False)
        assert off["webhook"] == {"active": False, "inactiveReason": "It was switched off by updateWebhook."}
        await api.contact()
        await deliver(api)
        await api.done("updateWebhook", "webhook { active inactiveReason }", id=webhook, active=True)
        await deliver(api)
        await api.done("deleteWebhook", "webhook { id }", id=webhook)
        await api.contact()
        await deliver(api)
    assert [(one.path, one.json["number"]) for one in receiver.got] == [("/hook/new", 1), ("/hook/new", 2)]
    assert await api.ask("query ($id: ID!) { webhook(id: $id) { id } webhooks { id } }", id=webhook) == {
        "webhook": None,
        "webhooks": [],
    }


async def test_the_log_is_paged_and_filtered(api: Api) -> None:
    """Newest first, by its cursors; node finds webhooks and deliveries."""
    async with receiving() as receiver:
        webhook, _ = await hook(api, receiver.url, "contact.created")
        for _ in range(5):
            await api.contact()
        await deliver(api)
        query = """query ($id: ID!, $after: String, $status: DeliveryStatus) {
            webhookDeliveries(webhookId: $id, first: 2, after: $after, status: $status) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id number } } }"""
        numbers, after = [], None
        while True:
            page = (await api.ask(query, id=webhook, after=after))["webhookDeliveries"]
            numbers += [one["number"] for one in page["nodes"]]
            assert page["totalCount"] == 5
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert numbers == [5, 4, 3, 2, 1]
        assert (await api.ask(query, id=webhook, status="DEAD"))["webhookDeliveries"]["totalCount"] == 0
        node = "query ($id: ID!) { node(id: $id) { __typename id } }"
        for one in (webhook, page["nodes"][0]["id"]):
            assert (await api.ask(node, id=one))["node"]["id"] == one
        bad = await api.send(query, {"id": webhook, "after": "x"})
        assert bad["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_bad_input_is_refused_and_changes_nothing(api: Api) -> None:
    """Unknown topics, none, no URL, malformed and unknown ids, null for what cannot be null, and one too many."""
    webhook, _ = await hook(api, "https://hooks.example.com/")
    url, bad = "https://hooks.example.com/", "BAD_USER_INPUT"
    cases: list[tuple[str, dict[str, Any], str, list[str]]] = [
        ("createWebhook", {"url": url, "topics": []}, bad, ["topics"]),
        ("createWebhook", {"url": url, "topics": ["contact.merged", "all"]}, bad, ["topics", "1"]),
        ("createWebhook", {"url": "", "topics": TOPICS}, bad, ["url"]),
        ("createWebhook", {"url": "ftp://example.com/", "topics": TOPICS}, bad, ["url"]),
        ("createWebhook", {"url": url, "topics": TOPICS, "organizationId": "x"}, bad, ["organizationId"]),
        (
            "createWebhook",
            {"url": url, "topics": TOPICS, "organizationId": encode_id(ORGANIZATION, api.new_id())},
            "NOT_FOUND",
            ["organizationId"],
        ),
        ("updateWebhook", {"id": webhook, "url": None}, bad, ["url"]),
        ("updateWebhook", {"id": webhook, "active": None}, bad, ["active"]),
        ("updateWebhook", {"id": webhook, "topics": ["x"]}, bad, ["topics", "0"]),
    ]
    for name in ("updateWebhook", "deleteWebhook", "rotateWebhookSecret"):
        cases.append((name, {"id": "webhook_x"}, bad, ["id"]))
        cases.append((name, {"id": encode_id(WEBHOOK, api.new_id())}, "NOT_FOUND", ["id"]))
    cases.append(("redeliverWebhook", {"deliveryId": "x"}, bad, ["deliveryId"]))
    cases.append(("redeliverWebhook", {"deliveryId": encode_id(DELIVERY, api.new_id())}, "NOT_FOUND", ["deliveryId"]))
    for name, given, code, field in cases:
        assert await refused(api, name, **given) == [(code, field, None)], (name, given)
    for _ in range(MAXIMUM_WEBHOOKS - 1):
        await hook(api, url)
    assert await refused(api, "createWebhook", url=url, topics=TOPICS) == [(bad, None, None)]


async def test_webhooks_need_their_scope(api: Api) -> None:
    """contacts:read shows neither a webhook nor its log, not even through node."""
    webhook, _ = await hook(api, "https://hooks.example.com/")
    reader = await with_key(api, scopes=ALL_SCOPES - {Scope.WEBHOOKS})
    for query in (
        "{ webhooks { id } }",
        f'{{ webhook(id: "{webhook}") {{ id }} }}',
        f'{{ node(id: "{webhook}") {{ id }} }}',
        f'{{ webhookDeliveries(webhookId: "{webhook}") {{ totalCount }} }}',
    ):
        answer = await reader.send(query)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", query
