"""addIdentifier and removeIdentifier: which one leads, and where a write to an old id lands."""

from typing import Any

from tests.contract.steps import get, listed, refused, settings
from tests.support.api import Api

_SHOWN = "email phone identifiers { kind value verified contactId }"


async def _add(api: Api, contact: str, kind: str, value: str, **more: Any) -> dict[str, Any]:
    return await api.done(
        "addIdentifier",
        f"contact {{ id {_SHOWN} }} landedOn",
        contactId=contact,
        identifier={"kind": kind, "value": value, **more},
    )


async def _remove(api: Api, contact: str, kind: str, value: str, **more: Any) -> dict[str, Any]:
    return await api.done(
        "removeIdentifier", f"contact {{ id {_SHOWN} }} landedOn", contactId=contact, kind=kind, value=value, **more
    )


async def test_the_first_of_its_kind_leads_and_later_ones_do_not(api: Api) -> None:
    """An added address or number leads when there was none; email as typed, phone in its normal form."""
    a = await api.contact()
    await _add(api, a, "PHONE", "+49 30 123456")
    await _add(api, a, "EMAIL", "Ann@Lee.example")
    found = (await _add(api, a, "EMAIL", "second@lee.example"))["contact"]
    assert (found["email"], found["phone"]) == ("Ann@Lee.example", "+4930123456")
    assert len(found["identifiers"]) == 3


async def test_an_added_identifier_can_be_verified_later_but_not_unverified(api: Api) -> None:
    """Adding it again as verified says so; adding it again without does not take that back."""
    a = await api.contact(email="ann@lee.example")
    for verified, shown in ((False, False), (True, True), (False, True)):
        found = (await _add(api, a, "EMAIL", "ann@lee.example", verified=verified))["contact"]
        assert [identifier["verified"] for identifier in found["identifiers"]] == [shown]


async def test_removing_the_leading_one_lets_the_next_lead(api: Api) -> None:
    """The next of its kind leads: a verified one before an older one; with none left the field is null."""
    a = await api.contact(email="one@lee.example")
    await _add(api, a, "EMAIL", "two@lee.example")
    await _add(api, a, "EMAIL", "three@lee.example", verified=True)
    for value, leads in (
        ("ONE@lee.example", "three@lee.example"),
        ("three@lee.example", "two@lee.example"),
        ("two@lee.example", None),
    ):
        assert (await _remove(api, a, "EMAIL", value))["contact"]["email"] == leads
    assert (await get(api, a, "identifiers { value }")) == {"identifiers": []}


async def test_removing_another_one_leaves_the_leading_one(api: Api) -> None:
    """A number that does not lead goes without a change of the field; any spelling finds it."""
    a = await api.contact(phone="+4930123456", identifiers=[{"kind": "PHONE", "value": "+4930654321"}])
    found = (await _remove(api, a, "PHONE", "tel:+49-30-654321"))["contact"]
    assert found["phone"] == "+4930123456"
    assert [identifier["value"] for identifier in found["identifiers"]] == ["+4930123456"]


async def test_a_system_is_part_of_the_identifier(api: Api) -> None:
    """Taking `c-7` off one system leaves it in another."""
    ids = [{"kind": "EXTERNAL_ID", "system": system, "value": "c-7"} for system in ("crm", "shop", None)]
    a = await api.contact(identifiers=ids)
    await _remove(api, a, "EXTERNAL_ID", "c-7", system="crm")
    await _remove(api, a, "EXTERNAL_ID", "c-7")
    assert await get(api, a, "identifiers { system }") == {"identifiers": [{"system": "shop"}]}


async def test_removing_what_is_not_there_is_not_found(api: Api) -> None:
    """An identifier that the contact never had, or has no more, is NOT_FOUND at `value`."""
    a = await api.contact(email="ann@lee.example")
    await api.contact(email="bo@lee.example")
    await _remove(api, a, "EMAIL", "ann@lee.example")
    for value in ("ann@lee.example", "bo@lee.example"):
        found = await refused(api, "removeIdentifier", contactId=a, kind="EMAIL", value=value)
        assert found == [("NOT_FOUND", ["value"], None)]


async def test_a_removed_identifier_finds_nobody_until_it_is_added_again(api: Api) -> None:
    """Search, filter and lookup lose it at once and find it again after it was added."""
    a = await api.contact(name="Zoe", email="ann@lee.example")
    query = '{ contactByIdentifier(kind: EMAIL, value: "ann@lee.example") { id } }'

    async def found() -> list[bool]:
        by_id = (await api.ask(query))["contactByIdentifier"]
        lists = [
            await listed(api, filter={"search": "ann@lee"}),
            await listed(api, filter={"email": "ann@lee.example"}),
        ]
        return [bool(by_id), *(bool(ids) for ids in lists)]

    assert await found() == [True, True, True]
    await _remove(api, a, "EMAIL", "ann@lee.example")
    assert await found() == [False, False, False]
    await _add(api, a, "EMAIL", "ann@lee.example")
    assert await found() == [True, True, True]


async def test_writes_to_an_old_id_land_on_the_survivor(api: Api) -> None:
    """Add and remove through a merged-away id change the survivor, say so, and the whole tree loses what goes. What is
    added stays with the id that it was sent to."""
    a, b, c = [await api.contact(email="ann@lee.example") for _ in range(3)]
    await api.merge(b, c)
    await api.merge(a, b)
    added = await _add(api, c, "USERNAME", "annlee")
    assert (added["landedOn"], added["contact"]["id"]) == (a, a)
    assert {"kind": "USERNAME", "value": "annlee", "verified": False, "contactId": c} in added["contact"]["identifiers"]
    removed = await _remove(api, b, "EMAIL", "ann@lee.example")
    assert removed["landedOn"] == a
    assert removed["contact"] == {
        "id": a,
        "email": None,
        "phone": None,
        "identifiers": [{"kind": "USERNAME", "value": "annlee", "verified": False, "contactId": c}],
    }


async def test_a_number_stored_as_digits_can_be_removed_once_its_region_is_known(api: Api) -> None:
    """`030 123456` was stored as digits; after the country was filled in, the value shown still takes it off."""
    a = await api.contact(phone="030 123456")
    await api.done("updateContact", "contact { id }", id=a, address={"country": "DE"})
    assert (await _remove(api, a, "PHONE", "030 123456"))["contact"]["identifiers"] == []
    b = await api.contact(phone="030 654321")
    await settings(api, defaultRegion="DE")
    assert (await _remove(api, b, "PHONE", "030654321"))["contact"]["identifiers"] == []
