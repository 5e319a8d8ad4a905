"""What no source promises: merges that cost the same whatever their size, and ids that never stop working."""

from itertools import pairwise

import pytest

from resolvers.ids import CONTACT, decode_id
from resolvers.merging.merge import merge_contacts
from resolvers.merging.request import MergeRequest
from tests.contract.steps import act_of, get, refused
from tests.support.api import Api
from tests.support.statements import recorded


async def _full_contacts(api: Api, number: int, prefix: str) -> list[str]:
    rows = [
        {
            "name": f"{prefix} {n}",
            "email": "shared@lee.example",
            "identifiers": [{"kind": "USERNAME", "value": f"{prefix}{n}-{m}"} for m in range(3)],
            "customAttributes": {f"k{m}": n for m in range(5)},
            "lastActivityAt": "2026-01-01T00:00:00Z",
        }
        for n in range(number)
    ]
    done = await api.done("importContacts", "results { contact { id } }", contacts=rows)
    return [result["contact"]["id"] for result in done["results"]]


async def _statements(api: Api, primary: str, sources: list[str] | None, key: str | None) -> list[str]:
    decoded = [decode_id(CONTACT, contact) for contact in [primary, *(sources or [])]]
    ids = tuple(contact for contact in decoded if contact is not None)
    request = MergeRequest(ids[0], None if sources is None else ids[1:], "why", key)
    with recorded(api.db) as statements:
        await merge_contacts(api.db, act_of(api), request)
    return [" ".join(statement.split()[:3]) for statement in statements]


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_merge_runs_at_most_fourteen_statements_for_one_and_for_fifty(api: Api, key: str | None) -> None:
    """The same statements for 1 and for 50 sources, at most fourteen with an idempotency key."""
    one = await _full_contacts(api, 2, "one")
    fifty = await _full_contacts(api, 51, "fifty")
    first = await _statements(api, one[0], one[1:], key)
    second = await _statements(api, fifty[0], fifty[1:], key and "k2")
    assert second == first
    assert len(first) == (13 if key is None else 14)


async def test_detection_adds_three_statements(api: Api) -> None:
    """A merge that detects runs three statements more, for one and for eleven duplicates alike."""
    contacts = await _full_contacts(api, 12, "twin")
    lone = await api.contact(email="lone@lee.example")
    await api.contact(email="lone@lee.example")
    assert len(await _statements(api, lone, None, None)) == 16
    assert len(await _statements(api, contacts[0], None, None)) == 16
    assert len((await get(api, contacts[0], "mergedContactIds"))["mergedContactIds"]) == 11


async def test_a_merge_costs_the_same_after_many_merges(api: Api) -> None:
    """A primary that leads fifty contacts already merges with as many statements as one that leads none."""
    contacts = await _full_contacts(api, 53, "many")
    first = await _statements(api, contacts[0], contacts[1:51], None)
    assert await _statements(api, contacts[0], contacts[51:52], None) == first
    assert await _statements(api, contacts[52], contacts[:1], None) == first


async def test_already_merged_names_the_survivor(api: Api) -> None:
    """A merged-away source names who it leads to now, also when that is the very primary of the call."""
    a, b, c, d = [await api.contact() for _ in range(4)]
    await api.merge(b, a)
    await api.merge(c, b)
    assert await refused(api, "mergeContacts", primaryContactId=d, sourceContactIds=[a]) == [
        ("ALREADY_MERGED", ["sourceContactIds", "0"], c)
    ]
    assert await refused(api, "mergeContacts", primaryContactId=c, sourceContactIds=[a, b, d]) == [
        ("ALREADY_MERGED", ["sourceContactIds", "0"], c),
        ("ALREADY_MERGED", ["sourceContactIds", "1"], c),
    ]


async def test_already_merged_primary_with_and_without_sources(api: Api) -> None:
    """A merged-away primary is ALREADY_MERGED naming the survivor, named sources or detection alike."""
    a, b, c = await api.contact(email="ann@lee.example"), await api.contact(), await api.contact()
    await api.contact(email="ann@lee.example")
    await api.merge(b, a)
    expected = [("ALREADY_MERGED", ["primaryContactId"], b)]
    assert await refused(api, "mergeContacts", primaryContactId=a, sourceContactIds=[c]) == expected
    assert await refused(api, "mergeContacts", primaryContactId=a, sourceContactIds=[b]) == expected
    assert await refused(api, "mergeContacts", primaryContactId=a) == expected


async def test_nested_merges_keep_everything_at_depth_five(api: Api) -> None:
    """Values, identifiers, labels, ids and history of a chain of five all show on the last survivor."""
    chain = []
    for depth in range(5):
        contact = await api.contact(
            email=f"m{depth}@lee.example", customAttributes={"depth": depth, f"only{depth}": depth}
        )
        await api.done("setLabels", "contact { id }", contactId=contact, names=[f"label{depth}"])
        chain.append(contact)
    for source, primary in pairwise(chain):
        api.clock.advance(minutes=1)
        await api.merge(primary, source)
    found = await get(
        api,
        chain[-1],
        """customAttributes mergedContactIds labels { name } identifiers { value contactId }
        merges { totalCount nodes { primaryContactId primary { id } sources { contactId } } }""",
    )
    assert found["customAttributes"] == {"depth": 4} | {f"only{depth}": depth for depth in range(5)}
    assert found["mergedContactIds"] == chain[:-1]
    assert found["labels"] == [{"name": f"label{depth}"} for depth in range(5)]
    held = sorted((i["value"], i["contactId"]) for i in found["identifiers"])
    assert held == [(f"m{depth}@lee.example", chain[depth]) for depth in range(5)]
    assert found["merges"] == {
        "totalCount": 4,
        "nodes": [
            {
                "primaryContactId": chain[depth],
                "primary": {"id": chain[4]},
                "sources": [{"contactId": chain[depth - 1]}],
            }
            for depth in (4, 3, 2, 1)
        ],
    }


async def test_the_history_says_who_when_and_why(api: Api) -> None:
    """A merge is found by its id and in every list, with actor, time, reason and the fields that it changed."""
    a, b = await api.contact(company="Acme"), await api.contact(name="Anne", company="Beta")
    api.clock.advance(minutes=5)
    merge = (await api.merge(a, b, reason="  same  person "))["merge"]["id"]
    fields = """id kind primaryContactId detected reason actor createdAt sources { contactId name }
      changes { field value contactId rule discarded { value contactId } }"""
    expected = {
        "id": merge,
        "kind": "CONTACTS",
        "primaryContactId": a,
        "detected": False,
        "reason": "same  person",
        "actor": "tests",
        "createdAt": "2026-06-01T12:05:00.000000Z",
        "sources": [{"contactId": b, "name": "Anne"}],
        "changes": [{"field": "name", "value": "Anne", "contactId": b, "rule": "FILLED_FROM_SOURCE", "discarded": []}],
    }
    query = f"query ($id: ID!) {{ merge(id: $id) {{ {fields} }} node(id: $id) {{ ... on Merge {{ {fields} }} }} }}"
    assert await api.ask(query, id=merge) == {"merge": expected, "node": expected}
    lists = f"""query ($b: ID!) {{ all: merges {{ nodes {{ {fields} }} totalCount }}
      of: merges(filter: {{contactId: $b, actor: "tests", detected: false}}) {{ nodes {{ id }} }}
      none: merges(filter: {{createdAt: {{lt: "2026-06-01T12:05:00Z"}}}}) {{ nodes {{ id }} totalCount }} }}"""
    assert await api.ask(lists, b=b) == {
        "all": {"nodes": [expected], "totalCount": 1},
        "of": {"nodes": [{"id": merge}]},
        "none": {"nodes": [], "totalCount": 0},
    }
