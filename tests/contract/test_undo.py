"""undoMerge as a client meets it: both sides as they were, later edits kept and reported, any order, any time."""

from typing import Any

import pytest

from resolvers.access import ALL_SCOPES, Scope
from resolvers.ids import CONTACT, MERGE, decode_id, encode_id
from tests.contract.steps import get, neighbour, refused, settings, unknown_id, with_key
from tests.support.api import Api
from tests.support.state import dump

UNDONE = """restored { id name version } primary { id name mergedContactIds }
    keptEdits { contactId field value reason } merge { id undoable undoneAt undoneBy
        sources { contactId undoneAt undoneBy undoReason } }"""
WHOLE = """id name company title email phone birthdate language timezone role isAdmin blocked blockedAt unsubscribed
    unsubscribedAt unsubscribeReason unsubscribeFeedback customAttributes metadata additionalAttributes createdAt
    firstSeenAt lastActivityAt mergedContactIds address { city country } labels { name }
    identifiers { id kind system value normalized verified contactId }
    provenance { field value contactId rule discarded { value contactId } }"""


async def undo(api: Api, merge: str, **values: Any) -> dict[str, Any]:
    """The payload of an undo that must succeed."""
    return await api.done("undoMerge", UNDONE, mergeId=merge, **values)


async def merge_of(api: Api, *contacts: str, **values: Any) -> str:
    """The id of a new merge."""
    return str((await api.merge(*contacts, **values))["merge"]["id"])


async def rich(api: Api, number: int, **values: Any) -> str:
    """A contact with something in every kind of field."""
    contact = await api.contact(
        name=f"Person {number}",
        email=f"p{number}@example.org",
        phone=f"+4930123{number:03}",
        identifiers=[{"kind": "EXTERNAL_ID", "system": "crm", "value": f"C-{number}"}],
        customAttributes={
            "plan": f"plan {number}",
            f"only{number}": {"deep": [number]},
            "shared": {f"k{number}": number},
        },
        firstSeenAt=f"2020-01-{number:02}T00:00:00Z",
        lastActivityAt=f"2021-01-{number:02}T00:00:00Z",
        address={"city": f"City {number}", "country": "DE"},
        **values,
    )
    await api.done("setLabels", "contact { id }", contactId=contact, names=["all", f"label {number}"])
    return contact


async def test_undo_is_the_identity(api: Api) -> None:
    """Every field of both sides reads as before, but for updatedAt and version, which move to the time of the undo."""
    ids = [await rich(api, 1, unsubscribed=True), await rich(api, 2, title="Dr", isAdmin=True), await rich(api, 3)]
    before = [await get(api, contact, WHOLE) for contact in ids]
    api.clock.advance(hours=1)
    merge = await merge_of(api, *ids)
    api.clock.advance(days=400)
    done = await undo(api, merge)
    assert [contact["id"] for contact in done["restored"]] == ids[1:]
    assert done["keptEdits"] == []
    assert done["primary"] == {"id": ids[0], "name": "Person 1", "mergedContactIds": []}
    assert [await get(api, contact, WHOLE) for contact in ids] == before
    for contact in ids:
        assert (await get(api, contact, "updatedAt"))["updatedAt"] == at_now(api)


def at_now(api: Api) -> str:
    """The time as the API writes it."""
    return api.clock.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_the_history_says_who_took_it_back_when_and_why(api: Api) -> None:
    """The merge stays, marked; it can be found by that, and it can no longer be undone."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    merge = await merge_of(api, a, b)
    api.clock.advance(minutes=5)
    done = await undo(api, merge, reason="They are two")
    assert done["merge"] == {
        "id": merge,
        "undoable": False,
        "undoneAt": at_now(api),
        "undoneBy": "tests",
        "sources": [{"contactId": b, "undoneAt": at_now(api), "undoneBy": "tests", "undoReason": "They are two"}],
    }
    query = "query ($undone: Boolean) { merges(filter: { undone: $undone }) { nodes { id undoable } } }"
    assert (await api.ask(query, undone=True))["merges"]["nodes"] == [{"id": merge, "undoable": False}]
    assert (await api.ask(query, undone=False))["merges"]["nodes"] == []
    assert await refused(api, "undoMerge", mergeId=merge) == [("NOT_UNDOABLE", ["mergeId"], None)]


async def test_later_edits_stay_and_are_told(api: Api) -> None:
    """A field that was filled by the merge and edited since, and one that the merge never touched: both stay."""
    a, b = await api.contact(name="Ada"), await api.contact(name="Bo", company="Acme", title="Dr")
    merge = await merge_of(api, a, b)
    edit = {"company": "Acme & Sons", "language": "de", "customAttributes": {"plan": "pro"}}
    await api.done("updateContact", "contact { id }", id=a, **edit)
    done = await undo(api, merge)
    kept = {(edit["contactId"], edit["field"]): edit["value"] for edit in done["keptEdits"]}
    assert kept == {(a, "company"): "Acme & Sons", (a, "language"): "de", (a, "customAttributes/plan"): "pro"}
    assert all(edit["reason"] for edit in done["keptEdits"])
    fields = "name company title language customAttributes"
    assert await get(api, a, fields) == {
        "name": "Ada",
        "company": "Acme & Sons",
        "title": None,
        "language": "de",
        "customAttributes": {"plan": "pro"},
    }
    assert await get(api, b, fields) == {
        "name": "Bo",
        "company": "Acme",
        "title": "Dr",
        "language": None,
        "customAttributes": {},
    }


async def test_some_of_the_sources(api: Api) -> None:
    """The others stay merged, and what only they can give is theirs now; the rest can be undone later."""
    a = await api.contact(name="A")
    b, c = await api.contact(name="B", company="Acme"), await api.contact(name="C", company="Bolt", title="Dr")
    merge = await merge_of(api, a, b, c)
    done = await undo(api, merge, sourceContactIds=[b])
    assert [contact["id"] for contact in done["restored"]] == [b]
    assert done["primary"]["mergedContactIds"] == [c]
    assert (done["merge"]["undoable"], done["merge"]["undoneAt"]) == (True, None)
    assert await get(api, a, "name company title") == {"name": "A", "company": "Bolt", "title": "Dr"}
    again = await refused(api, "undoMerge", mergeId=merge, sourceContactIds=[b])
    assert again == [("NOT_UNDOABLE", ["sourceContactIds", "0"], b)]
    assert [contact["id"] for contact in (await undo(api, merge))["restored"]] == [c]
    assert await get(api, a, "company title") == {"company": None, "title": None}


async def test_an_earlier_merge_is_undone_under_later_ones(api: Api) -> None:
    """A <- B, then A <- C: without B the blank is C's to fill; the record of the later merge says so."""
    a = await api.contact(name="A")
    b, c = await api.contact(name="B", company="Acme"), await api.contact(name="C", company="Bolt")
    first = await merge_of(api, a, b)
    second = await merge_of(api, a, c)
    await undo(api, first)
    assert await get(api, a, "company mergedContactIds") == {"company": "Bolt", "mergedContactIds": [c]}
    query = "query ($id: ID!) { merge(id: $id) { changes { field value contactId rule } } }"
    changed = (await api.ask(query, id=second))["merge"]["changes"]
    assert changed == [{"field": "company", "value": "Bolt", "contactId": c, "rule": "FILLED_FROM_SOURCE"}]
    await undo(api, second)
    assert (await get(api, a, "company"))["company"] is None


async def test_a_merge_deep_in_a_tree(api: Api) -> None:
    """A <- B, then C <- A, then D <- C; undoing the first takes B out and its value off every survivor above."""
    a, b = await api.contact(name="A"), await api.contact(name="B", company="Acme")
    c, d = await api.contact(name="C"), await api.contact(name="D")
    first = await merge_of(api, a, b)
    second = await merge_of(api, c, a)
    third = await merge_of(api, d, c)
    assert (await get(api, d, "company"))["company"] == "Acme"
    done = await undo(api, first)
    assert done["primary"]["id"] == d
    assert (await get(api, d, "company"))["company"] is None
    assert sorted((await get(api, d, "mergedContactIds"))["mergedContactIds"]) == sorted([a, c])
    assert await get(api, b, "name company") == {"name": "B", "company": "Acme"}
    await undo(api, second)
    assert await get(api, a, "name company mergedContactIds") == {"name": "A", "company": None, "mergedContactIds": []}
    await undo(api, third)
    assert await get(api, c, "name mergedContactIds") == {"name": "C", "mergedContactIds": []}


async def test_subtrees_go_along(api: Api) -> None:
    """What was merged into a source before it was merged leads to the source again."""
    a, b, c = [await api.contact(name=name) for name in "ABC"]
    await merge_of(api, b, c)
    merge = await merge_of(api, a, b)
    await undo(api, merge)
    assert await get(api, b, "mergedContactIds") == {"mergedContactIds": [c]}
    query = "query ($id: ID!) { resolveContact(id: $id) { status contact { id } } }"
    assert (await api.ask(query, id=c))["resolveContact"] == {"status": "MERGED", "contact": {"id": b}}


async def test_a_repeat_of_an_undone_merge_says_so(api: Api) -> None:
    """The same idempotency key answers with the same merge, which is undone now; nothing is merged again."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    merge = await merge_of(api, a, b, idempotencyKey="k")
    await undo(api, merge)
    given = {"primaryContactId": a, "sourceContactIds": [b], "idempotencyKey": "k"}
    again = await api.done("mergeContacts", "merge { id undoneAt } mergedContactIds", **given)
    assert again == {"merge": {"id": merge, "undoneAt": at_now(api)}, "mergedContactIds": [b], "userErrors": []}
    assert await api.read(b, "id") == {"id": b}


async def test_erased_contacts_stay_erased(api: Api) -> None:
    """With the primary erased there is nothing to undo; with one source parted and erased the other still can be."""
    a, b, c = [await api.contact(name=name, company=name) for name in "ABC"]
    merge = await merge_of(api, a, b, c)
    await undo(api, merge, sourceContactIds=[b])
    await api.done("deleteContact", "deletedContactIds", id=b)
    assert [contact["id"] for contact in (await undo(api, merge))["restored"]] == [c]
    second = await merge_of(api, a, c)
    await api.done("deleteContact", "deletedContactIds", id=a)
    assert await refused(api, "undoMerge", mergeId=second) == [("NOT_UNDOABLE", ["mergeId"], None)]
    query = "query ($id: ID!) { merge(id: $id) { undoable primary { id } } }"
    assert (await api.ask(query, id=second))["merge"] == {"undoable": False, "primary": None}


async def test_search_finds_both_again(api: Api) -> None:
    """Through the index of either database."""
    a, b = await api.contact(name="Ada Lovelace"), await api.contact(name="Bo Diddley", email="bo@music.test")
    merge = await merge_of(api, a, b)
    await undo(api, merge)
    query = "query ($text: String!) { contacts(filter: { search: $text }) { nodes { id } } }"
    for text, found in (("lovelace", a), ("diddley", b), ("music.test", b)):
        assert (await api.ask(query, text=text))["contacts"]["nodes"] == [{"id": found}]


async def test_bad_undos(api: Api) -> None:
    """Each with its own code and field; nothing is written."""
    a, b, c = [await api.contact(name=name) for name in "ABC"]
    merge = await merge_of(api, a, b)
    unknown = encode_id(MERGE, api.new_id())
    assert await refused(api, "undoMerge", mergeId=unknown) == [("NOT_FOUND", ["mergeId"], None)]
    assert await refused(api, "undoMerge", mergeId=a) == [("BAD_USER_INPUT", ["mergeId"], None)]
    cases: list[tuple[list[str], list[tuple[str, list[str], str | None]]]] = [
        ([], [("EMPTY_SOURCES", ["sourceContactIds"], None)]),
        ([c], [("NOT_FOUND", ["sourceContactIds", "0"], c)]),
        ([a], [("NOT_FOUND", ["sourceContactIds", "0"], a)]),
        ([b, b], [("DUPLICATE_SOURCE", ["sourceContactIds", "1"], b)]),
        ([b, "nonsense"], [("BAD_USER_INPUT", ["sourceContactIds", "1"], None)]),
        ([unknown_id(api)] * 51, [("TOO_MANY_SOURCES", ["sourceContactIds"], None)]),
    ]
    for sources, errors in cases:
        assert await refused(api, "undoMerge", mergeId=merge, sourceContactIds=sources) == errors


async def test_another_organisations_merge_is_not_found(api: Api) -> None:
    """Existence is not revealed."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    merge = await merge_of(api, a, b)
    other = await neighbour(api)
    assert await refused(other, "undoMerge", mergeId=merge) == [("NOT_FOUND", ["mergeId"], None)]


async def test_undo_needs_its_scope(api: Api) -> None:
    """A key that may merge may not undo by that."""
    a, b = await api.contact(name="A"), await api.contact(name="B")
    merge = await merge_of(api, a, b)
    limited = await with_key(api, scopes=ALL_SCOPES - {Scope.UNDO})
    before = await dump(api.db)
    answer = await limited.send(
        "mutation ($i: UndoMergeInput!) { undoMerge(input: $i) { merge { id } } }", {"i": {"mergeId": merge}}
    )
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert answer["errors"][0]["extensions"]["requiredScope"] == "undo"
    assert await dump(api.db) == before


@pytest.mark.parametrize("rule", ["MOST_RECENT", "PRIMARY"])
async def test_the_rules_of_the_merge_decide_not_those_of_today(api: Api, rule: str) -> None:
    """A <- B, A <- C under one rule; the other rule is set; B is undone: C is still judged by the first."""
    await settings(api, survivorship=[{"field": "NAME", "rule": rule}])
    a = await api.contact(name="A", company="Old")
    b = await api.contact(company="B")
    api.clock.advance(hours=1)
    c = await api.contact(name="C")
    first = await merge_of(api, a, b)
    await merge_of(api, a, c)
    await settings(api, survivorship=[] if rule == "MOST_RECENT" else [{"field": "NAME", "rule": "MOST_RECENT"}])
    await undo(api, first)
    assert (await get(api, a, "name"))["name"] == ("C" if rule == "MOST_RECENT" else "A")


def test_ids_are_of_their_kind() -> None:
    """A merge's id is no contact's: what the refusals above rely on."""
    assert decode_id(CONTACT, "merge_01j0000000e008000000000000") is None
