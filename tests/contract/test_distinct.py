"""markDistinct: a "no" is remembered, through merges and undos too."""

from resolvers.access import ALL_SCOPES, Scope
from tests.contract.steps import neighbour, refused, unknown_id, with_key
from tests.support.api import Api


async def mark(api: Api, *contacts: str, back: bool = False) -> int:
    """How many pairs were marked, or taken back."""
    act = "unmarkDistinct" if back else "markDistinct"
    return int((await api.done(act, "pairs", contactIds=list(contacts)))["pairs"])


async def test_marked_contacts_are_not_merged(api: Api) -> None:
    """Neither by detection, nor by name without a word for it; taken back, both work again."""
    a, b, c = [await api.contact(name="Ann Lee", email="x@corp.test") for _ in range(3)]
    assert await mark(api, a, b) == 1
    assert await mark(api, a, b) == 1, "once more changes nothing"
    wanted = {"primaryContactId": a, "sourceContactIds": [c, b]}
    assert await refused(api, "mergeContacts", **wanted) == [("MARKED_DISTINCT", ["sourceContactIds", "1"], b)]
    found = await api.merge(a)
    assert (found["mergedContactIds"], found["remainingDuplicates"]) == ([c], 1)
    assert await mark(api, a, b, back=True) == 1
    assert await mark(api, a, b, back=True) == 0
    assert (await api.merge(a))["mergedContactIds"] == [b]


async def test_a_mark_holds_through_merges_and_undos(api: Api) -> None:
    """A and B are two; A is merged into C, B into D: C and D are two. After an undo so are A and B again."""
    a, b, c, d = [await api.contact(name=name) for name in "ABCD"]
    await mark(api, a, b)
    into_c = (await api.merge(c, a))["merge"]["id"]
    await api.merge(d, b)
    wanted = {"primaryContactId": c, "sourceContactIds": [d]}
    assert await refused(api, "mergeContacts", **wanted) == [("MARKED_DISTINCT", ["sourceContactIds", "0"], d)]
    await api.done("undoMerge", "primary { id }", mergeId=into_c)
    await api.merge(c, d)
    wanted = {"primaryContactId": c, "sourceContactIds": [a]}
    assert await refused(api, "mergeContacts", **wanted) == [("MARKED_DISTINCT", ["sourceContactIds", "0"], a)]
    assert await mark(api, c, a, back=True) == 1, "taken back between what they lead to now"
    await api.merge(c, a)


async def test_two_sources_that_are_marked(api: Api) -> None:
    """Not only the primary counts; detection takes the better one of the two."""
    a, b, c = [await api.contact(name="Ann Lee", email="x@corp.test") for _ in range(3)]
    await mark(api, b, c)
    wanted = {"primaryContactId": a, "sourceContactIds": [b, c]}
    assert await refused(api, "mergeContacts", **wanted) == [("MARKED_DISTINCT", ["sourceContactIds", "1"], c)]
    found = await api.merge(a)
    assert (found["mergedContactIds"], found["remainingDuplicates"]) == ([b], 1)
    assert (await api.merge(a))["mergedContactIds"] == [], "A holds B now, and B is not C"
    await api.merge(a, c, allowMarkedDistinct=True)


async def test_every_two_of_many(api: Api) -> None:
    """All pairs; erasing a contact forgets its own."""
    ids = [await api.contact(name=str(number)) for number in range(4)]
    assert await mark(api, *ids) == 6
    await api.done("deleteContact", "deletedContactIds", id=ids[0])
    assert await mark(api, *ids[1:], back=True) == 3


async def test_bad_marks(api: Api) -> None:
    """Each with its own code and field; nothing is written."""
    a, b, gone = await api.contact(name="A"), await api.contact(name="B"), unknown_id(api)
    merged = await api.contact(name="M")
    await api.merge(b, merged)
    other = await neighbour(api)
    foreign = await other.contact(name="F")
    both = await with_key(api, api.org_id, other.org_id)
    for act in ("markDistinct", "unmarkDistinct"):
        for caller, ids, errors in (
            (api, [a], [("BAD_USER_INPUT", ["contactIds"], None)]),
            (api, [a] * 51, [("BAD_USER_INPUT", ["contactIds"], None)]),
            (api, [a, "nonsense"], [("BAD_USER_INPUT", ["contactIds", "1"], None)]),
            (api, [a, a], [("DUPLICATE_SOURCE", ["contactIds", "1"], a)]),
            (api, [a, gone], [("NOT_FOUND", ["contactIds", "1"], gone)]),
            (api, [gone, foreign], [("NOT_FOUND", ["contactIds", str(i)], c) for i, c in enumerate([gone, foreign])]),
            (api, [a, merged], [("ALREADY_MERGED", ["contactIds", "1"], b)]),
            (both, [a, foreign], [("CROSS_ORG", ["contactIds", "1"], foreign)]),
        ):
            assert await refused(caller, act, contactIds=ids) == errors
    limited = await with_key(api, scopes=ALL_SCOPES - {Scope.MERGE})
    answer = await limited.send(
        "mutation ($i: MarkDistinctInput!) { markDistinct(input: $i) { pairs } }", {"i": {"contactIds": [a, b]}}
    )
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
