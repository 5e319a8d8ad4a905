"""Conversations, messages, calls and notes: written, read through any number of merges, parted again by an undo."""

from typing import Any

from resolvers.ids import CALL, CONVERSATION, NOTE, encode_id
from tests.contract.steps import get, neighbour, refused, unknown_id
from tests.contract.test_undo import merge_of, undo
from tests.support.api import Api

HISTORY = """conversations { totalCount nodes { id subject contactId contact { id } messages { nodes { body } } } }
    calls { totalCount nodes { id summary contactId } } notes { totalCount nodes { id body contactId } }
    lastActivityAt"""


async def converse(api: Api, contact: str, *bodies: str, **values: Any) -> str:
    """The id of a new conversation with these messages, a minute apart."""
    given = {"contactId": contact, **values}
    made = await api.done("createConversation", "conversation { id }", **given)
    conversation = str(made["conversation"]["id"])
    for body in bodies:
        await say(api, conversation, body)
    return conversation


async def say(api: Api, conversation: str, body: str, **values: Any) -> dict[str, Any]:
    """The payload of a message."""
    api.clock.advance(minutes=1)
    given = {"conversationId": conversation, "body": body, "author": "CONTACT", **values}
    return await api.done("addMessage", "message { id body author createdAt conversationId } landedOn", **given)


async def call(api: Api, contact: str, summary: str, **values: Any) -> dict[str, Any]:
    """The payload of a call that began now."""
    given = {"contactId": contact, "direction": "INBOUND", "summary": summary, "startedAt": now(api), **values}
    return await api.done("logCall", "call { id } landedOn", **given)


async def note(api: Api, contact: str, body: str, **values: Any) -> dict[str, Any]:
    """The payload of a note."""
    return await api.done("addNote", "note { id } landedOn", contactId=contact, body=body, **values)


def now(api: Api) -> str:
    """The time as the API writes it."""
    return api.clock.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_calls_and_conversations_are_reassigned(api: Api) -> None:
    """B4, C1: all of it shows under the primary, each with the contact that it was given to; undo parts it again."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    for contact in (a, b):
        await converse(api, contact, "Hello", "Anybody there?", subject=f"of {contact}")
        api.clock.advance(minutes=1)
        await call(api, contact, f"call of {contact}")
        await note(api, contact, f"note on {contact}")
    before = [await get(api, contact, HISTORY) for contact in (a, b)]
    merge = await merge_of(api, a, b)
    both = await get(api, a, HISTORY)
    for name in ("conversations", "calls", "notes"):
        assert both[name]["totalCount"] == 2
        assert [node["contactId"] for node in both[name]["nodes"]] == [b, a], "newest first"
    assert {node["contact"]["id"] for node in both["conversations"]["nodes"]} == {a}
    assert both["lastActivityAt"] == before[1]["lastActivityAt"]
    await undo(api, merge)
    assert [await get(api, contact, HISTORY) for contact in (a, b)] == before


async def test_late_writes_to_an_old_id(api: Api) -> None:
    """They land on the survivor, say so, and go back with the id they were sent to."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    conversation = await converse(api, b, "before")
    merge = await merge_of(api, a, b)
    made = await api.done("createConversation", "conversation { contact { id } } landedOn", contactId=b)
    assert made == {"conversation": {"contact": {"id": a}}, "landedOn": a, "userErrors": []}
    assert (await call(api, b, "late"))["landedOn"] == a
    assert (await note(api, b, "late"))["landedOn"] == a
    assert (await say(api, conversation, "after"))["landedOn"] is None, "the conversation itself was not merged"
    assert (await call(api, a, "to the survivor"))["landedOn"] is None
    found = await get(api, a, HISTORY)
    assert (found["conversations"]["totalCount"], found["calls"]["totalCount"], found["notes"]["totalCount"]) == (
        2,
        2,
        1,
    )
    await undo(api, merge)
    left, back = await get(api, a, HISTORY), await get(api, b, HISTORY)
    assert [c["summary"] for c in left["calls"]["nodes"]] == ["to the survivor"]
    assert (left["conversations"]["totalCount"], left["notes"]["totalCount"]) == (0, 0)
    assert (back["conversations"]["totalCount"], back["calls"]["totalCount"], back["notes"]["totalCount"]) == (2, 1, 1)


async def test_activity_follows_messages_and_calls(api: Api) -> None:
    """lastActivityAt is the latest of them; updatedAt stays; what is internal or older does not count."""
    a = await api.contact(name="A")
    updated = (await get(api, a, "updatedAt"))["updatedAt"]
    conversation = await converse(api, a, "Hello")
    spoken = now(api)
    assert (await get(api, a, "lastActivityAt updatedAt")) == {"lastActivityAt": spoken, "updatedAt": updated}
    await say(api, conversation, "a colleague's note", author="AGENT", internal=True)
    await call(api, a, "older", startedAt="2020-01-01T00:00:00Z")
    assert (await get(api, a, "lastActivityAt"))["lastActivityAt"] == spoken
    api.clock.advance(hours=1)
    await call(api, a, "newer")
    assert (await get(api, a, "lastActivityAt"))["lastActivityAt"] == now(api)


async def test_a_thread_is_read_from_both_ends(api: Api) -> None:
    """In the order of time; pages by cursor in both directions."""
    conversation = await converse(api, await api.contact(), *"abcdefg")
    query = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { conversation(id: $id) {
        lastMessageAt messages(first: $first, after: $after, last: $last, before: $before) {
            totalCount nodes { body } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""

    async def page(**values: Any) -> tuple[str, dict[str, Any]]:
        found = (await api.ask(query, id=conversation, **values))["conversation"]["messages"]
        return "".join(node["body"] for node in found["nodes"]), found["pageInfo"]

    first, info = await page(first=3)
    assert (first, info["hasNextPage"], info["hasPreviousPage"]) == ("abc", True, False)
    second, info = await page(first=3, after=info["endCursor"])
    assert (second, info["hasNextPage"], info["hasPreviousPage"]) == ("def", True, True)
    third, info = await page(first=3, after=info["endCursor"])
    assert (third, info["hasNextPage"]) == ("g", False)
    newest, info = await page(last=2)
    assert (newest, info["hasPreviousPage"], info["hasNextPage"]) == ("fg", True, False)
    older, info = await page(last=10, before=info["startCursor"])
    assert (older, info["hasPreviousPage"], info["hasNextPage"]) == ("abcde", False, True)


async def test_pages_of_a_survivors_history(api: Api) -> None:
    """Twelve conversations of four contacts in one: every one once, newest first, in pages of five."""
    contacts = [await api.contact(name=str(number)) for number in range(4)]
    for number in range(12):
        api.clock.advance(minutes=1)
        await converse(api, contacts[number % 4], subject=str(number))
    await api.merge(contacts[2], contacts[3])
    await api.merge(contacts[0], contacts[1], contacts[2])
    query = """query ($id: ID!, $after: String) { contact(id: $id) { conversations(first: 5, after: $after) {
        nodes { subject } pageInfo { hasNextPage endCursor } } } }"""
    seen: list[str] = []
    after = None
    for more in (True, True, False):
        found = (await api.ask(query, id=contacts[0], after=after))["contact"]["conversations"]
        seen += [node["subject"] for node in found["nodes"]]
        after = found["pageInfo"]["endCursor"]
        assert found["pageInfo"]["hasNextPage"] is more
    assert seen == [str(number) for number in reversed(range(12))]


async def test_conversations_of_the_organization(api: Api) -> None:
    """Filters: contact through merges, status, tag, time; a change moves updatedAt."""
    a, b, c = [await api.contact(name=name) for name in "ABC"]
    made = [await converse(api, contact, subject=contact, tags=["vip"]) for contact in (a, b, c)]
    await api.merge(a, b)
    api.clock.advance(hours=1)
    changed = await api.done(
        "updateConversation",
        "conversation { status tags assignee subject updatedAt }",
        id=made[2],
        status="CLOSED",
        tags=["done", "done"],
        assignee="Kim",
    )
    assert changed["conversation"] == {
        "status": "CLOSED",
        "tags": ["done"],
        "assignee": "Kim",
        "subject": c,
        "updatedAt": now(api),
    }
    query = """query ($filter: ConversationFilter) { conversations(filter: $filter) { totalCount nodes { id } } }"""

    async def ids(**wanted: Any) -> list[str]:
        found = (await api.ask(query, filter=wanted))["conversations"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["id"] for node in found["nodes"]]

    assert await ids() == made[::-1]
    assert await ids(contactId=a) == [made[1], made[0]]
    assert await ids(status="CLOSED") == [made[2]]
    assert await ids(tag="vip") == [made[1], made[0]]
    assert await ids(tag="vi") == []
    assert await ids(updatedAt={"gte": now(api)}) == [made[2]]
    under = "query ($id: ID!) { contact(id: $id) { conversations(status: CLOSED) { nodes { id } } } }"
    assert (await api.ask(under, id=c))["contact"]["conversations"]["nodes"] == [{"id": made[2]}]
    assert (await api.ask(under, id=a))["contact"]["conversations"]["nodes"] == []


async def test_changes_and_removals(api: Api) -> None:
    """Calls and notes can be corrected and taken off, and are read by their ids."""
    a = await api.contact(name="A")
    logged, noted = (await call(api, a, "wrong"))["call"]["id"], (await note(api, a, "wrong"))["note"]["id"]
    changed = await api.done("updateCall", "call { summary direction }", id=logged, summary="right", durationSeconds=61)
    assert changed["call"] == {"summary": "right", "direction": "INBOUND"}
    await api.done("updateNote", "note { body }", id=noted, body="right", author="Kim")
    query = """query ($call: ID!, $note: ID!) { call: node(id: $call) { ... on Call { summary durationSeconds } }
        note: node(id: $note) { ... on Note { body author } } }"""
    assert await api.ask(query, call=logged, note=noted) == {
        "call": {"summary": "right", "durationSeconds": 61},
        "note": {"body": "right", "author": "Kim"},
    }
    assert (await api.done("removeCall", "removedId", id=logged))["removedId"] == logged
    assert (await api.done("removeNote", "removedId", id=noted))["removedId"] == noted
    found = await get(api, a, HISTORY)
    assert (found["calls"]["totalCount"], found["notes"]["totalCount"]) == (0, 0)
    assert await refused(api, "removeCall", id=logged) == [("NOT_FOUND", ["id"], None)]
    assert await refused(api, "updateNote", id=noted, body="x") == [("NOT_FOUND", ["id"], None)]


async def test_idempotency_of_what_is_made(api: Api) -> None:
    """The same key and input: the first thing again; another input is refused."""
    a = await api.contact(name="A")
    conversation = await converse(api, a)
    acts: dict[str, tuple[str, dict[str, Any]]] = {
        "createConversation": ("conversation { id }", {"contactId": a, "subject": "s"}),
        "addMessage": ("message { id }", {"conversationId": conversation, "body": "b", "author": "BOT"}),
        "logCall": ("call { id }", {"contactId": a, "direction": "OUTBOUND", "startedAt": "2026-01-01T00:00:00Z"}),
        "addNote": ("note { id }", {"contactId": a, "body": "b"}),
    }
    for name, (fields, given) in acts.items():
        first = await api.done(name, fields, **given, idempotencyKey=name)
        assert await api.done(name, fields, **given, idempotencyKey=name) == first
        changed = {**given, "body": "c"} if "body" in given else {**given, "contactId": await api.contact()}
        assert await refused(api, name, **changed, idempotencyKey=name) == [
            ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"], None)
        ]


async def test_erasure_takes_all_of_it_along(api: Api) -> None:
    """Of every contact of the tree; nothing can be written to it afterwards."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    conversations = [await converse(api, contact, "Hello") for contact in (a, b)]
    for contact in (a, b):
        await call(api, contact, "c")
        await note(api, contact, "n")
    await api.merge(a, b)
    await api.done("deleteContact", "deletedContactIds", id=a)
    assert (await api.ask("{ conversations { totalCount } }"))["conversations"]["totalCount"] == 0
    for conversation in conversations:
        given = {"conversationId": conversation, "body": "x", "author": "CONTACT"}
        assert await refused(api, "addMessage", **given) == [("NOT_FOUND", ["conversationId"], None)]
    assert await refused(api, "addNote", contactId=b, body="x") == [("NOT_FOUND", ["contactId"], b)]


async def test_bad_history(api: Api) -> None:
    """Unknown, foreign, malformed, out of bounds: each with its code and field; nothing is written."""
    a, gone = await api.contact(name="A"), unknown_id(api)
    conversation = await converse(api, a)
    other = await neighbour(api)
    theirs = await converse(other, await other.contact())
    bad, missing = "BAD_USER_INPUT", "NOT_FOUND"
    late = {"startedAt": "2099-01-01T00:00:00Z", "direction": "INBOUND"}
    past = {"startedAt": "2020-01-01T00:00:00Z", "direction": "INBOUND"}
    cases: list[tuple[str, dict[str, Any], str, list[str], str | None]] = [
        ("createConversation", {"contactId": gone}, missing, ["contactId"], gone),
        ("createConversation", {"contactId": conversation}, bad, ["contactId"], None),
        ("createConversation", {"contactId": a, "tags": [" "]}, bad, ["tags", "0"], None),
        ("createConversation", {"contactId": a, "tags": ["t"] * 101}, bad, ["tags"], None),
        ("createConversation", {"contactId": a, "subject": "s" * 1_001}, bad, ["subject"], None),
        ("createConversation", {"contactId": a, "createdAt": "2099-01-01T00:00:00Z"}, bad, ["createdAt"], None),
        ("updateConversation", {"id": theirs, "subject": "s"}, missing, ["id"], None),
        ("updateConversation", {"id": conversation, "status": None}, bad, ["status"], None),
        ("updateConversation", {"id": "nonsense"}, bad, ["id"], None),
        ("addMessage", {"conversationId": theirs, "body": "b", "author": "BOT"}, missing, ["conversationId"], None),
        ("addMessage", {"conversationId": a, "body": "b", "author": "BOT"}, bad, ["conversationId"], None),
        ("addMessage", {"conversationId": conversation, "body": " ", "author": "BOT"}, bad, ["body"], None),
        ("logCall", {"contactId": gone, **past}, missing, ["contactId"], gone),
        ("logCall", {"contactId": a, **late}, bad, ["startedAt"], None),
        ("logCall", {"contactId": a, **past, "recordingUrl": "javascript:alert(1)"}, bad, ["recordingUrl"], None),
        ("logCall", {"contactId": a, **past, "durationSeconds": -1}, bad, ["durationSeconds"], None),
        ("updateCall", {"id": encode_id(CALL, api.new_id())}, missing, ["id"], None),
        ("removeCall", {"id": a}, bad, ["id"], None),
        ("addNote", {"contactId": a, "body": ""}, bad, ["body"], None),
        ("updateNote", {"id": encode_id(NOTE, api.new_id()), "body": "b"}, missing, ["id"], None),
        ("removeNote", {"id": "x"}, bad, ["id"], None),
    ]
    for name, given, code, field, contact in cases:
        assert await refused(api, name, **given) == [(code, field, contact)], (name, given)
    query = "query ($id: ID!) { conversation(id: $id) { id } node(id: $id) { id } }"
    for nobody in (theirs, encode_id(CONVERSATION, api.new_id()), "nonsense"):
        assert await api.ask(query, id=nobody) == {"conversation": None, "node": None}
    answer = await api.send('{ conversations(filter: {contactId: "x"}) { totalCount } }')
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    answer = await api.send('{ conversations(after: "x") { totalCount } }')
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
