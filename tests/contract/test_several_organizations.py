"""A key that sees several organisations names one, and no page or write spans two."""

from typing import Any

import pytest

from resolvers.ids import LABEL, encode_id
from tests.contract.steps import get, neighbour, refused, unchanged, with_key
from tests.support.api import Api

_QUERIES = [
    "contacts%s { nodes { id } }",
    'contactByIdentifier(kind: EMAIL, value: "ann@lee.example"%s) { id }',
    "labels%s { id }",
    "merges%s { nodes { id } }",
    "mergeSettings%s { organizationId }",
]
_WRITES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("createContact", {"name": "x"}, ["organizationId"]),
    ("importContacts", {"contacts": [{"name": "x"}]}, ["organizationId"]),
    ("updateMergeSettings", {"roleRule": "LEAD_INTO_USER"}, ["organizationId"]),
    ("upsertContact", {"by": {"kind": "USERNAME", "value": "u"}, "contact": {"name": "x"}}, ["organizationId"]),
]


async def _both(api: Api) -> tuple[Api, Api]:
    """(a key that sees both, the other organisation)."""
    other = await neighbour(api)
    return await with_key(api, api.org_id, other.org_id), other


@pytest.mark.parametrize("query", _QUERIES)
async def test_a_query_of_an_organization_names_it(api: Api, query: str) -> None:
    """Without organizationId BAD_USER_INPUT; with each of the two its own; with a third one's nothing."""
    both, other = await _both(api)
    third = await neighbour(api)
    for who in (api, other, third):
        a, b = await who.contact(email="ann@lee.example"), await who.contact()
        await who.merge(a, b)
        await who.done("setLabels", "contact { id }", contactId=a, names=["vip"])
    answer = await both.send("{ " + query % "" + " }")
    extensions = answer["errors"][0]["extensions"]
    assert (extensions["code"], extensions["argument"]) == ("BAD_USER_INPUT", "organizationId")
    assert set(answer["data"].values()) == {None}
    for who in (api, other):
        named = f', organizationId: "{who.org}"' if "(" in query else f'(organizationId: "{who.org}")'
        assert await both.ask("{ " + query % named + " }") == await who.ask("{ " + query % "" + " }")
    named = f', organizationId: "{third.org}"' if "(" in query else f'(organizationId: "{third.org}")'
    assert list((await both.ask("{ " + query % named + " }")).values()) in ([None], [[]])


@pytest.mark.parametrize(("name", "values", "field"), _WRITES)
async def test_a_write_to_an_organization_names_it(
    api: Api, name: str, values: dict[str, Any], field: list[str]
) -> None:
    """Without organizationId BAD_USER_INPUT at that field; with it the write lands there and only there."""
    both, other = await _both(api)
    inside = ["contact", *field] if name == "upsertContact" else field
    assert await refused(both, name, **values) == [("BAD_USER_INPUT", inside, None)]
    named = {"organizationId": other.org}
    sent = {**values, "contact": {**values["contact"], **named}} if name == "upsertContact" else {**values, **named}
    await both.done(name, "__typename", **sent)
    counted = [(await who.ask("{ contacts { totalCount } }"))["contacts"]["totalCount"] for who in (api, other)]
    assert counted == ([0, 0] if name == "updateMergeSettings" else [0, 1])


async def test_a_row_of_an_import_does_not_land_in_another_organization(api: Api) -> None:
    """A row that names another organisation than the call, seen or not, is refused with its field, never misplaced."""
    both, other = await _both(api)
    fields = "results { contact { organizationId } userErrors { field } }"
    rows = [
        {"name": "stays", "organizationId": api.org},
        {"name": "other", "organizationId": other.org},
        {"name": "nonsense", "organizationId": "org_1"},
    ]
    done = await both.done("importContacts", fields, organizationId=api.org, contacts=rows)
    wrong = {"contact": None, "userErrors": [{"field": ["organizationId"]}]}
    assert done["results"] == [{"contact": {"organizationId": api.org}, "userErrors": []}, wrong, wrong]
    done = await api.done("importContacts", fields, contacts=rows[1:])
    assert done["results"] == [wrong, wrong]


async def test_writes_by_id_need_no_organization(api: Api) -> None:
    """An id is enough: each contact is found, changed and merged in its own organisation."""
    both, other = await _both(api)
    for who in (api, other):
        a, b = await who.contact(), await who.contact()
        await both.done("updateContact", "contact { id }", id=a, name="Ann")
        await both.done("setLabels", "contact { id }", contactId=a, names=["vip"])
        await both.merge(a, b)
        fields = "name organizationId mergedContactIds labels { name }"
        assert await get(both, a, fields) == {
            "name": "Ann",
            "organizationId": who.org,
            "mergedContactIds": [b],
            "labels": [{"name": "vip"}],
        }
        await both.done("deleteContact", "deletedContactIds", id=a)


async def test_the_viewer_lists_its_organizations(api: Api) -> None:
    """Both, oldest first, by name."""
    both, other = await _both(api)
    assert (await both.ask("{ viewer { organizations { id name } } }"))["viewer"]["organizations"] == [
        {"id": api.org, "name": "Test"},
        {"id": other.org, "name": "Neighbour"},
    ]


async def test_a_label_of_one_organization_finds_nobody_in_the_other(api: Api) -> None:
    """labelId of the other organisation answers as a label that nobody has, also for the key of both."""
    both, other = await _both(api)
    theirs, mine = await other.contact(), await api.contact()
    for who, contact in ((other, theirs), (api, mine)):
        await who.done("setLabels", "contact { id }", contactId=contact, names=["vip"])
    label = (await get(other, theirs, "labels { id }"))["labels"][0]["id"]
    query = (
        "query ($org: ID, $label: ID) { contacts(organizationId: $org, filter: {labelId: $label}) { nodes { id } } }"
    )
    nobody = await both.ask(query, org=api.org, label=encode_id(LABEL, api.new_id()))
    assert await both.ask(query, org=api.org, label=label) == nobody == {"contacts": {"nodes": []}}
    assert await both.ask(query, org=other.org, label=label) == {"contacts": {"nodes": [{"id": theirs}]}}


async def test_a_merge_across_by_detection_does_not_happen(api: Api) -> None:
    """Duplicates in the other organisation are no duplicates, also for a key that sees both."""
    both, other = await _both(api)
    mine = await api.contact(email="ann@lee.example")
    await other.contact(email="ann@lee.example")
    async with unchanged(api):
        assert (await both.merge(mine))["mergedContactIds"] == []
