"""Channels: given, united by merges, taken off, parted again by an undo; and what is refused of all that hangs."""

from typing import Any

import pytest

from tests.contract.steps import errors_of, get, neighbour, refused, unchanged, unknown_id
from tests.contract.test_segments import HANGING, enter
from tests.contract.test_undo import merge_of, undo
from tests.support.api import Api

FIELDS = """id type userId avatar name username email phone country agent ip language platformData link createdAt
    updatedAt contactId"""
EVERYTHING = {
    "type": "WHATSAPP",
    "userId": "wa-1",
    "avatar": "https://pictures.example/1.png",
    "name": "Ann",
    "username": "Ann.Lee",
    "email": "Ann@Lee.example",
    "phone": "030 123456",
    "country": "de",
    "agent": "Mozilla/5.0",
    "ip": "2001:DB8::1",
    "language": "pt-BR",
    "platformData": {"tier": [1, {"a": None}]},
    "link": "https://wa.me/4930123456",
}


async def add(api: Api, contact: str, **values: Any) -> str:
    """The id of a new channel."""
    payload = await api.done("addChannel", "channel { id } landedOn", contactId=contact, channel=values)
    return str(payload["channel"]["id"])


async def reached(api: Api, contact: str) -> list[tuple[str | None, str]]:
    """(address, contact it was given to) of each channel."""
    return [(row["email"], row["contactId"]) for row in (await get(api, contact, HANGING))["channels"]]


async def test_v5_channels_with_all_fields(api: Api) -> None:
    """V5: every field of Invent's, in its normal form; `node` finds it; no identifier of the contact comes of it."""
    a = await api.contact(name="A", channels=[EVERYTHING, {"type": "WEB_CHAT"}, {"type": "WEB_CHAT"}])
    found = await get(api, a, f"channels {{ {FIELDS} }} identifiers {{ id }} email phone")
    assert (found["identifiers"], found["email"], found["phone"]) == ([], None, None)
    first, *anonymous = found["channels"]
    assert [row["type"] for row in anonymous] == ["WEB_CHAT"] * 2, "without an id of any kind none equals another"
    at = api.clock.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    normal = {"phone": "+4930123456", "country": "DE", "ip": "2001:db8::1", "contactId": a}
    assert first == {**EVERYTHING, **normal, "id": first["id"], "createdAt": at, "updatedAt": at}
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Channel {{ {FIELDS} }} }} }}"
    assert (await api.ask(query, id=first["id"]))["node"] == first


async def test_v5_a_merge_unites_channels(api: Api) -> None:
    """Equal ones once, the primary's before the oldest; undo parts them again."""
    b = await api.contact(name="B", channels=[{"type": "EMAIL", "email": "Ann@Lee.example"}])
    api.clock.advance(minutes=1)
    a = await api.contact(
        channels=[{"type": "EMAIL", "email": "ann@lee.EXAMPLE"}, {"type": "SMS", "phone": "+4930111"}]
    )
    api.clock.advance(minutes=1)
    c = await api.contact(
        channels=[
            {"type": "SMS", "email": "ann@lee.example"},
            {"type": "EMAIL", "userId": "u1", "email": "ann@lee.example"},
            {"type": "TELEGRAM", "username": "ANN"},
        ]
    )
    d = await api.contact(channels=[{"type": "TELEGRAM", "username": " ann "}])
    before = [await get(api, contact, HANGING) for contact in (a, b, c, d)]
    merge = await merge_of(api, a, b, c, d)
    found = (await get(api, a, HANGING))["channels"]
    assert [row["contactId"] for row in found] == [a, a, c, c, c], "Telegram's as the oldest has it"
    told = {row["field"]: row for row in (await get(api, a, HANGING))["provenance"]}["channels"]
    assert told["rule"] == "UNION"
    assert told["value"][-1] == {"type": "TELEGRAM", "username": "ANN"}
    await undo(api, merge)
    assert [await get(api, contact, HANGING) for contact in (a, b, c, d)] == before


async def test_channels_by_every_way_in(api: Api) -> None:
    """upsertContact adds what is not there; importContacts takes them along."""
    mail, more = {"type": "EMAIL", "email": "a@x.test"}, {"type": "EMAIL", "email": "b@x.test"}
    by = {"kind": "EMAIL", "value": "who@x.test"}
    made = await api.done("upsertContact", "created contact { id }", by=by, contact={"channels": [mail]})
    a = made["contact"]["id"]
    version = (await get(api, a, "updatedAt"))["updatedAt"]
    api.clock.advance(minutes=1)
    for channels in ([mail], [{"type": "EMAIL", "email": "A@X.TEST"}]):
        again = await api.done("upsertContact", "created", by=by, contact={"channels": channels})
        assert again["created"] is False
        assert (await get(api, a, "updatedAt"))["updatedAt"] == version, "nothing new"
    await api.done("upsertContact", "created", by=by, contact={"channels": [mail, more]})
    assert await reached(api, a) == [("a@x.test", a), ("b@x.test", a)]
    assert (await get(api, a, "updatedAt"))["updatedAt"] != version
    rows = [{"channels": [mail]}, {"channels": [mail, mail]}]
    payload = await api.done("importContacts", "results { contact { id } userErrors { field } }", contacts=rows)
    good, bad = payload["results"]
    assert await reached(api, good["contact"]["id"]) == [("a@x.test", good["contact"]["id"])]
    assert bad["userErrors"] == [{"field": ["channels", "1"]}]


async def test_a_late_channel_keeps_the_id_it_was_sent_to(api: Api) -> None:
    """It shows on the survivor, the payload says so, an equal one of the tree is refused; it goes back with its id."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    merge = await merge_of(api, a, b)
    given = {"contactId": b, "channel": {"type": "EMAIL", "email": "late@x.test"}}
    payload = await api.done("addChannel", "channel { id contactId } landedOn", **given)
    assert (payload["channel"]["contactId"], payload["landedOn"]) == (b, a)
    async with unchanged(api):
        (error,) = await api.refused("addChannel", **{**given, "contactId": a})
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", ["channel", "email"])
    assert payload["channel"]["id"] in error["message"], "it names the channel"
    changed = await api.done("updateChannel", "channel { name } landedOn", id=payload["channel"]["id"], name="Late")
    assert (changed["channel"]["name"], changed["landedOn"]) == ("Late", a)
    await undo(api, merge)
    assert (await reached(api, a), await reached(api, b)) == ([], [("late@x.test", b)])


@pytest.mark.parametrize("by", ["removal", "change"])
async def test_a_channel_taken_off_through_the_survivor_comes_back(api: Api, by: str) -> None:
    """Removed, or made another one: gone from the whole tree, and back with the source after the undo."""
    mail = {"type": "EMAIL", "email": "both@x.test"}
    a, b = await api.contact(channels=[mail]), await api.contact(channels=[mail])
    before = await get(api, b, HANGING)
    merge = await merge_of(api, a, b)
    shown = (await get(api, a, HANGING))["channels"]
    assert [row["contactId"] for row in shown] == [a]
    if by == "removal":
        assert (await api.done("removeChannel", "removedId", id=shown[0]["id"]))["removedId"] == shown[0]["id"]
    else:
        await api.done("updateChannel", "channel { id }", id=shown[0]["id"], email="new@x.test")
    left = [] if by == "removal" else [("new@x.test", a)]
    assert await reached(api, a) == left
    await undo(api, merge)
    assert await reached(api, a) == left
    assert await get(api, b, HANGING) == before


async def test_a_channel_given_again(api: Api) -> None:
    """One that was taken off comes back under its id, with what is said of it now."""
    a = await api.contact()
    channel = await add(api, a, type="SMS", phone="+4930123456", name="old")
    await api.done("removeChannel", "removedId", id=channel)
    assert await refused(api, "removeChannel", id=channel) == [("NOT_FOUND", ["id"], None)]
    query = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await api.ask(query, id=channel))["node"] is None
    assert await add(api, a, type="SMS", phone="+49 30 123456") == channel
    assert [row["id"] for row in (await get(api, a, HANGING))["channels"]] == [channel]


async def test_changes_of_a_channel(api: Api) -> None:
    """Left out stays, null clears, the moment moves; what changes nothing moves nothing."""
    a = await api.contact(channels=[EVERYTHING])
    (before,) = (await get(api, a, f"channels {{ {FIELDS} }}"))["channels"]
    api.clock.advance(minutes=1)
    same = await api.done("updateChannel", f"channel {{ {FIELDS} }}", id=before["id"], name="Ann", phone="030123456")
    assert same["channel"] == before
    given = {"name": None, "platformData": None, "type": "OTHER", "userId": None, "email": None}
    changed = (await api.done("updateChannel", f"channel {{ {FIELDS} }}", id=before["id"], **given))["channel"]
    assert changed == {**before, **given, "platformData": {}, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > before["updatedAt"]
    other = await add(api, a, type="OTHER", phone="+4930999")
    answer = await refused(api, "updateChannel", id=other, phone="+4930123456")
    assert answer == [("BAD_USER_INPUT", ["phone"], None)]


async def test_bad_channels_inboxes_and_segments(api: Api) -> None:
    """Unknown, foreign, malformed, too long, too many: each with its code and field; nothing is written."""
    a, gone = await api.contact(), unknown_id(api)
    own = await add(api, a, type="EMAIL", email="own@x.test")
    other = await neighbour(api)
    stranger = await other.contact()
    theirs, their_inbox = await add(other, stranger, type="EMAIL", email="e@x.test"), await enter(other, stranger, "s")
    bad, missing = "BAD_USER_INPUT", "NOT_FOUND"
    web = {"name": "Web"}
    long = {"type": "OTHER", "agent": "a" * 1_001}
    many = [{"type": "OTHER", "userId": str(number)} for number in range(51)]
    cases: list[tuple[str, dict[str, Any], str, list[str], str | None]] = [
        ("addChannel", {"contactId": gone, "channel": {"type": "SMS"}}, missing, ["contactId"], gone),
        ("addChannel", {"contactId": stranger, "channel": {"type": "SMS"}}, missing, ["contactId"], stranger),
        ("addChannel", {"contactId": "x", "channel": {"type": "SMS"}}, bad, ["contactId"], None),
        ("addChannel", {"contactId": a, "channel": long}, bad, ["channel", "agent"], None),
        ("createContact", {"channels": many}, bad, ["channels"], None),
        ("createContact", {"channels": [{"type": "SMS", "phone": "x"}]}, bad, ["channels", "0", "phone"], None),
        ("createContact", {"channels": [many[0], many[0]]}, bad, ["channels", "1"], None),
        ("updateChannel", {"id": theirs, "name": "x"}, missing, ["id"], None),
        ("updateChannel", {"id": a, "name": "x"}, bad, ["id"], None),
        ("updateChannel", {"id": own, "type": None}, bad, ["type"], None),
        ("updateChannel", {"id": own, "email": "nonsense"}, bad, ["email"], None),
        ("removeChannel", {"id": theirs}, missing, ["id"], None),
        ("removeChannel", {"id": "x"}, bad, ["id"], None),
        ("addInbox", {"contactId": gone, "sourceId": "s", "inbox": web}, missing, ["contactId"], gone),
        ("addInbox", {"contactId": a, "sourceId": " ", "inbox": web}, bad, ["sourceId"], None),
        ("addInbox", {"contactId": a, "sourceId": "s", "inbox": {"name": ""}}, bad, ["inbox", "name"], None),
        (
            "addInbox",
            {"contactId": a, "sourceId": "s", "inbox": {"name": "\ufdfa" * 255}},
            bad,
            ["inbox", "name"],
            None,
        ),
        ("removeInbox", {"contactId": a, "inboxId": their_inbox, "sourceId": "s"}, missing, ["inboxId"], None),
        ("removeInbox", {"contactId": a, "inboxId": "x", "sourceId": "s"}, bad, ["inboxId"], None),
        ("createConversation", {"contactId": a, "inboxId": their_inbox}, missing, ["inboxId"], None),
        ("createConversation", {"contactId": a, "inboxId": a}, bad, ["inboxId"], None),
        ("setSegments", {"contactId": gone, "names": []}, missing, ["contactId"], gone),
        ("setSegments", {"contactId": a, "names": ["n"] * 101}, bad, ["names"], None),
        ("setSegments", {"contactId": a, "names": ["n", " "]}, bad, ["names", "1"], None),
        ("setSegments", {"contactId": a, "names": ["\ufdfa" * 100]}, bad, ["names", "0"], None),
        ("setSegments", {"contactId": a, "names": ["n" * 101]}, bad, ["names", "0"], None),
    ]
    wrong = {
        "link": "javascript:alert(1)",
        "country": "Germany",
        "email": "nonsense",
        "phone": "12",
        "ip": "300.1.1.1",
        "platformData": [1],
        "userId": "u" * 256,
        "language": "l" * 36,
    }
    cases += [
        ("addChannel", {"contactId": a, "channel": {"type": "OTHER", name: value}}, bad, ["channel", name], None)
        for name, value in wrong.items()
    ]
    async with unchanged(api):
        for name, given, code, field, contact in cases:
            assert await errors_of(api, name, **given) == [(code, field, contact)], (name, given)
    answer = await api.send('{ contacts(filter: {segmentId: "x"}) { totalCount } }')
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    query = "query ($id: ID!) { node(id: $id) { id } }"
    for nobody in (theirs, their_inbox):
        assert (await api.ask(query, id=nobody))["node"] is None
