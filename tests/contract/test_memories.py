"""What personas remember: combined by merges, late writes seen, parted again by an undo, forgotten for good."""

from typing import Any

from tests.contract.steps import get, neighbour, refused, unknown_id
from tests.contract.test_undo import merge_of, undo
from tests.support.api import Api

MEMORIES = """memories { persona updatedAt facts { key value contactId recordedAt }
    recentMessages { role text at contactId } summaries { text at contactId } }"""


async def remember(api: Api, contact: str, persona: str = "Ada", **values: Any) -> str | None:
    """Who it landed on; a minute goes by first. `facts` as a mapping."""
    api.clock.advance(minutes=1)
    if "facts" in values:
        values["facts"] = [{"key": key, "value": value} for key, value in values["facts"].items()]
    given = {"contactId": contact, "persona": persona, **values}
    landed: str | None = (await api.done("remember", "landedOn", **given))["landedOn"]
    return landed


async def facts(api: Api, contact: str, persona: str = "Ada") -> dict[str, str]:
    """The facts that one persona knows."""
    query = """query ($id: ID!, $persona: String) { contact(id: $id) { memories(persona: $persona) {
        facts { key value } } } }"""
    found = (await api.ask(query, id=contact, persona=persona))["contact"]["memories"]
    return {fact["key"]: fact["value"] for memory in found for fact in memory["facts"]}


def minute(number: int) -> str:
    """A time of one day."""
    return f"2026-05-01T10:{number:02}:00.000000Z"


def said(number: int) -> dict[str, str]:
    """A message."""
    return {"role": "user", "text": f"m{number}", "at": minute(number)}


async def test_b5_memory_is_combined_per_persona(api: Api) -> None:
    """B5: one entry a persona; facts united, the primary's wins; messages by time; summaries in time order; all parted
    again by an undo."""
    a, b, c = [await api.contact(name=name) for name in "ABC"]
    await remember(api, b, "ADA", facts={"plan": "b", "pet": "dog"}, messages=[said(2), said(4)])
    await remember(
        api, a, facts={"plan": "a"}, messages=[said(1), said(3)], summaries=[{"text": "s2", "at": minute(9)}]
    )
    await remember(api, c, facts={"pet": "cat", "city": "Rome"}, summaries=[{"text": "s1", "at": minute(8)}])
    await remember(api, c, "Bob", facts={"city": "Oslo"})
    before = [await get(api, contact, MEMORIES) for contact in (a, b, c)]
    api.clock.advance(minutes=1)
    merge = await merge_of(api, a, b, c)
    ada, bob = (await get(api, a, MEMORIES))["memories"]
    assert (ada["persona"], bob["persona"]) == ("Ada", "Bob"), "as the primary spells it"
    found = {fact["key"]: (fact["value"], fact["contactId"]) for fact in ada["facts"]}
    assert found == {"plan": ("a", a), "pet": ("dog", b), "city": ("Rome", c)}
    assert [(m["text"], m["contactId"]) for m in ada["recentMessages"]] == [("m4", b), ("m3", a), ("m2", b), ("m1", a)]
    assert [(s["text"], s["contactId"]) for s in ada["summaries"]] == [("s1", c), ("s2", a)]
    assert await facts(api, a, "bOB") == {"city": "Oslo"}
    assert await facts(api, a, "nobody") == {}
    await undo(api, merge)
    assert [await get(api, contact, MEMORIES) for contact in (a, b, c)] == before


async def test_the_order_of_the_merge_decides_among_sources(api: Api) -> None:
    """The sources as they were named, each with all that it had been given by merges before the next one."""
    a, b, c, d, e = [await api.contact(name=name) for name in "ABCDE"]
    for contact, known in ((b, "15"), (c, "126"), (d, "123"), (e, "123456")):
        await remember(api, contact, facts=dict.fromkeys(known, contact))
    await merge_of(api, c, e)
    await merge_of(api, a, d)
    await merge_of(api, a, c, b)
    await merge_of(api, a, await api.contact())
    # depth first: a, d (the first merge), c (named first), e (which c had brought), b
    expected = {"1": d, "2": d, "3": d, "4": e, "5": e, "6": c}
    assert await facts(api, a) == expected
    x = await api.contact()
    await merge_of(api, x, await api.contact(), a)
    assert await facts(api, x) == expected


async def test_a_late_write_to_an_old_id_is_seen(api: Api) -> None:
    """It beats the primary's older fact, not a newer one; it goes back with its id; a merge further up decides anew."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    await remember(api, a, facts={"plan": "a", "city": "a"})
    await remember(api, b, facts={"plan": "b", "city": "b"})
    merge = await merge_of(api, a, b)
    assert await facts(api, a) == {"plan": "a", "city": "a"}
    assert await remember(api, b, facts={"plan": "late"}, messages=[said(5)]) == a
    assert await facts(api, a) == {"plan": "late", "city": "a"}
    assert await remember(api, a, facts={"city": "a2"}) is None
    await remember(api, a, facts={"plan": "a2"})
    assert await facts(api, a) == {"plan": "a2", "city": "a2"}, "what is said last of the survivor is newer"
    await remember(api, b, facts={"plan": "latest"})
    x = await api.contact(name="X")
    await remember(api, x, facts={"plan": "x"})
    above = await merge_of(api, x, a)
    assert await facts(api, x) == {"plan": "x", "city": "a2"}, "written before this merge: the primary's wins"
    assert await remember(api, b, facts={"plan": "yet later"}) == x
    assert (await facts(api, x))["plan"] == "yet later"
    await undo(api, above)
    assert (await facts(api, x), await facts(api, a)) == ({"plan": "x"}, {"plan": "yet later", "city": "a2"})
    await undo(api, merge)
    assert await facts(api, a) == {"plan": "a2", "city": "a2"}
    assert await facts(api, b) == {"plan": "yet later", "city": "b"}
    assert [m["text"] for m in (await get(api, b, MEMORIES))["memories"][0]["recentMessages"]] == ["m5"]


async def test_a_late_write_in_the_very_moment_of_the_merge(api: Api) -> None:
    """Clocks may stand still or differ: what is sent to an old id counts as written after the merge."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    await remember(api, a, facts={"plan": "a"})
    await merge_of(api, a, b)
    given = {"contactId": b, "persona": "Ada", "facts": [{"key": "plan", "value": "late"}]}
    await api.done("remember", "landedOn", **given)
    assert await facts(api, a) == {"plan": "late"}


async def test_recent_messages_are_the_latest(api: Api) -> None:
    """`first` of all contacts of the tree and of each persona, newest first; a batch of contacts at once."""
    a, b, c = [await api.contact(name=name) for name in "ABC"]
    for contact, start in ((a, 0), (b, 1), (c, 0)):
        for persona in ("Ada", "Bob"):
            await remember(api, contact, persona, messages=[said(number) for number in range(start, 20, 2)])
    await merge_of(api, a, b)
    query = """query ($first: Int) { contacts { nodes { id memories {
        persona recentMessages(first: $first) { text } } } } }"""
    for first, expected in ((3, [19, 18, 17]), (100, list(range(19, -1, -1)))):
        nodes = (await api.ask(query, first=first))["contacts"]["nodes"]
        assert [node["id"] for node in nodes] == [a, c]
        own = list(range(18, -1, -2))[:first]
        for node, numbers in zip(nodes, (expected, own), strict=True):
            shown = [[message["text"] for message in memory["recentMessages"]] for memory in node["memories"]]
            assert shown == [[f"m{number}" for number in numbers]] * 2
    for first in (0, 101, -1):
        answer = await api.send(query, {"first": first})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_facts_are_replaced_and_forgotten(api: Api) -> None:
    """One value a key; forget takes a fact or a persona off the whole tree, and no undo brings it back."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    await remember(api, a, facts={"plan": "free", "city": "Rome"})
    await remember(api, a, facts={"plan": "pro"})
    assert await facts(api, a) == {"plan": "pro", "city": "Rome"}
    await remember(
        api, b, facts={"plan": "b", "pet": "dog"}, messages=[said(1)], summaries=[{"text": "s", "at": minute(1)}]
    )
    merge = await merge_of(api, a, b)
    done = await api.done("forget", "landedOn contact { id }", contactId=b, persona="ada", key="plan")
    assert (done["landedOn"], done["contact"]["id"]) == (a, a)
    assert await facts(api, a) == {"city": "Rome", "pet": "dog"}
    assert await refused(api, "forget", contactId=a, persona="Ada", key="plan") == [("NOT_FOUND", ["key"], None)]
    await api.done("forget", "landedOn", contactId=a, persona="Ada")
    assert (await get(api, a, MEMORIES))["memories"] == []
    assert await refused(api, "forget", contactId=a, persona="Ada") == [("NOT_FOUND", ["persona"], None)]
    await undo(api, merge)
    assert (await get(api, b, MEMORIES))["memories"] == []


async def test_remembering_is_no_activity_and_repeats_safely(api: Api) -> None:
    """updatedAt and lastActivityAt stay; the same key is remembered once."""
    a = await api.contact(name="A")
    before = await get(api, a, "updatedAt lastActivityAt")
    given = {"contactId": a, "persona": "Ada", "messages": [said(1)], "idempotencyKey": "k"}
    for _ in range(2):
        await api.done("remember", "contact { id }", **given)
    assert len((await get(api, a, MEMORIES))["memories"][0]["recentMessages"]) == 1
    assert await get(api, a, "updatedAt lastActivityAt") == before
    assert await refused(api, "remember", **{**given, "messages": [said(2)]}) == [
        ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"], None)
    ]


async def test_erasure_takes_memories_along(api: Api) -> None:
    """Of every contact of the tree; nothing more can be remembered."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    for contact in (a, b):
        await remember(api, contact, facts={"k": "v"}, messages=[said(1)], summaries=[{"text": "s", "at": minute(1)}])
    await merge_of(api, a, b)
    await api.done("deleteContact", "deletedContactIds", id=a)
    given = {"contactId": b, "persona": "Ada", "messages": [said(1)]}
    assert await refused(api, "remember", **given) == [("NOT_FOUND", ["contactId"], b)]


async def test_bad_memories(api: Api) -> None:
    """Unknown, foreign, blank, too long, twice, in the future: each with its code and field; nothing is written."""
    a, gone = await api.contact(), unknown_id(api)
    stranger = await (await neighbour(api)).contact()
    fact, bad, missing = {"key": "k", "value": "v"}, "BAD_USER_INPUT", "NOT_FOUND"
    cases: list[tuple[dict[str, Any], str, list[str], str | None]] = [
        ({"contactId": gone, "facts": [fact]}, missing, ["contactId"], gone),
        ({"contactId": stranger, "facts": [fact]}, missing, ["contactId"], stranger),
        ({"contactId": "x", "facts": [fact]}, bad, ["contactId"], None),
        ({"persona": " ", "facts": [fact]}, bad, ["persona"], None),
        ({"persona": "p" * 201, "facts": [fact]}, bad, ["persona"], None),
        ({"persona": "\ufdfa" * 200, "facts": [fact]}, bad, ["persona"], None),
        ({"facts": [fact, {"key": "", "value": "v"}]}, bad, ["facts", "1", "key"], None),
        ({"facts": [{"key": "k" * 256, "value": "v"}]}, bad, ["facts", "0", "key"], None),
        ({"facts": [{"key": "k", "value": "v" * 10_001}]}, bad, ["facts", "0", "value"], None),
        ({"facts": [fact, fact]}, bad, ["facts", "1", "key"], None),
        ({"facts": [fact] * 501}, bad, ["facts"], None),
        ({"messages": [said(1) | {"at": "2099-01-01T00:00:00Z"}]}, bad, ["messages", "0", "at"], None),
        ({"messages": [said(1) | {"text": ""}]}, bad, ["messages", "0", "text"], None),
        ({"summaries": [{"text": " ", "at": minute(1)}]}, bad, ["summaries", "0", "text"], None),
        ({}, bad, ["facts"], None),
        ({"facts": [], "messages": []}, bad, ["facts"], None),
    ]
    for given, code, field, contact in cases:
        sent = {"contactId": a, "persona": "Ada", **given}
        assert await refused(api, "remember", **sent) == [(code, field, contact)], given
    for given, code, field, contact in (
        ({"contactId": stranger}, missing, ["contactId"], stranger),
        ({"persona": " "}, bad, ["persona"], None),
        ({"key": " "}, bad, ["key"], None),
        ({"key": "k"}, missing, ["key"], None),
    ):
        sent = {"contactId": a, "persona": "Ada", **given}
        assert await refused(api, "forget", **sent) == [(code, field, contact)], given
