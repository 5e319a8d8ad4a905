"""One answer for one key: repeats are safe for ever, whatever became of the contacts."""

import asyncio
from typing import Any

from tests.contract.steps import get, listed, refused, unchanged, with_key
from tests.support.api import Api

_ANSWER = "merged { id } mergedContactIds remainingDuplicates merge { id }"


async def _merge(api: Api, primary: str, source: str | None, key: str, **values: Any) -> dict[str, Any]:
    sources = {} if source is None else {"sourceContactIds": [source]}
    return await api.act("mergeContacts", _ANSWER, primaryContactId=primary, idempotencyKey=key, **sources, **values)


async def test_the_same_key_gives_the_same_answer_and_changes_nothing(api: Api) -> None:
    """A repeated merge answers as the first did, later and with other edits since; another key of the org too."""
    a, b = await api.contact(), await api.contact()
    first = await _merge(api, a, b, "k", reason="same person")
    api.clock.advance(days=400)
    other_key = await with_key(api)
    async with unchanged(api):
        assert await _merge(api, a, b, "k", reason="same person") == first
        assert await _merge(other_key, a, b, "k", reason="  same person ") == first
    assert (first["userErrors"], first["mergedContactIds"]) == ([], [b])


async def test_a_repeat_shows_the_contact_as_it_is_today(api: Api) -> None:
    """The survivor is read anew: an edit since shows."""
    a, b = await api.contact(), await api.contact()
    await _merge(api, a, b, "k")
    await api.done("updateContact", "contact { id }", id=a, name="Later")
    again = await api.done(
        "mergeContacts", "merged { id name }", primaryContactId=a, sourceContactIds=[b], idempotencyKey="k"
    )
    assert again["merged"] == {"id": a, "name": "Later"}


async def test_a_repeat_after_the_contact_was_merged_further_follows(api: Api) -> None:
    """The primary was merged away since: the answer shows who it leads to, the same merge and the same sources."""
    a, b, c, d = [await api.contact() for _ in range(4)]
    first = await _merge(api, a, b, "k")
    await api.merge(c, a)
    await api.merge(d, c)
    assert await _merge(api, a, b, "k") == {**first, "merged": {"id": d}}


async def test_a_repeat_after_erasure_is_not_found(api: Api) -> None:
    """The survivor was erased since: NOT_FOUND, nothing comes back."""
    a, b = await api.contact(), await api.contact()
    await _merge(api, a, b, "k")
    await api.contact(name="Ann", idempotencyKey="make")
    made = (await listed(api))[-1]
    for contact in (a, made):
        await api.done("deleteContact", "deletedContactIds", id=contact)
    assert await refused(api, "mergeContacts", primaryContactId=a, sourceContactIds=[b], idempotencyKey="k") == [
        ("NOT_FOUND", ["primaryContactId"], a)
    ]
    found = await refused(api, "createContact", name="Ann", idempotencyKey="make")
    assert found == [("NOT_FOUND", ["idempotencyKey"], made)]


async def test_another_input_is_refused(api: Api) -> None:
    """The key belongs to its first input: other sources, order, reason, detection or another act are REUSED."""
    a, b, c = [await api.contact() for _ in range(3)]
    await _merge(api, a, b, "k")
    reused = [("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"], None)]
    for changed in (
        {"primaryContactId": c, "sourceContactIds": [b]},
        {"primaryContactId": a, "sourceContactIds": [c]},
        {"primaryContactId": a, "sourceContactIds": [b, c]},
        {"primaryContactId": a},
        {"primaryContactId": a, "sourceContactIds": [b], "reason": "x"},
    ):
        assert await refused(api, "mergeContacts", idempotencyKey="k", **changed) == reused, changed
    assert await refused(api, "createContact", idempotencyKey="k") == reused


async def test_null_and_left_out_are_the_same_input(api: Api) -> None:
    """A repeat that spells null where the first left out is the same request."""
    a = await api.contact()
    first = await _merge(api, a, None, "k")
    assert await _merge(api, a, None, "k", sourceContactIds=None, reason=None) == first
    made = await api.contact(name="Ann", idempotencyKey="make")
    assert await api.contact(name="Ann", company=None, address=None, idempotencyKey="make") == made


async def test_nothing_found_is_kept(api: Api) -> None:
    """A detection that found nobody answers the same later, when there would be somebody."""
    a = await api.contact(email="ann@lee.example")
    first = await _merge(api, a, None, "k")
    twin = await api.contact(email="ann@lee.example")
    async with unchanged(api):
        assert await _merge(api, a, None, "k") == first
    assert first["mergedContactIds"] == []
    assert (await _merge(api, a, None, "k2"))["mergedContactIds"] == [twin]


async def test_a_refusal_is_not_kept(api: Api) -> None:
    """After a refusal the key is free: the same call succeeds once its cause is gone."""
    a, b, c = [await api.contact() for _ in range(3)]
    await api.merge(c, b)
    assert await refused(api, "mergeContacts", primaryContactId=a, sourceContactIds=[b], idempotencyKey="k") == [
        ("ALREADY_MERGED", ["sourceContactIds", "0"], c)
    ]
    assert (await _merge(api, a, c, "k"))["mergedContactIds"] == [c]
    await refused(api, "createContact", email="nobody", idempotencyKey="make")
    assert await api.contact(email="nobody@lee.example", idempotencyKey="make")


async def test_concurrent_merges_of_one_key_are_one(api: Api) -> None:
    """Eight at once: one merge in the history, eight equal answers."""
    a, b = await api.contact(), await api.contact()
    answers = await asyncio.gather(*(_merge(api, a, b, "k") for _ in range(8)))
    assert answers == [answers[0]] * 8
    assert answers[0]["userErrors"] == []
    assert await get(api, a, "merges { totalCount } version") == {"merges": {"totalCount": 1}, "version": 2}


async def test_concurrent_merges_without_a_key_are_one_and_refusals(api: Api) -> None:
    """Eight at once without a key: one merges, seven learn that it was merged already."""
    a, b = await api.contact(), await api.contact()
    answers = await asyncio.gather(
        *(api.act("mergeContacts", _ANSWER, primaryContactId=a, sourceContactIds=[b]) for _ in range(8))
    )
    codes = sorted(error["code"] for answer in answers for error in answer["userErrors"])
    assert codes == ["ALREADY_MERGED"] * 7
    assert (await get(api, a, "merges { totalCount }"))["merges"]["totalCount"] == 1


async def test_concurrent_creates_of_one_key_make_one(api: Api) -> None:
    """Eight at once: one contact, one id in all answers; another input with the key is refused."""
    made = await asyncio.gather(*(api.contact(name="Ann", idempotencyKey="k") for _ in range(8)))
    assert await listed(api) == [made[0]]
    assert set(made) == {made[0]}
    found = await refused(api, "createContact", name="Anne", idempotencyKey="k")
    assert found == [("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"], None)]


async def test_a_repeated_create_follows_merges(api: Api) -> None:
    """The contact that the key made was merged away since: the answer is its survivor."""
    made, other = await api.contact(name="Ann", idempotencyKey="k"), await api.contact()
    await api.merge(other, made)
    assert await api.contact(name="Ann", idempotencyKey="k") == other


async def test_keys_of_import_rows_are_kept_row_by_row(api: Api) -> None:
    """A row repeated in the call or in another call is made once; with another input it is refused."""
    fields = "results { index contact { id } userErrors { code field } }"
    rows = [{"name": "Ann", "idempotencyKey": "r1"}, {"name": "Ann", "idempotencyKey": "r1"}, {"name": "Bo"}]
    first = (await api.done("importContacts", fields, contacts=rows))["results"]
    ann = first[0]["contact"]
    assert first[1] == {"index": 1, "contact": ann, "userErrors": []}
    again = await api.done("importContacts", fields, contacts=[rows[0], {"name": "Anne", "idempotencyKey": "r1"}])
    assert again["results"] == [
        {"index": 0, "contact": ann, "userErrors": []},
        {
            "index": 1,
            "contact": None,
            "userErrors": [{"code": "IDEMPOTENCY_KEY_REUSED", "field": ["idempotencyKey"]}],
        },
    ]
    assert await api.contact(name="Ann", idempotencyKey="r1") == ann["id"]
    assert len(await listed(api)) == 2
