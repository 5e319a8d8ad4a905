"""Ids of any form: each gets its code with the field named, nothing is written, and a query answers null."""

from typing import Any

from resolvers.ids import encode_id
from tests.contract.steps import errors_of, neighbour, post, refused_at_the_top, unchanged, unknown_id
from tests.support.api import Api

_MAIL = {"kind": "EMAIL", "value": "ann@lee.example"}


def _malformed(api: Api, contact: str) -> list[str]:
    """What is no contact id, much of it close to one."""
    body = contact.removeprefix("contact_")
    return [
        "",
        " ",
        "7",
        "-1",
        "null",
        "x" * 10_000,
        "contact_",
        body,
        f"contact-{body}",
        f"label_{body}",
        f"merge_{body}",
        f"contacts_{body}",
        f"_{body}",
        contact.upper(),
        f"Contact_{body}",
        f"contact_{body.upper()}",
        f"{contact} ",
        f" {contact}",
        f"{contact}\n",
        f"{contact}0",
        contact[:-1],
        f"contact_8{body[1:]}",
        f"contact_{body[:-1]}u",
        "contact_" + "\u0661" * 26,
        "contact_" + "\uff10" * 26,
        "contact_0000000000000000000000000\u00e9",
        "' OR 1=1 --",
        "contact_'; DROP TABLE contact; --aaaa",
        "019e5d60-1c00-7000-8000-000000000000",
        api.org,
        "%00",
        "../../etc/passwd",
        "\U0001f600",
        "\u202e" + contact,
    ]


def _calls(bad: str, living: str) -> list[tuple[str, dict[str, Any], list[str]]]:
    """Every mutation that takes a contact id, with its field at fault."""
    return [
        ("updateContact", {"id": bad, "name": "x"}, ["id"]),
        ("deleteContact", {"id": bad}, ["id"]),
        ("setLabels", {"contactId": bad, "names": ["x"]}, ["contactId"]),
        ("addIdentifier", {"contactId": bad, "identifier": _MAIL}, ["contactId"]),
        ("removeIdentifier", {"contactId": bad, **_MAIL}, ["contactId"]),
        ("mergeContacts", {"primaryContactId": bad}, ["primaryContactId"]),
        ("mergeContacts", {"primaryContactId": bad, "sourceContactIds": [living]}, ["primaryContactId"]),
        ("mergeContacts", {"primaryContactId": living, "sourceContactIds": [bad]}, ["sourceContactIds", "0"]),
    ]


async def test_malformed_contact_ids_are_bad_input_in_every_mutation(api: Api) -> None:
    """One code for every malformed id, with its field, whatever the form."""
    living = await api.contact(email="ann@lee.example")
    async with unchanged(api):
        for bad in _malformed(api, living):
            for name, values, field in _calls(bad, living):
                assert await errors_of(api, name, **values) == [("BAD_USER_INPUT", field, None)], (name, bad)


async def test_unknown_foreign_and_erased_ids_are_not_found_in_every_mutation(api: Api) -> None:
    """Well-formed ids of nobody, of another organisation, erased, and at the ends of the range: NOT_FOUND, named."""
    other = await neighbour(api)
    living, erased = await api.contact(email="ann@lee.example"), await api.contact(email="ann@lee.example")
    await api.done("deleteContact", "deletedContactIds", id=erased)
    ends = ["contact_" + "0" * 26, "contact_7" + "z" * 25]
    foreign = await other.contact(email="ann@lee.example")
    async with unchanged(api):
        for bad in [unknown_id(api), foreign, erased, *ends]:
            for name, values, field in _calls(bad, living):
                assert await errors_of(api, name, **values) == [("NOT_FOUND", field, bad)], (name, bad)


async def test_malformed_ids_of_a_query_are_null(api: Api) -> None:
    """contact, resolveContact, node and merge answer null without an error."""
    query = """query ($id: ID!) { contact(id: $id) { id } followed: contact(id: $id, followMerges: true) { id }
      resolveContact(id: $id) { id } merge(id: $id) { id } }"""
    nothing = {"contact": None, "followed": None, "resolveContact": None, "merge": None}
    for bad in [*_malformed(api, await api.contact()), encode_id("merge", api.new_id())]:
        assert await api.ask(query, id=bad) == nothing, bad


async def test_malformed_organization_ids(api: Api) -> None:
    """In an input BAD_USER_INPUT, an organisation that nobody has NOT_FOUND; in a query null."""
    body = api.org.removeprefix("org_")
    for bad in ("", "org_", body, api.org.upper(), f"contact_{body}", f"{api.org} ", "x" * 10_000):
        for name, values in (
            ("createContact", {"name": "x"}),
            ("importContacts", {"contacts": [{"name": "x"}]}),
            ("updateMergeSettings", {"roleRule": "LEAD_INTO_USER"}),
        ):
            async with unchanged(api):
                found = await errors_of(api, name, organizationId=bad, **values)
                assert found == [("BAD_USER_INPUT", ["organizationId"], None)], (name, bad)
                nobody = encode_id("org", api.new_id())
                found = await errors_of(api, name, organizationId=nobody, **values)
                assert found == [("NOT_FOUND", ["organizationId"], None)], name
        query = "query ($id: ID) { contacts(organizationId: $id) { totalCount } labels(organizationId: $id) { id } }"
        assert await api.ask(query, id=bad) == {"contacts": None, "labels": None}, bad


async def test_nul_and_surrogates_in_an_id_refuse_the_request(api: Api) -> None:
    """As variable and as literal: one error for the whole request, nothing written."""
    living = await api.contact()
    update = 'mutation ($id: ID!) { updateContact(input: {id: $id, name: "x"}) { contact { id } } }'
    async with unchanged(api):
        for bad in ("\x00", f"{living}\x00", "\ud800", f"contact_\udfff{'0' * 25}"):
            await refused_at_the_top(api, update, {"id": bad})
        for literal in ('"\\u0000"', '"\\u{0}"', '"\\uD800"', '"\\u{D800}"'):
            await refused_at_the_top(api, f"{{ contact(id: {literal}) {{ id }} }}")


async def test_values_that_are_no_id_refuse_the_request(api: Api) -> None:
    """Booleans, objects, lists, fractions and null where an id is needed; a whole number is read as text."""
    update = 'mutation ($id: ID!) { updateContact(input: {id: $id, name: "x"}) { contact { id } userErrors { code } } }'
    async with unchanged(api):
        shapes: list[Any] = [None, True, 1.5, {}, [], {"id": "x"}]
        for bad in shapes:
            assert "$id" in await refused_at_the_top(api, update, {"id": bad})
        assert "$id" in await refused_at_the_top(api, update, {})
    assert (await post(api, update, {"id": 7})).json()["data"]["updateContact"]["userErrors"] == [
        {"code": "BAD_USER_INPUT"}
    ]
