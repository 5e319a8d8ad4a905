"""The identifier rule: whether several contacts may hold one identifier, asked by every writer."""

import asyncio
from typing import Any

import pytest

from tests.contract.steps import get, neighbour, refused, settings
from tests.support.api import Api

_EXTERNAL = {"kind": "EXTERNAL_ID", "system": "crm", "value": "c-7"}
_EMAIL = {"kind": "EMAIL", "value": "ann@lee.example"}


async def test_shared_lets_several_contacts_hold_one(api: Api) -> None:
    """By default a lead and a user hold the same address and external id, by every writer."""
    for _ in range(2):
        contact = await api.contact(email="ann@lee.example", identifiers=[_EXTERNAL])
        await api.done("updateContact", "contact { id }", id=contact, phone="+4930123456")
        await api.done("addIdentifier", "contact { id }", contactId=contact, identifier={**_EMAIL, "verified": True})
    query = '{ contactByIdentifier(kind: EXTERNAL_ID, value: "c-7") { id } }'
    assert len((await api.ask(query))["contactByIdentifier"]) == 2


@pytest.mark.parametrize("rule", ["UNIQUE", "UNIQUE_EXTERNAL_IDS"])
async def test_every_writer_refuses_an_identifier_that_is_taken(api: Api, rule: str) -> None:
    """Create, update, add and upsert are IDENTIFIER_TAKEN, naming field and holder; nothing is written."""
    await settings(api, identifierRule=rule)
    holder = await api.contact(email="ann@lee.example", phone="+4930123456", identifiers=[_EXTERNAL])
    other = await api.contact(name="Other", email="other@lee.example")
    by = {"kind": "EMAIL", "value": "other@lee.example"}
    taken: list[tuple[str, dict[str, Any], list[str]]] = [
        ("createContact", {"identifiers": [_EXTERNAL]}, ["identifiers"]),
        ("addIdentifier", {"contactId": other, "identifier": _EXTERNAL}, ["identifier", "value"]),
        ("upsertContact", {"by": by, "contact": {"identifiers": [_EXTERNAL]}}, ["contact", "identifiers"]),
    ]
    leading: list[tuple[str, dict[str, Any], list[str]]] = [
        ("createContact", {"email": "ANN@lee.example"}, ["email"]),
        ("createContact", {"phone": "+49 30 123456"}, ["phone"]),
        ("updateContact", {"id": other, "email": "ANN@lee.example"}, ["email"]),
        ("updateContact", {"id": other, "phone": "+49 30 123456"}, ["phone"]),
        ("addIdentifier", {"contactId": other, "identifier": _EMAIL}, ["identifier", "value"]),
        ("upsertContact", {"by": by, "contact": {"phone": "+49 30 123456"}}, ["contact", "phone"]),
    ]
    for name, values, field in taken + (leading if rule == "UNIQUE" else []):
        assert await refused(api, name, **values) == [("IDENTIFIER_TAKEN", field, holder)], (name, values)
    if rule == "UNIQUE_EXTERNAL_IDS":
        await api.contact(email="ann@lee.example")


async def test_imports_refuse_the_taken_rows_and_land_the_others(api: Api) -> None:
    """Each row is judged with the rows before it: the first of two equal ones lands, the second names it."""
    await settings(api, identifierRule="UNIQUE")
    holder = await api.contact(email="ann@lee.example")
    rows = [{"email": "ann@lee.example"}, {"email": "bo@lee.example"}, {"email": "BO@lee.example"}, {"name": "Cy"}]
    done = await api.done(
        "importContacts", "results { contact { id } userErrors { code field contactId } }", contacts=rows
    )
    results = done["results"]
    assert results[0] == {
        "contact": None,
        "userErrors": [{"code": "IDENTIFIER_TAKEN", "field": ["email"], "contactId": holder}],
    }
    assert results[1]["userErrors"] == results[3]["userErrors"] == []
    assert results[2]["userErrors"] == [
        {"code": "IDENTIFIER_TAKEN", "field": ["email"], "contactId": results[1]["contact"]["id"]}
    ]


async def test_ones_own_identifier_is_no_clash_also_through_merges(api: Api) -> None:
    """A survivor may be given what it, or a contact merged into it, holds; systems and organisations do not clash."""
    await settings(api, identifierRule="UNIQUE")
    a, b = await api.contact(email="ann@lee.example"), await api.contact(identifiers=[_EXTERNAL])
    await api.merge(a, b)
    await api.done("updateContact", "contact { id }", id=a, email="Ann@lee.example")
    await api.done("addIdentifier", "contact { id }", contactId=b, identifier=_EXTERNAL)
    await api.contact(identifiers=[{**_EXTERNAL, "system": "shop"}, {**_EXTERNAL, "system": None}])
    other = await neighbour(api)
    await settings(other, identifierRule="UNIQUE")
    await other.contact(email="ann@lee.example")
    assert await refused(api, "createContact", identifiers=[_EXTERNAL]) == [("IDENTIFIER_TAKEN", ["identifiers"], a)]


async def test_an_identifier_taken_off_or_erased_is_free(api: Api) -> None:
    """After removeIdentifier and after deleteContact somebody else may have it."""
    await settings(api, identifierRule="UNIQUE")
    a = await api.contact(email="ann@lee.example", phone="+4930123456")
    await api.done("removeIdentifier", "contact { id }", contactId=a, kind="PHONE", value="+4930123456")
    await api.contact(phone="+4930123456")
    await api.done("deleteContact", "deletedContactIds", id=a)
    await api.contact(email="ann@lee.example")


async def test_a_merge_is_never_refused_by_the_rule(api: Api) -> None:
    """Two that share an address from before the rule may be merged, which mends the clash."""
    a, b = await api.contact(email="ann@lee.example"), await api.contact(email="ann@lee.example")
    await settings(api, identifierRule="UNIQUE")
    assert (await api.merge(a, b))["mergedContactIds"] == [b]
    await api.done("updateContact", "contact { id }", id=a, email="ANN@lee.example")


async def test_concurrent_creates_of_one_identifier_make_one(api: Api) -> None:
    """Six at once under UNIQUE: one lands, five learn who holds it."""
    await settings(api, identifierRule="UNIQUE")
    answers = await asyncio.gather(
        *(api.act("createContact", "contact { id }", email="ann@lee.example") for _ in range(6))
    )
    made = [answer["contact"]["id"] for answer in answers if answer["contact"]]
    assert len(made) == 1
    errors = [(error["code"], error["contactId"]) for answer in answers for error in answer["userErrors"]]
    assert errors == [("IDENTIFIER_TAKEN", made[0])] * 5


async def test_the_default_region_reads_numbers_without_a_plus(api: Api) -> None:
    """With a region `030 123456` and `+4930123456` are one number; without one the digits stand as they are."""
    bare = await api.contact(phone="030 123456")
    assert await get(api, bare, "phone identifiers { value normalized }") == {
        "phone": "030123456",
        "identifiers": [{"value": "030 123456", "normalized": "030123456"}],
    }
    await settings(api, defaultRegion="de", identifierRule="UNIQUE")
    german = await api.contact(phone="030 123456")
    assert await get(api, german, "phone") == {"phone": "+4930123456"}
    french = await api.contact(phone="01 23 45 67 89", address={"country": "fr"})
    assert await get(api, french, "phone address { country }") == {
        "phone": "+33123456789",
        "address": {"country": "FR"},
    }
    assert await refused(api, "createContact", phone="+49 (30) 123456") == [("IDENTIFIER_TAKEN", ["phone"], german)]


async def test_settings_are_read_back_and_bad_ones_refused(api: Api) -> None:
    """What was set is shown, what was left out stays, null clears the region alone, and nonsense is named."""
    await settings(api, roleRule="LEAD_INTO_USER", defaultRegion="DE")
    await settings(api, identifierRule="UNIQUE", survivorship=[{"field": "EMAIL", "rule": "MOST_RECENT"}])
    query = "{ mergeSettings { organizationId roleRule identifierRule defaultRegion survivorship { field rule } } }"
    expected: dict[str, Any] = {
        "organizationId": api.org,
        "roleRule": "LEAD_INTO_USER",
        "identifierRule": "UNIQUE",
        "defaultRegion": "DE",
        "survivorship": [{"field": "EMAIL", "rule": "MOST_RECENT"}],
    }
    assert (await api.ask(query))["mergeSettings"] == expected
    for values, field in (
        ({"roleRule": None}, ["roleRule"]),
        ({"identifierRule": None}, ["identifierRule"]),
        ({"defaultRegion": "Germany"}, ["defaultRegion"]),
        ({"defaultRegion": "ZZ"}, ["defaultRegion"]),
        ({"survivorship": [{"field": "BLOCKED", "rule": "MOST_RECENT"}]}, ["survivorship", "0", "field"]),
        ({"survivorship": [{"field": "IS_ADMIN", "rule": "PRIMARY"}]}, ["survivorship", "0", "field"]),
        ({"survivorship": [{"field": "NAME", "rule": "UNION"}]}, ["survivorship", "0", "rule"]),
    ):
        assert await refused(api, "updateMergeSettings", **values) == [("BAD_USER_INPUT", field, None)], values
    await settings(api, defaultRegion=None, survivorship=[])
    assert (await api.ask(query))["mergeSettings"] == {**expected, "defaultRegion": None, "survivorship": []}
