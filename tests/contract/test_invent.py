"""Invent's promises: one to fifty sources, or all duplicates that detection finds."""

from typing import Any

from tests.contract.steps import get, neighbour, refused, settings, unknown_id
from tests.support.api import Api

MAIL = "ann@lee.example"


async def _detect(api: Api, primary: str, **values: Any) -> tuple[list[str], int]:
    done = await api.merge(primary, **values)
    assert (done["merge"] is None) == (done["mergedContactIds"] == [])
    return done["mergedContactIds"], done["remainingDuplicates"]


async def _holders(api: Api, number: int, **values: Any) -> list[str]:
    rows = [{**values, "name": f"Holder {n}"} for n in range(number)]
    done = await api.done("importContacts", "results { contact { id } userErrors { message } }", contacts=rows)
    return [result["contact"]["id"] for result in done["results"]]


async def test_v1_fifty_sources_merge_in_the_order_given(api: Api) -> None:
    """Fifty sources are the most: all land, in their order, and the first with a value fills the blank."""
    primary = await api.contact()
    sources = (await _holders(api, 50))[::-1]
    done = await api.merge(primary, *sources)
    assert done["mergedContactIds"] == sources
    assert await get(api, primary, "name mergedContactIds") == {
        "name": "Holder 49",
        "mergedContactIds": sorted(sources),
    }


async def test_v1_fifty_one_sources_are_too_many(api: Api) -> None:
    """51 is TOO_MANY_SOURCES before any id is looked at, so unknown ones are no matter."""
    primary = await api.contact()
    found = await refused(
        api, "mergeContacts", primaryContactId=primary, sourceContactIds=[unknown_id(api) for _ in range(51)]
    )
    assert found == [("TOO_MANY_SOURCES", ["sourceContactIds"], None)]


async def test_v1_an_empty_list_is_an_error_not_auto(api: Api) -> None:
    """[] is EMPTY_SOURCES, although a duplicate is there to be detected."""
    primary, _ = await api.contact(email=MAIL), await api.contact(email=MAIL)
    found = await refused(api, "mergeContacts", primaryContactId=primary, sourceContactIds=[])
    assert found == [("EMPTY_SOURCES", ["sourceContactIds"], None)]


async def test_v2_left_out_and_null_both_detect(api: Api) -> None:
    """Without sources, and with null, the duplicates are found in the same act; others are left alone."""
    for sources in ({}, {"sourceContactIds": None}):
        primary = await api.contact(email=MAIL)
        twin = await api.contact(identifiers=[{"kind": "EMAIL", "value": MAIL.upper()}])
        other = await api.contact(email="bob@lee.example")
        done = await api.merge(primary, **sources)
        assert (done["mergedContactIds"], done["remainingDuplicates"]) == ([twin], 0)
        assert await get(api, primary, "merges { nodes { detected } }") == {"merges": {"nodes": [{"detected": True}]}}
        assert await api.read(other, "id") == {"id": other}
        await api.done("deleteContact", "deletedContactIds", id=primary)


async def test_v2_nothing_found_is_an_answer(api: Api) -> None:
    """No duplicates: the primary, no ids, no merge, no error, and the contact is as it was."""
    primary = await api.contact(name="Ann", email=MAIL)
    before = await get(api, primary, "version updatedAt")
    done = await api.merge(primary)
    assert done == {
        "merged": {"id": primary},
        "mergedContactIds": [],
        "remainingDuplicates": 0,
        "merge": None,
        "userErrors": [],
    }
    assert await get(api, primary, "version updatedAt") == before


async def test_v2_best_first(api: Api) -> None:
    """The more there is for it the earlier; what is equal in the order of the ids."""
    ids = [{"kind": "EXTERNAL_ID", "system": "crm", "value": "c-7"}, {"kind": "USERNAME", "value": "annlee"}]
    primary = await api.contact(email=MAIL, identifiers=ids)
    first, second = [await api.contact(email=MAIL) for _ in range(2)]
    two = await api.contact(email=MAIL, identifiers=ids[:1])
    three = await api.contact(email=MAIL, identifiers=ids)
    assert await _detect(api, primary) == ([three, two, first, second], 0)


async def test_v2_detection_sees_through_merges_and_not_what_was_taken_off(api: Api) -> None:
    """Identifiers of merged-away contacts count for the primary and for the others; removed ones do not."""
    primary, gave = await api.contact(name="Ann Lee"), await api.contact(email=MAIL)
    await api.merge(primary, gave)
    other, other_gave = await api.contact(name="Ann Lee"), await api.contact(email=MAIL)
    await api.merge(other, other_gave)
    removed = await api.contact(email=MAIL)
    await api.done("removeIdentifier", "contact { id }", contactId=removed, kind="EMAIL", value=MAIL)
    assert await _detect(api, primary) == ([other], 0)


async def test_v2_what_several_people_share_proves_nothing(api: Api) -> None:
    """People behind an address are counted, not contacts: many nameless leads of one person are merged; where people
    with other names use it as well, nobody without a name is."""
    primary = await api.contact(name="Ann Lee", email="own@lee.example")
    leads = await _holders(api, 40, email="own@lee.example")
    assert await _detect(api, primary) == (leads, 0)
    shared = await api.contact(name="Ann Lee", email="desk@lee.example")
    await _holders(api, 3, email="desk@lee.example")
    for name in ("Bob Ray", "Cy Doe", "Dan Fox"):
        await api.contact(name=name, email="desk@lee.example")
    assert await _detect(api, shared) == ([], 0)


async def test_v2_placeholders_and_role_addresses_prove_nothing(api: Api) -> None:
    """Each identifier that names nobody finds nobody, although both contacts hold it."""
    generic = [
        ("EMAIL", "info@lee.example"),
        ("EMAIL", "sales.team+7@lee.example"),
        ("EMAIL", "noreply@lee.example"),
        ("EMAIL", "test@lee.example"),
        ("EMAIL", "ann@example.com"),
        ("EMAIL", "a@a.com"),
        ("EMAIL", "ann@test.com"),
        ("PHONE", "+491111111111"),
        ("PHONE", "+4930123456789"),
        ("PHONE", "5555555"),
        ("EXTERNAL_ID", "0"),
        ("EXTERNAL_ID", "NULL"),
        ("USERNAME", "Undefined"),
    ]
    held = [{"kind": kind, "value": value} for kind, value in generic]
    primary, _ = await api.contact(identifiers=held), await api.contact(identifiers=held)
    assert await _detect(api, primary) == ([], 0)


async def test_v2_a_word_of_a_role_inside_a_name_still_counts(api: Api) -> None:
    """`ann.sales` is a person: an address is a role only when every word of it is."""
    primary, twin = await api.contact(email="ann.sales@lee.example"), await api.contact(email="ann.sales@lee.example")
    assert await _detect(api, primary) == ([twin], 0)


async def test_v2_system_tells_external_ids_apart(api: Api) -> None:
    """The same id in two systems is two people; in one system it is one."""
    primary = await api.contact(identifiers=[{"kind": "EXTERNAL_ID", "system": "crm", "value": "c-7"}])
    await api.contact(identifiers=[{"kind": "EXTERNAL_ID", "system": "shop", "value": "c-7"}])
    await api.contact(identifiers=[{"kind": "EXTERNAL_ID", "value": "c-7"}])
    twin = await api.contact(identifiers=[{"kind": "EXTERNAL_ID", "system": "crm", "value": "c-7"}])
    assert await _detect(api, primary) == ([twin], 0)


async def test_v2_at_most_fifty_and_the_rest_is_counted(api: Api) -> None:
    """66 duplicates: the 50 best are merged, 16 are left over, and a second call merges those."""
    mails = [f"ann{n}@lee.example" for n in range(6)]
    primary = await api.contact(identifiers=[{"kind": "EMAIL", "value": mail} for mail in mails])
    duplicates = [found for mail in mails for found in await _holders(api, 11, email=mail)]
    assert await _detect(api, primary) == (duplicates[:50], 16)
    assert await _detect(api, primary) == (duplicates[50:], 0)


async def test_v2_lead_into_user_skips_and_counts_the_others(api: Api) -> None:
    """Under the role rule detection takes leads alone; users and contacts without a role are left over."""
    await settings(api, roleRule="LEAD_INTO_USER")
    primary = await api.contact(role="USER", email=MAIL)
    await api.contact(role="USER", email=MAIL)
    await api.contact(email=MAIL)
    lead = await api.contact(role="LEAD", email=MAIL)
    assert await _detect(api, primary) == ([lead], 2)


async def test_v3_the_answer_names_the_merged_and_the_survivor(api: Api) -> None:
    """`merged` and `mergedContactIds` are there after a merge; null and [] after a refusal."""
    a, b, c = [await api.contact() for _ in range(3)]
    done = await api.merge(a, c, b)
    assert (done["merged"], done["mergedContactIds"]) == ({"id": a}, [c, b])
    fields = "merged { id } mergedContactIds remainingDuplicates merge { id }"
    failed = await api.act("mergeContacts", fields, primaryContactId=a, sourceContactIds=[b])
    del failed["userErrors"]
    assert failed == {"merged": None, "mergedContactIds": [], "remainingDuplicates": 0, "merge": None}


async def test_v4_every_field_of_the_contact_is_there(api: Api) -> None:
    """Invent's fields of a contact are read back as they were given."""
    contact = await api.contact(
        name="Ann",
        blocked=True,
        blockedAt="2026-01-02T03:04:05.678901Z",
        unsubscribed=True,
        unsubscribedAt="2026-02-03T04:05:06+02:00",
        unsubscribeReason="too many",
        unsubscribeFeedback="weekly would do",
        isAdmin=True,
        createdAt="2025-01-01T00:00:00Z",
    )
    fields = """id name blocked blockedAt unsubscribed unsubscribedAt unsubscribeReason unsubscribeFeedback isAdmin
      createdAt updatedAt"""
    assert await get(api, contact, fields) == {
        "id": contact,
        "name": "Ann",
        "blocked": True,
        "blockedAt": "2026-01-02T03:04:05.678901Z",
        "unsubscribed": True,
        "unsubscribedAt": "2026-02-03T02:05:06.000000Z",
        "unsubscribeReason": "too many",
        "unsubscribeFeedback": "weekly would do",
        "isAdmin": True,
        "createdAt": "2025-01-01T00:00:00.000000Z",
        "updatedAt": "2026-06-01T12:00:00.000000Z",
    }


async def test_v7_everything_stands_under_an_organization(api: Api) -> None:
    """A contact belongs to its key's organisation, a bearer token is demanded, and detection never looks across."""
    other = await neighbour(api)
    primary, foreign = await api.contact(email=MAIL), await other.contact(email=MAIL)
    assert await get(api, primary, "organizationId") == {"organizationId": api.org}
    assert await get(other, foreign, "organizationId") == {"organizationId": other.org}
    assert await _detect(api, primary) == ([], 0)
    answer = await api.http.post("/graphql", json={"query": "{ viewer { name } }"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
