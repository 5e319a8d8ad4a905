"""Segments and inboxes: given, united by merges, taken off, parted again by an undo; erasure takes them along."""

from typing import Any

from sqlalchemy import func, select

from db.tables import metadata
from tests.contract.steps import get, listed, refused
from tests.contract.test_undo import merge_of, undo
from tests.support.api import Api
from tests.support.statements import recorded

HANGING = """channels { id type userId email phone username contactId } segments { name }
    inboxes { sourceId contactId inbox { id name } } provenance { field value rule }"""


async def enter(api: Api, contact: str, source: str, **inbox: Any) -> str:
    """Gives a contact an address; the id of the inbox."""
    given = {"contactId": contact, "sourceId": source, "inbox": {"name": "Web", **inbox}}
    payload = await api.done("addInbox", "contact { inboxes { sourceId inbox { id } } }", **given)
    found = [row["inbox"]["id"] for row in payload["contact"]["inboxes"] if row["sourceId"] == source]
    return str(found[-1])


async def test_v6_segments_and_their_true_counts(api: Api) -> None:
    """V6: each living contact once, before and after a merge, an undo and an erasure; filtered by, found by node."""
    a, b, c = [await api.contact(name=name) for name in "ABC"]
    for contact, names in ((a, ["VIP", "Trial"]), (b, [" vip"]), (c, ["vip", "Lost"])):
        await api.done("setSegments", "contact { id }", contactId=contact, names=names)

    async def counts() -> dict[str, int]:
        found = (await api.ask("{ segments { name contactsCount } }"))["segments"]
        return {row["name"]: row["contactsCount"] for row in found}

    assert await counts() == {"Lost": 1, "Trial": 1, "VIP": 3}
    segments = (await api.ask("{ segments { id name color createdAt updatedAt } }"))["segments"]
    lost, _, vip = segments
    assert (vip["color"], vip["createdAt"]) == (None, vip["updatedAt"])
    query = "query ($id: ID!) { node(id: $id) { ... on Segment { id name color createdAt updatedAt } } }"
    assert (await api.ask(query, id=vip["id"]))["node"] == vip
    merge = await merge_of(api, a, b, c)
    assert await counts() == {"Lost": 1, "Trial": 1, "VIP": 1}
    assert [row["name"] for row in (await get(api, a, HANGING))["segments"]] == ["Lost", "Trial", "VIP"]
    assert await listed(api, filter={"segmentId": lost["id"]}) == [a]
    late = await api.done("setSegments", "contact { id } landedOn", contactId=c, names=["trial"])
    assert (late["contact"]["id"], late["landedOn"]) == (a, a)
    assert await counts() == {"Lost": 0, "Trial": 1, "VIP": 0}
    await undo(api, merge)
    assert await counts() == {"Lost": 1, "Trial": 1, "VIP": 2}, "what was taken off b and c through a is back"
    assert sorted(await listed(api, filter={"segmentId": vip["id"]})) == sorted([b, c])
    await api.done("deleteContact", "deletedContactIds", id=b)
    assert await counts() == {"Lost": 1, "Trial": 1, "VIP": 1}


async def test_c2_inboxes(api: Api) -> None:
    """C2: source id and inbox with all fields; one inbox under two source ids is two addresses; equal ones once."""
    more = {"channelId": "7", "avatarUrl": "https://x.test/a.png", "channelType": "Channel::Api", "provider": "p"}
    a, b = await api.contact(name="A"), await api.contact(name="B")
    web = await enter(api, a, "s1", **more)
    assert await enter(api, b, "s1", name=" WEB ", channelId="7") == web, "found by channel and name"
    assert await enter(api, b, "s2", channelId="7") == web
    assert await enter(api, b, "s1", channelId="8") != web
    fields = "inboxes { sourceId contactId inbox { id name avatarUrl channelId channelType provider } }"
    (found,) = (await get(api, a, fields))["inboxes"]
    inbox = {"id": web, "name": "Web", **more}
    assert found == {"sourceId": "s1", "contactId": a, "inbox": inbox}
    assert (await api.ask("{ inboxes { id name channelId } }"))["inboxes"][0] == {
        "id": web,
        "name": "Web",
        "channelId": "7",
    }
    query = "query ($id: ID!) { node(id: $id) { ... on Inbox { id name avatarUrl channelId channelType provider } } }"
    assert (await api.ask(query, id=web))["node"] == inbox
    before = [await get(api, contact, HANGING) for contact in (a, b)]
    merge = await merge_of(api, a, b)
    both = (await get(api, a, HANGING))["inboxes"]
    assert [(row["sourceId"], row["contactId"]) for row in both] == [("s1", a), ("s2", b), ("s1", b)]
    gone = {"contactId": b, "inboxId": web, "sourceId": "s1"}
    assert (await api.done("removeInbox", "landedOn", **gone))["landedOn"] == a
    assert await refused(api, "removeInbox", **gone) == [("NOT_FOUND", ["sourceId"], None)]
    assert len((await get(api, a, HANGING))["inboxes"]) == 2
    await enter(api, a, "s1", channelId="7")
    await undo(api, merge)
    assert [await get(api, contact, HANGING) for contact in (a, b)] == before


async def test_the_inbox_of_a_conversation(api: Api) -> None:
    """It stays with the conversation, whatever becomes of the contact's address."""
    a = await api.contact()
    web = await enter(api, a, "s1")
    given = {"contactId": a, "inboxId": web}
    made = await api.done("createConversation", "conversation { id inbox { id name } }", **given)
    assert made["conversation"]["inbox"] == {"id": web, "name": "Web"}
    await api.done("removeInbox", "contact { id }", contactId=a, inboxId=web, sourceId="s1")
    other = await api.done("createConversation", "conversation { inbox { id } }", contactId=a)
    assert other["conversation"]["inbox"] is None
    nodes = (await api.ask("{ conversations { nodes { inbox { name } } } }"))["conversations"]["nodes"]
    assert sorted(str(node["inbox"]) for node in nodes) == ["None", "{'name': 'Web'}"]


async def test_the_preview_tells_what_comes_along(api: Api) -> None:
    """Segments, channels and inboxes are counted and shown as the merge would leave them."""
    mail = {"type": "EMAIL", "email": "both@x.test"}
    a, b = await api.contact(channels=[mail]), await api.contact(channels=[mail, {"type": "WEB_CHAT"}])
    await api.done("setSegments", "contact { id }", contactId=a, names=["one"])
    await api.done("setSegments", "contact { id }", contactId=b, names=["two"])
    await enter(api, b, "s1")
    query = """query ($input: MergeContactsInput!) { mergePreview(input: $input) {
        merged { segments { name } } counts { segments channels inboxes } fields { field value } } }"""
    given = {"primaryContactId": a, "sourceContactIds": [b]}
    found = (await api.ask(query, input=given))["mergePreview"]
    assert found["merged"]["segments"] == [{"name": "one"}, {"name": "two"}]
    assert found["counts"] == {"segments": 1, "channels": 2, "inboxes": 1}
    await api.merge(a, b)
    told = (await get(api, a, "provenance { field value }"))["provenance"]
    for name in ("segments", "channels", "inboxes"):
        assert [row for row in found["fields"] if row["field"] == name] == [r for r in told if r["field"] == name]


async def test_erasure_takes_them_along(api: Api) -> None:
    """Of every contact of the tree, what was taken off too; the organisation's inboxes and segments stay."""
    a, b = [await api.contact(channels=[{"type": "EMAIL", "email": "e@x.test"}]) for _ in range(2)]
    await api.merge(a, b)
    given = {"contactId": b, "channel": {"type": "SMS", "phone": "+4930123456"}}
    gone = (await api.done("addChannel", "channel { id }", **given))["channel"]["id"]
    await api.done("removeChannel", "removedId", id=gone)
    (channel,) = (await get(api, a, HANGING))["channels"]
    inbox = await enter(api, b, "s1")
    await api.done("setSegments", "contact { id }", contactId=a, names=["vip"])
    await api.done("deleteContact", "deletedContactIds", id=a)
    assert await refused(api, "updateChannel", id=channel["id"], name="x") == [("NOT_FOUND", ["id"], None)]
    assert await refused(api, "addInbox", contactId=b, sourceId="s", inbox={"name": "Web"}) == [
        ("NOT_FOUND", ["contactId"], b)
    ]
    left = await api.ask("{ inboxes { id } segments { name contactsCount } }")
    assert left == {"inboxes": [{"id": inbox}], "segments": [{"name": "vip", "contactsCount": 0}]}
    for table in ("channel", "contact_inbox", "contact_segment"):
        assert await _rows(api, table) == 0


async def _rows(api: Api, table: str) -> int:
    counted = await api.db.read(lambda tx: tx.row(select(func.count()).select_from(metadata.tables[table])))
    assert counted is not None
    return int(counted[0])


async def test_a_page_with_all_of_them_runs_a_fixed_number_of_statements(api: Api) -> None:
    """However many contacts there are, and however much hangs on each."""
    query = """{ contacts { nodes { channels { id } inboxes { inbox { id } } segments { contactsCount }
        memories { facts { key } summaries { text } recentMessages(first: 3) { text } }
        conversations { nodes { inbox { id } } } } } }"""
    numbers = []
    for number in (1, 5):
        for index in range(number):
            a, b = [await api.contact(channels=[{"type": "OTHER"}] * number) for _ in range(2)]
            inbox = await enter(api, b, f"s{index}", name=f"Web {index}")
            await api.done("createConversation", "conversation { id }", contactId=b, inboxId=inbox)
            await api.done("setSegments", "contact { id }", contactId=a, names=[f"s{index}", "all"])
            for persona in ("Ada", "Bob"):
                said = [{"role": "user", "text": "t", "at": "2026-05-01T10:00:00Z"}]
                await api.done("remember", "landedOn", contactId=b, persona=persona, messages=said)
            await api.merge(a, b)
        with recorded(api.db) as statements:
            await api.ask(query)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]
