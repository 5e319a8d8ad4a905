"""Bland's promises: every number, address and id of the duplicate is kept, and impossible merges are refused."""

from tests.contract.steps import get, neighbour, refused, unknown_id, with_key
from tests.support.api import Api

_IDENTIFIERS = "identifiers { kind system value normalized verified contactId }"


async def test_b1_identifiers_are_united_and_equal_ones_shown_once(api: Api) -> None:
    """All kinds of both show, normalised equals once: the primary's row, verified if either is."""
    primary = await api.contact(
        email="Ann@Lee.example",
        phone="+49 30 123456",
        identifiers=[{"kind": "EXTERNAL_ID", "system": "crm", "value": "c-7"}],
    )
    duplicate = await api.contact(
        email="ann@lee.EXAMPLE",
        phone="+49 (30) 12 34 56",
        identifiers=[
            {"kind": "EMAIL", "value": "ANN@lee.example", "verified": True},
            {"kind": "EXTERNAL_ID", "system": "shop", "value": "c-7"},
            {"kind": "USERNAME", "system": "forum", "value": "AnnLee"},
        ],
    )
    await api.merge(primary, duplicate)
    found = (await get(api, primary, _IDENTIFIERS))["identifiers"]
    shown = [(i["kind"], i["system"], i["value"], i["normalized"], i["verified"], i["contactId"]) for i in found]
    assert sorted(shown, key=str) == sorted(
        [
            ("EMAIL", None, "Ann@Lee.example", "ann@lee.example", True, primary),
            ("PHONE", None, "+49 30 123456", "+4930123456", False, primary),
            ("EXTERNAL_ID", "crm", "c-7", "c-7", False, primary),
            ("EXTERNAL_ID", "shop", "c-7", "c-7", False, duplicate),
            ("USERNAME", "forum", "AnnLee", "annlee", False, duplicate),
        ],
        key=str,
    )


async def test_b1_an_external_id_keeps_its_case_a_user_name_does_not(api: Api) -> None:
    """`C-7` and `c-7` are two external ids, and one user name."""
    primary = await api.contact(
        identifiers=[{"kind": "EXTERNAL_ID", "value": "C-7"}, {"kind": "USERNAME", "value": "C-7"}]
    )
    duplicate = await api.contact(
        identifiers=[{"kind": "EXTERNAL_ID", "value": "c-7"}, {"kind": "USERNAME", "value": "c-7"}]
    )
    await api.merge(primary, duplicate)
    found = (await get(api, primary, "identifiers { kind value }"))["identifiers"]
    assert sorted((i["kind"], i["value"]) for i in found) == [
        ("EXTERNAL_ID", "C-7"),
        ("EXTERNAL_ID", "c-7"),
        ("USERNAME", "C-7"),
    ]


async def test_b2_metadata_merges_and_the_primary_wins_per_key(api: Api) -> None:
    """The same in metadata and additionalAttributes: present keys win, missing ones are added."""
    primary = await api.contact(metadata={"a": 1, "deep": {"x": 1}}, additionalAttributes={"os": "mac"})
    duplicate = await api.contact(metadata={"a": 2, "b": 2, "deep": {"x": 2, "y": 2}}, additionalAttributes={"v": 1})
    await api.merge(primary, duplicate)
    assert await get(api, primary, "metadata additionalAttributes") == {
        "metadata": {"a": 1, "b": 2, "deep": {"x": 1, "y": 2}},
        "additionalAttributes": {"os": "mac", "v": 1},
    }


async def test_b3_the_name_is_the_primarys_unless_empty(api: Api) -> None:
    """A name stays; an empty one is filled."""
    named, nameless, duplicate, other = [await api.contact(name=name) for name in ("Ann", "   ", "Annie", "Anna")]
    await api.merge(named, duplicate)
    await api.merge(nameless, other)
    assert (await get(api, named, "name"), await get(api, nameless, "name")) == ({"name": "Ann"}, {"name": "Anna"})


async def test_b6_a_contact_does_not_merge_with_itself(api: Api) -> None:
    """The primary as its own source, alone or among others, is SELF_MERGE, and it lives on."""
    primary, other = await api.contact(name="Ann"), await api.contact()
    assert await refused(api, "mergeContacts", primaryContactId=primary, sourceContactIds=[primary]) == [
        ("SELF_MERGE", ["sourceContactIds", "0"], primary)
    ]
    assert await refused(api, "mergeContacts", primaryContactId=primary, sourceContactIds=[other, primary]) == [
        ("SELF_MERGE", ["sourceContactIds", "1"], primary)
    ]
    assert await get(api, primary, "name") == {"name": "Ann"}


async def test_b6_a_source_named_twice_is_refused(api: Api) -> None:
    """DUPLICATE_SOURCE at its second place."""
    primary, twice, once = [await api.contact() for _ in range(3)]
    assert await refused(api, "mergeContacts", primaryContactId=primary, sourceContactIds=[twice, once, twice]) == [
        ("DUPLICATE_SOURCE", ["sourceContactIds", "2"], twice)
    ]


async def test_b7_two_organizations_of_one_key_do_not_merge(api: Api) -> None:
    """A key that sees both is told CROSS_ORG, at the place of the contact that is elsewhere."""
    other = await neighbour(api)
    both = await with_key(api, api.org_id, other.org_id)
    here, also_here, there = await api.contact(), await api.contact(), await other.contact()
    assert await refused(both, "mergeContacts", primaryContactId=here, sourceContactIds=[also_here, there]) == [
        ("CROSS_ORG", ["sourceContactIds", "1"], there)
    ]
    assert await refused(both, "mergeContacts", primaryContactId=there, sourceContactIds=[here]) == [
        ("CROSS_ORG", ["sourceContactIds", "0"], here)
    ]


async def test_b7_another_organization_of_somebody_else_is_not_found(api: Api) -> None:
    """A key that sees one of the two gets the answer of an id that nobody has."""
    other = await neighbour(api)
    here, there = await api.contact(), await other.contact()
    assert await refused(api, "mergeContacts", primaryContactId=here, sourceContactIds=[there]) == [
        ("NOT_FOUND", ["sourceContactIds", "0"], there)
    ]
    assert await refused(api, "mergeContacts", primaryContactId=there, sourceContactIds=[here]) == [
        ("NOT_FOUND", ["primaryContactId"], there)
    ]


async def test_b8_contact_not_found(api: Api) -> None:
    """An unknown contact is NOT_FOUND in Bland's own words."""
    primary, missing = await api.contact(), unknown_id(api)
    errors = await api.refused("mergeContacts", primaryContactId=primary, sourceContactIds=[missing])
    assert [(error["code"], error["message"]) for error in errors] == [("NOT_FOUND", f"Contact not found: {missing}.")]


async def test_b9_the_id_is_the_primarys_and_there_are_no_errors(api: Api) -> None:
    """`merged.id` is the primary's id also when every value came from the source; `userErrors` is empty."""
    primary, duplicate = await api.contact(), await api.contact(name="Ann", email="ann@lee.example")
    done = await api.merge(primary, duplicate)
    assert (done["merged"]["id"], done["userErrors"]) == (primary, [])
