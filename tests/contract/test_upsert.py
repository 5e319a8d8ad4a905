"""upsertContact: by one identifier, made when nobody holds it, changed on the survivor when one does."""

import asyncio
from typing import Any

from tests.contract.steps import get, listed, refused, unchanged
from tests.support.api import Api

_BY = {"kind": "EMAIL", "value": "Ann@Lee.example"}


async def _upsert(api: Api, by: dict[str, Any], **contact: Any) -> tuple[str, bool]:
    done = await api.done("upsertContact", "contact { id } created", by=by, contact=contact)
    return done["contact"]["id"], done["created"]


async def test_upsert_makes_a_contact_that_the_identifier_leads(api: Api) -> None:
    """Nobody holds it: the contact is made with it, leading for an address or a number."""
    a, created = await _upsert(api, {**_BY, "verified": True}, name="Ann")
    assert created is True
    assert await get(api, a, "name email identifiers { value verified }") == {
        "name": "Ann",
        "email": "Ann@Lee.example",
        "identifiers": [{"value": "Ann@Lee.example", "verified": True}],
    }
    b, _ = await _upsert(api, {"kind": "EXTERNAL_ID", "system": "crm", "value": "c-7"}, email="bo@lee.example")
    found = await get(api, b, "email identifiers { value }")
    assert found["email"] == "bo@lee.example"
    assert sorted(identifier["value"] for identifier in found["identifiers"]) == ["bo@lee.example", "c-7"]


async def test_upsert_changes_the_one_that_holds_it(api: Api) -> None:
    """One holder: it is changed as by updateContact, null clears, and what holds for the making only is ignored."""
    a = await api.contact(name="Ann", title="CEO", email="ann@lee.example", customAttributes={"a": 1})
    found = await _upsert(
        api, _BY, name="Anna", title=None, customAttributes={"b": 2}, createdAt="2020-01-01T00:00:00Z"
    )
    assert found == (a, False)
    assert await get(api, a, "name title customAttributes createdAt email") == {
        "name": "Anna",
        "title": None,
        "customAttributes": {"a": 1, "b": 2},
        "createdAt": "2026-06-01T12:00:00.000000Z",
        "email": "ann@lee.example",
    }


async def test_the_same_upsert_again_changes_nothing(api: Api) -> None:
    """Upserts repeat safely: the second finds what the first made and writes nothing."""
    first = await _upsert(api, _BY, name="Ann", customAttributes={"a": 1})
    api.clock.advance(hours=1)
    async with unchanged(api):
        assert await _upsert(api, _BY, name="Ann", customAttributes={"a": 1}) == (first[0], False)


async def test_upsert_lands_on_the_survivor(api: Api) -> None:
    """The holder was merged away: the survivor is changed."""
    a, b = await api.contact(name="Ann"), await api.contact(email="ann@lee.example")
    await api.merge(a, b)
    assert await _upsert(api, _BY, title="CEO") == (a, False)
    assert await get(api, a, "name title") == {"name": "Ann", "title": "CEO"}


async def test_several_holders_are_ambiguous_each_named(api: Api) -> None:
    """AMBIGUOUS_IDENTIFIER with one error a holder, and nothing written; merging them mends it."""
    holders = [await api.contact(email="ann@lee.example") for _ in range(3)]
    found = await refused(api, "upsertContact", by=_BY, contact={"name": "Ann"})
    assert sorted(found) == [("AMBIGUOUS_IDENTIFIER", ["by", "value"], holder) for holder in holders]
    await api.merge(*holders)
    assert await _upsert(api, _BY, name="Ann") == (holders[0], False)


async def test_upsert_by_one_system_does_not_find_another(api: Api) -> None:
    """A user name of one system is another identifier than that of the next."""
    by = {"kind": "USERNAME", "system": "forum", "value": "AnnLee"}
    a, _ = await _upsert(api, by)
    assert await _upsert(api, {**by, "value": "annlee"}) == (a, False)
    assert (await _upsert(api, {**by, "system": "shop"}))[1] is True
    assert (await _upsert(api, {**by, "system": None}))[1] is True


async def test_concurrent_upserts_of_a_new_identifier_make_one(api: Api) -> None:
    """Six at once: one makes, five change, one contact."""
    found = await asyncio.gather(*(_upsert(api, _BY, name="Ann") for _ in range(6)))
    assert sorted(created for _, created in found) == [False] * 5 + [True]
    assert await listed(api) == [found[0][0]]


async def test_upsert_names_the_field_that_is_wrong(api: Api) -> None:
    """What is wrong in `by` and in `contact` is named with its way, whether the contact exists or not."""
    for _ in range(2):
        cases: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
            ({"kind": "EMAIL", "value": "nobody"}, {}, ["by", "value"]),
            ({"kind": "PHONE", "value": "+1"}, {}, ["by", "value"]),
            ({"kind": "EXTERNAL_ID", "value": " "}, {}, ["by", "value"]),
            (_BY, {"phone": "abc"}, ["contact", "phone"]),
            (_BY, {"birthdate": "1700-01-01"}, ["contact", "birthdate"]),
            (_BY, {"idempotencyKey": "k"}, ["contact", "idempotencyKey"]),
            (_BY, {"organizationId": "org_1"}, ["contact", "organizationId"]),
            (_BY, {"identifiers": [{"kind": "EMAIL", "value": "x"}]}, ["contact", "identifiers", "0", "value"]),
        ]
        for by, contact, field in cases:
            found = await refused(api, "upsertContact", by=by, contact=contact)
            assert found == [("BAD_USER_INPUT", field, None)], (by, contact)
        await _upsert(api, _BY)
