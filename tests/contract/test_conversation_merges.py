"""Conversations merged by the API: contract rows M1 and M3 to M6, and what keeps them apart."""

from typing import Any

import pytest

from resolvers.access import ALL_SCOPES, Scope
from resolvers.ids import CONVERSATION, encode_id
from tests.contract.steps import get, neighbour, refused, settings, unchanged, with_key
from tests.contract.test_history import converse, say
from tests.contract.test_undo import merge_of, undo
from tests.support.api import Api

STANDS = """id subject status tags contactId lastMessageAt mergedInto { id } mergedConversationIds
    messages(first: 100) { nodes { body author internal conversationId } }"""
MERGED = "merged { id } mergedConversationIds merge { id kind primaryConversationId reason }"


async def read(api: Api, conversation: str, *, follow: bool = False) -> dict[str, Any]:
    """A conversation as it stands."""
    query = f"query ($id: ID!, $follow: Boolean!) {{ conversation(id: $id, followMerges: $follow) {{ {STANDS} }} }}"
    found: dict[str, Any] = (await api.ask(query, id=conversation, follow=follow))["conversation"]
    return found


async def join(api: Api, primary: str, *sources: str, **values: Any) -> dict[str, Any]:
    """The payload of a merge that must succeed."""
    given = {"primaryConversationId": primary, "sourceConversationIds": list(sources), **values}
    return await api.done("mergeConversations", MERGED, **given)


async def part(api: Api, merge: str, **values: Any) -> list[str]:
    """The conversations that an undo restores."""
    done = await api.done("undoMerge", "restoredConversations { id } primary { id }", mergeId=merge, **values)
    assert done["primary"] is None
    return [one["id"] for one in done["restoredConversations"]]


def said(thread: dict[str, Any]) -> list[str]:
    """What people wrote in it, in its order."""
    return [one["body"] for one in thread["messages"]["nodes"] if not one["internal"]]


def notes(thread: dict[str, Any]) -> list[tuple[str, str]]:
    """(where it stands, its text) of each internal note."""
    return [(one["conversationId"], one["body"]) for one in thread["messages"]["nodes"] if one["internal"]]


async def three(api: Api) -> tuple[str, str, str, str]:
    """A contact with three conversations, written in by turns."""
    ann = await api.contact(name="Ann")
    a, b, c = [await converse(api, ann, subject=subject) for subject in "abc"]
    for text, where in (("1", a), ("2", b), ("3", c), ("4", a), ("5", c), ("6", b)):
        await say(api, where, text)
    api.clock.advance(minutes=1)
    return ann, a, b, c


async def test_m1_messages_read_as_one_thread_each_with_its_origin(api: Api) -> None:
    """In the order of time; the sources' ids lead to the primary, and the contact shows one conversation."""
    ann, a, b, c = await three(api)
    done = await join(api, a, b, c, reason="one case")
    assert (done["merged"]["id"], done["mergedConversationIds"]) == (a, [b, c])
    assert done["merge"] == {
        "id": done["merge"]["id"],
        "kind": "CONVERSATIONS",
        "primaryConversationId": a,
        "reason": "one case",
    }
    thread = await read(api, a)
    assert said(thread) == list("123456")
    origins = [one["conversationId"] for one in thread["messages"]["nodes"] if not one["internal"]]
    assert origins == [a, b, c, a, c, b]
    assert thread["mergedConversationIds"] == [b, c]
    assert (await read(api, c, follow=True))["id"] == a
    for arguments, ids in (("", [a]), ("(includeMerged: true)", [c, b, a])):
        shown = await get(api, ann, f"conversations{arguments} {{ totalCount nodes {{ id }} }}")
        assert [one["id"] for one in shown["conversations"]["nodes"]] == ids


async def test_m3_m5_sources_are_closed_and_tagged(api: Api) -> None:
    """CLOSED, with mergedInto and the tag; another one, or none; the primary keeps its own."""
    ann, a, b, c = await three(api)
    await api.done("updateConversation", "conversation { id }", id=b, tags=["vip"], status="PENDING")
    await join(api, a, b)
    await join(api, a, c, tag=None)
    found = [await read(api, one) for one in (a, b, c)]
    assert [(one["status"], one["tags"]) for one in found] == [
        ("OPEN", []),
        ("CLOSED", ["vip", "merged"]),
        ("CLOSED", []),
    ]
    assert [one["mergedInto"] for one in found] == [None, {"id": a}, {"id": a}]
    d, e = [await converse(api, ann) for _ in range(2)]
    await join(api, d, e, tag="double")
    tagged = await api.ask('{ conversations(filter: {tag: "double", includeMerged: true}) { nodes { id } } }')
    assert tagged["conversations"]["nodes"] == [{"id": e}]
    plain = await api.ask("{ conversations(first: 10) { nodes { id } } }")
    assert {one["id"] for one in plain["conversations"]["nodes"]} == {a, d}


async def test_m4_a_paper_trail(api: Api) -> None:
    """An internal note on each source and one on the primary, with the caller's words and the way there."""
    _, a, b, c = await three(api)
    await settings(api, conversationUrlTemplate="https://desk.example/c/{id}")
    before = await read(api, a)
    await join(api, a, b, c, note="Asked twice.")
    link = "https://desk.example/c/"
    assert sorted(notes(await read(api, a))) == sorted(
        [
            (a, f"Asked twice.\nMerged from {link}{b}, {link}{c}"),
            (b, f"Asked twice.\nMerged into {link}{a}"),
            (c, f"Asked twice.\nMerged into {link}{a}"),
        ]
    )
    after = await read(api, a)
    assert after["lastMessageAt"] > before["lastMessageAt"], "of all of them"
    assert after["lastMessageAt"] == (await read(api, b))["lastMessageAt"], "and a note is no news"


async def test_m6_undo_as_for_contacts(api: Api) -> None:
    """State, tags and notes are as before; what was written to an old id meanwhile goes back with it."""
    _, a, b, c = await three(api)
    await api.done("updateConversation", "conversation { id }", id=b, tags=["vip"], status="PENDING")
    before = [await read(api, one) for one in (a, b, c)]
    done = await join(api, a, b, c)
    late = await say(api, b, "7")
    assert late["landedOn"] == a
    assert said(await read(api, a))[-1] == "7"
    assert (await read(api, a))["lastMessageAt"] == late["message"]["createdAt"]
    assert await part(api, done["merge"]["id"], sourceConversationIds=[c]) == [c]
    assert await read(api, c) == before[2]
    assert (await read(api, a))["mergedConversationIds"] == [b]
    assert await part(api, done["merge"]["id"]) == [b]
    assert await read(api, a) == before[0]
    found = await read(api, b)
    assert said(found) == ["2", "6", "7"]
    assert (found["status"], found["tags"], notes(found)) == ("PENDING", ["vip"], [])
    assert found["lastMessageAt"] == late["message"]["createdAt"]
    query = (
        f'{{ merge(id: "{done["merge"]["id"]}") {{ undoneAt undoable sources {{ conversationId name undoneAt }} }} }}'
    )
    merge = (await api.ask(query))["merge"]
    assert merge["undoable"] is False
    assert merge["undoneAt"] is not None
    assert [(one["conversationId"], one["name"]) for one in merge["sources"]] == [(b, "b"), (c, "c")]


async def test_m6_in_any_order(api: Api) -> None:
    """C into B, B into A: the inner merge first, or the outer one; every id leads where it should."""
    _, a, b, c = await three(api)
    before = [await read(api, one) for one in (a, b, c)]
    for inner_first in (True, False):
        inner = (await join(api, b, c))["merge"]["id"]
        outer = (await join(api, a, b))["merge"]["id"]
        assert (await read(api, a))["mergedConversationIds"] == [b, c]
        assert said(await read(api, a)) == list("123456")
        for merge in (inner, outer) if inner_first else (outer, inner):
            restored = {inner: c, outer: b}[merge]
            assert await part(api, merge) == [restored]
        assert [await read(api, one) for one in (a, b, c)] == before


async def test_merging_again_is_refused_with_the_survivor(api: Api) -> None:
    """As for contacts: ALREADY_MERGED names whom the id leads to."""
    _, a, b, c = await three(api)
    await join(api, a, b)
    given = {"primaryConversationId": c, "sourceConversationIds": [b]}
    payload = await api.act("mergeConversations", "__typename", **given)
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("ALREADY_MERGED", ["sourceConversationIds", "0"])
    query = """mutation ($input: MergeConversationsInput!) { mergeConversations(input: $input) {
      userErrors { conversationId } } }"""
    found = await api.ask(query, input=given)
    assert found["mergeConversations"]["userErrors"] == [{"conversationId": a}]


async def test_what_is_refused(api: Api) -> None:
    """Each with its code and field, and nothing written."""
    ann, a, b, _ = await three(api)
    other = await api.contact(name="Bob")
    strange = await converse(api, other, "x")
    foreign = await neighbour(api)
    theirs = await converse(foreign, await foreign.contact(name="Zoe"), "y")
    unknown = encode_id(CONVERSATION, api.new_id())
    where = "sourceConversationIds"
    for sources, more, expected in (
        ([], {}, ("EMPTY_SOURCES", [where])),
        ([b] * 51, {}, ("TOO_MANY_SOURCES", [where])),
        ([b, b], {}, ("DUPLICATE_SOURCE", [where, "1"])),
        ([b, a], {}, ("SELF_MERGE", [where, "1"])),
        ([b, ann], {}, ("BAD_USER_INPUT", [where, "1"])),
        ([b, unknown], {}, ("NOT_FOUND", [where, "1"])),
        ([b, theirs], {}, ("NOT_FOUND", [where, "1"])),
        ([b, strange], {}, ("INVALID_MERGE", [where, "1"])),
        ([b], {"tag": " "}, ("BAD_USER_INPUT", ["tag"])),
        ([b], {"tag": "x" * 101}, ("BAD_USER_INPUT", ["tag"])),
        ([b], {"note": "x" * 100_000}, ("BAD_USER_INPUT", ["note"])),
        ([b], {"reason": "x" * 1_001}, ("BAD_USER_INPUT", ["reason"])),
        ([b], {"idempotencyKey": " "}, ("BAD_USER_INPUT", ["idempotencyKey"])),
    ):
        given = {"primaryConversationId": a, where: sources, **more}
        assert await refused(api, "mergeConversations", **given) == [(*expected, None)]


@pytest.mark.parametrize("template", ["https://desk.example/c/", "ftp://desk.example/{id}", "{id}", "javascript:{id}"])
async def test_a_template_that_leads_nowhere(api: Api, template: str) -> None:
    """A web address with {id}, or nothing is written."""
    assert await refused(api, "updateMergeSettings", conversationUrlTemplate=template) == [
        ("BAD_USER_INPUT", ["conversationUrlTemplate"], None)
    ]


async def test_only_with_the_scope(api: Api) -> None:
    """Merging conversations is merging: a key that may write contacts alone may not."""
    _, a, b, _ = await three(api)
    weak = await with_key(api, scopes=ALL_SCOPES - {Scope.MERGE})
    query = "mutation ($input: MergeConversationsInput!) { mergeConversations(input: $input) { merged { id } } }"
    async with unchanged(api):
        answer = await weak.send(query, {"input": {"primaryConversationId": a, "sourceConversationIds": [b]}})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_repeat_with_its_key_is_one_merge(api: Api) -> None:
    """The same answer, also when it was merged away since; another input is refused."""
    _, a, b, c = await three(api)
    first = await join(api, a, b, idempotencyKey="k")
    async with unchanged(api):
        assert await join(api, a, b, idempotencyKey="k") == first
    wrong = {"primaryConversationId": a, "sourceConversationIds": [c], "idempotencyKey": "k"}
    assert await refused(api, "mergeConversations", **wrong) == [("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"], None)]
    await join(api, c, a)
    again = await join(api, a, b, idempotencyKey="k")
    assert (again["merged"]["id"], again["merge"]) == (c, first["merge"])


async def test_conversations_of_merged_contacts_are_parted_with_them(api: Api) -> None:
    """A contact that is another person again does not go on reading the other's messages; keptEdits says so."""
    ann, bob = await api.contact(name="Ann"), await api.contact(name="Bob")
    a, b = await converse(api, ann, "of Ann"), await converse(api, bob, "of Bob", subject="Bob's")
    contacts = await merge_of(api, ann, bob)
    threads = await join(api, a, b)
    assert said(await read(api, a)) == ["of Ann", "of Bob"]
    done = await undo(api, contacts)
    assert [(one["field"], one["value"]) for one in done["keptEdits"]] == [("conversations", b)]
    assert said(await read(api, a)) == ["of Ann"]
    found = await read(api, b)
    assert (found["mergedInto"], found["status"], found["tags"], notes(found)) == (None, "OPEN", [], [])
    given = {"mergeId": threads["merge"]["id"]}
    assert await refused(api, "undoMerge", **given) == [("NOT_UNDOABLE", ["mergeId"], None)]


async def test_across_contacts_on_purpose(api: Api) -> None:
    """Said so, it is done; an undo of other merges leaves it, its own takes it back, an erasure parts it."""
    ann, bob, cy = [await api.contact(name=name) for name in ("Ann", "Bob", "Cy")]
    a, b, c = [await converse(api, one, f"of {one}") for one in (ann, bob, cy)]
    before = await read(api, b)
    first = (await join(api, a, b, acrossContacts=True))["merge"]["id"]
    await join(api, a, c, acrossContacts=True)
    contacts = await merge_of(api, ann, bob)
    await undo(api, contacts)
    assert (await read(api, b))["mergedInto"] == {"id": a}
    assert await part(api, first) == [b]
    assert await read(api, b) == before
    await api.done("deleteContact", "deletedContactIds", id=ann)
    found = await read(api, c)
    assert (found["mergedInto"], found["status"], found["tags"], notes(found)) == (None, "OPEN", [], [])
    assert said(found) == [f"of {cy}"]


async def test_erased_with_their_merges(api: Api) -> None:
    """Conversations of one contact, merged, are erased whole; the history keeps no word of them."""
    ann, a, b, _ = await three(api)
    merge = (await join(api, a, b, reason="about Ann"))["merge"]["id"]
    await api.done("deleteContact", "deletedContactIds", id=ann)
    query = f'{{ merge(id: "{merge}") {{ reason undoable sources {{ conversationId name }} }} }}'
    assert (await api.ask(query))["merge"] == {
        "reason": None,
        "undoable": False,
        "sources": [{"conversationId": b, "name": None}],
    }
    assert await refused(api, "undoMerge", mergeId=merge) == [("NOT_UNDOABLE", ["mergeId"], None)]


async def test_an_undo_names_what_belongs_to_the_merge(api: Api) -> None:
    """Conversations for one of conversations, contacts for one of contacts; and only its own sources."""
    ann, a, b, c = await three(api)
    threads = (await join(api, a, b))["merge"]["id"]
    bob = await api.contact(name="Bob")
    contacts = await merge_of(api, ann, bob)
    for merge, more, expected in (
        (threads, {"sourceContactIds": [bob]}, ("BAD_USER_INPUT", ["sourceContactIds"])),
        (threads, {"keepApart": True}, ("BAD_USER_INPUT", ["keepApart"])),
        (threads, {"sourceConversationIds": [c]}, ("NOT_FOUND", ["sourceConversationIds", "0"])),
        (threads, {"sourceConversationIds": []}, ("EMPTY_SOURCES", ["sourceConversationIds"])),
        (contacts, {"sourceConversationIds": [b]}, ("BAD_USER_INPUT", ["sourceConversationIds"])),
    ):
        assert await refused(api, "undoMerge", mergeId=merge, **more) == [(*expected, None)]
