"""Reading one contact, what hangs on it, and what an id or an identifier leads to."""

from typing import Any

import pytest

from resolvers.ids import KEY, MERGE, encode_id
from tests.contract.steps import get, refused, settings, unknown_id, with_key
from tests.support.api import Api
from tests.support.statements import recorded

_CHILDREN = """id name identifiers { id value contactId } labels { id name } mergedContactIds
  provenance { field value contactId rule discarded { value contactId } }
  merges(first: 5) { totalCount pageInfo { hasNextPage } nodes { id actor primary { id name labels { name } }
    sources { contactId name } changes { field } } }"""


async def test_a_contact_by_its_id(api: Api) -> None:
    """A living id answers, whether told to follow or not; null for unknown, erased, malformed and merged-away ids."""
    a, b, c = [await api.contact(name=name) for name in "abc"]
    await api.merge(a, b)
    await api.done("deleteContact", "deletedContactIds", id=c)
    assert await api.read(a, "name") == await api.read(a, "name", follow=True) == {"name": "a"}
    for gone in (b, c, unknown_id(api), "", "contact_", a.upper(), "x" * 10_000, a.replace("contact", "label")):
        assert await api.read(gone, "name") is None, gone
    for gone in (c, unknown_id(api), "", "nobody"):
        assert await api.read(gone, "name", follow=True) is None, gone


async def test_every_field_reads_back_as_it_was_given(api: Api) -> None:
    """All fields of CreateContactInput in one contact, text trimmed and composed, times in UTC with microseconds."""
    values: dict[str, Any] = {
        "role": "LEAD",
        "name": "  Jo\u0308rg \u202eMüller ",
        "avatarUrl": "https://pics.example/1.png",
        "company": "Acme\tInc",
        "title": "CEO",
        "language": "pt-BR",
        "timezone": "Europe/Berlin",
        "birthdate": "1850-01-01",
        "availabilityStatus": "OFFLINE",
        "isAdmin": True,
        "customAttributes": {"b": [1, 2.5, None, {"ü": "e\u0301"}], "a": {}},
        "metadata": {"n": 9007199254740992, "t": True},
        "additionalAttributes": {"": " "},
        "firstSeenAt": "2026-01-01T00:00:00+05:30",
        "lastActivityAt": "2026-01-01T00:00:00.123456789Z",
        "createdAt": "1970-01-01T00:00:00Z",
    }
    address = {"line1": "Weg 1", "line2": "Hof", "city": "Köln", "region": "NW", "postalCode": "50667", "country": "de"}
    a = await api.contact(**values, address=address)
    fields = f"{' '.join(values)} address {{ {' '.join(address)} }} version organizationId"
    assert await get(api, a, fields) == {
        **values,
        "name": "Jörg \u202eMüller",
        "firstSeenAt": "2025-12-31T18:30:00.000000Z",
        "lastActivityAt": "2026-01-01T00:00:00.123456Z",
        "createdAt": "1970-01-01T00:00:00.000000Z",
        "address": {**address, "country": "DE"},
        "version": 1,
        "organizationId": api.org,
    }


async def test_node_knows_everything_that_has_an_id(api: Api) -> None:
    """A living contact, a merge, a label and the organisation; null for the rest, without an error."""
    a, b = await api.contact(name="Ann"), await api.contact()
    labels = await api.done("setLabels", "contact { labels { id } }", contactId=a, names=["vip"])
    label = labels["contact"]["labels"][0]["id"]
    merge = (await api.merge(a, b))["merge"]["id"]
    query = """query ($id: ID!) { node(id: $id) { __typename id ... on Contact { name } ... on Label { labelled: name }
      ... on Organization { org: name } ... on Merge { primaryContactId } } }"""
    for node, expected in (
        (a, {"__typename": "Contact", "name": "Ann"}),
        (label, {"__typename": "Label", "labelled": "vip"}),
        (api.org, {"__typename": "Organization", "org": "Test"}),
        (merge, {"__typename": "Merge", "primaryContactId": a}),
    ):
        assert (await api.ask(query, id=node))["node"] == {"id": node, **expected}
    key = encode_id(KEY, api.new_id())
    for nobody in (b, unknown_id(api), encode_id(MERGE, api.new_id()), key, "", "x", "org_1", "\u0661" * 26):
        assert (await api.ask(query, id=nobody))["node"] is None, nobody


async def test_viewer_is_the_key_in_use(api: Api) -> None:
    """Name, scopes and organisations of the key, never the token."""
    viewer = (await api.ask("{ viewer { keyId name scopes organizations { id name createdAt } } }"))["viewer"]
    assert viewer.pop("keyId").startswith("key_")
    assert viewer == {
        "name": "tests",
        "scopes": [
            "contacts:read", "contacts:write", "erase", "keys", "merge", "settings", "undo", "webhooks",
        ],
        "organizations": [{"id": api.org, "name": "Test", "createdAt": "2026-06-01T12:00:00.000000Z"}],
    }  # fmt: skip


async def _holders(api: Api, kind: str, value: str, system: str | None = None, **more: Any) -> list[str]:
    query = """query ($kind: IdentifierKind!, $value: String!, $system: String, $first: Int) {
      contactByIdentifier(kind: $kind, value: $value, system: $system, first: $first) { id } }"""
    found = await api.ask(query, kind=kind, value=value, system=system, **{"first": 20, **more})
    return [contact["id"] for contact in found["contactByIdentifier"]]


async def test_contact_by_identifier_takes_any_spelling_and_looks_through_merges(api: Api) -> None:
    """All living holders, oldest first, each once; phone spellings with and without a region."""
    a = await api.contact(phone="+49 30 123456", email="Ann@Lee.example")
    b = await api.contact(phone="030 123456")
    c, d = await api.contact(email="ann@LEE.example"), await api.contact(email="ANN@lee.example")
    assert await _holders(api, "EMAIL", " aNN@lee.example") == [a, c, d]
    assert await _holders(api, "EMAIL", "ann@lee.example", first=2) == [a, c]
    for spelling in ("+4930123456", "tel:+49-30-123456", "+49 (30) 12 34 56", "＋４９３０１２３４５６"):
        assert await _holders(api, "PHONE", spelling) == [a], spelling
    assert await _holders(api, "PHONE", "(030) 12-34.56") == [b]
    await settings(api, defaultRegion="DE")
    assert await _holders(api, "PHONE", "030/123456") == [a, b]
    await api.merge(c, a)
    assert await _holders(api, "EMAIL", "ann@lee.example") == [c, d]
    await api.merge(d, c)
    assert await _holders(api, "PHONE", "+4930123456") == [d]
    await api.done("deleteContact", "deletedContactIds", id=d)
    assert await _holders(api, "EMAIL", "ann@lee.example") == []


async def test_contact_by_identifier_tells_systems_and_kinds_apart(api: Api) -> None:
    """With a system only that one, without any; an id's case matters, a user name's does not."""
    crm = await api.contact(identifiers=[{"kind": "EXTERNAL_ID", "system": "crm", "value": "C-7"}])
    shop = await api.contact(identifiers=[{"kind": "EXTERNAL_ID", "system": "shop", "value": "C-7"}])
    name = await api.contact(identifiers=[{"kind": "USERNAME", "value": "C-7"}])
    assert await _holders(api, "EXTERNAL_ID", "C-7") == [crm, shop]
    assert await _holders(api, "EXTERNAL_ID", "C-7", "shop") == [shop]
    assert await _holders(api, "EXTERNAL_ID", "C-7", "nowhere") == []
    assert await _holders(api, "EXTERNAL_ID", "c-7") == []
    assert await _holders(api, "USERNAME", "c-7") == [name]


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ('kind: EMAIL, value: "nobody"', "value"),
        ('kind: PHONE, value: "+1"', "value"),
        ('kind: EXTERNAL_ID, value: " "', "value"),
        ('kind: EMAIL, value: "ann@lee.example", system: "crm"', "value"),
        ('kind: EMAIL, value: "ann@lee.example", first: 0', "first"),
        ('kind: EMAIL, value: "ann@lee.example", first: 101', "first"),
    ],
)
async def test_contact_by_identifier_refuses_what_is_none(api: Api, arguments: str, argument: str) -> None:
    """BAD_USER_INPUT naming the argument."""
    answer = await api.send(f"{{ contactByIdentifier({arguments}) {{ id }} }}")
    assert answer["data"] == {"contactByIdentifier": None}
    extensions = answer["errors"][0]["extensions"]
    assert (extensions["code"], extensions["argument"]) == ("BAD_USER_INPUT", argument)


async def test_resolve_contact_is_null_for_ids_that_nobody_has(api: Api) -> None:
    """Unknown and malformed ids are null; a living one is ACTIVE with an empty path."""
    a = await api.contact()
    query = "query ($id: ID!) { resolveContact(id: $id) { id status contact { id } path { id } deletedAt } }"
    for nobody in (unknown_id(api), "", "x", api.org):
        assert (await api.ask(query, id=nobody))["resolveContact"] is None
    assert (await api.ask(query, id=a))["resolveContact"] == {
        "id": a,
        "status": "ACTIVE",
        "contact": {"id": a},
        "path": [],
        "deletedAt": None,
    }


async def test_labels_of_the_organization_by_name(api: Api) -> None:
    """All labels that were ever made, by folded name, whoever carries them."""
    a = await api.contact()
    for names in (["Zeta", "Änne"], ["alpha", "ß", "Beta"]):
        await api.done("setLabels", "contact { id }", contactId=a, names=names)
    assert await api.ask("{ labels { name color } }") == {
        "labels": [{"name": name, "color": None} for name in ("alpha", "Beta", "ß", "Zeta", "Änne")]
    }


async def test_a_page_never_runs_a_query_for_each_contact(api: Api) -> None:
    """With every child field, two contacts cost as many statements as thirty, merges and labels on each."""
    query = f"query ($first: Int) {{ contacts(first: $first) {{ totalCount nodes {{ {_CHILDREN} }} }} }}"
    rows = [
        {"name": f"N{n}", "email": f"n{n}@lee.example", "lastActivityAt": "2026-01-01T00:00:00Z"} for n in range(60)
    ]
    done = await api.done("importContacts", "results { contact { id } }", contacts=rows)
    ids = [result["contact"]["id"] for result in done["results"]]
    for primary, source in zip(ids[:30], ids[30:], strict=True):
        await api.merge(primary, source)
        await api.done("setLabels", "contact { id }", contactId=primary, names=["vip", primary])
    counts = {}
    for first in (2, 30):
        with recorded(api.db) as statements:
            page = await api.ask(query, first=first)
        nodes = page["contacts"]["nodes"]
        assert [(n["id"], n["mergedContactIds"], n["merges"]["totalCount"]) for n in nodes] == [
            (primary, [source], 1) for primary, source in zip(ids[:first], ids[30:], strict=False)
        ]
        counts[first] = len(statements)
    assert counts[2] == counts[30] <= 20


async def test_a_key_without_the_scope_reads_nothing(api: Api) -> None:
    """A key without any scope still learns who it is, and nothing else."""
    key = await with_key(api, scopes=frozenset())
    assert (await key.ask("{ viewer { scopes } }"))["viewer"] == {"scopes": []}
    answer = await key.send("{ contacts { nodes { id } } }")
    assert (answer["data"], answer["errors"][0]["extensions"]["requiredScope"]) == (
        {"contacts": None},
        "contacts:read",
    )
    assert await refused(api, "mergeContacts", primaryContactId="x") == [("BAD_USER_INPUT", ["primaryContactId"], None)]
