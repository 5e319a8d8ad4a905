"""Requests that are wrong as a whole: text that no database may be given, and inputs of the wrong shape."""

from typing import Any

from tests.contract.steps import refused_at_the_top, unchanged
from tests.support.api import Api


def _calls(bad: str, living: str) -> list[tuple[str, dict[str, Any]]]:
    """Every mutation with a text of the caller's."""
    by = {"kind": "USERNAME", "value": "u"}
    return [
        ("createContact", {"name": bad}),
        ("createContact", {"customAttributes": {"a": [bad]}}),
        ("createContact", {"customAttributes": {bad: 1}}),
        ("createContact", {"idempotencyKey": bad}),
        ("updateContact", {"id": living, "name": bad}),
        ("upsertContact", {"by": {**by, "value": bad}, "contact": {}}),
        ("importContacts", {"contacts": [{"name": "good"}, {"name": bad}]}),
        ("setLabels", {"contactId": living, "names": [bad]}),
        ("addIdentifier", {"contactId": living, "identifier": {**by, "value": bad}}),
        ("removeIdentifier", {"contactId": living, **by, "value": bad}),
        ("deleteContact", {"id": living, "reason": bad}),
        ("mergeContacts", {"primaryContactId": living, "reason": bad}),
        ("updateMergeSettings", {"defaultRegion": bad}),
    ]


async def test_nul_and_surrogates_are_refused_everywhere(api: Api) -> None:
    """In a variable's text or key, and in a literal: one error for the request, in every mutation."""
    living = await api.contact(name="Ann")
    async with unchanged(api):
        for bad in ("a\x00b", "\x00", "a\ud800", "\udc00\ud800"):
            for name, values in _calls(bad, living):
                kind = name[0].upper() + name[1:]
                query = f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
                await refused_at_the_top(api, query, {"input": values})
        for literal in ('"a\\u0000"', '"""a\x00"""', '"\\uD800"', '"\\uDC00\\uD800"', '"a\x00"'):
            for value in (f"{{name: {literal}}}", f"{{customAttributes: {{a: [{literal}]}}}}"):
                await refused_at_the_top(api, f"mutation {{ createContact(input: {value}) {{ contact {{ id }} }} }}")


async def test_inputs_of_the_wrong_shape_refuse_the_request(api: Api) -> None:
    """Unknown fields and enums, wrong types, numbers out of range and missing inputs: BAD_USER_INPUT, named."""
    living = await api.contact()
    create = "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }"
    update = "mutation ($input: UpdateContactInput!) { updateContact(input: $input) { contact { id } } }"
    shapes: list[tuple[Any, str]] = [
        ({"nickname": "x"}, "nickname"),
        ({"name": 5}, "name"),
        ({"name": ["x"]}, "name"),
        ({"role": "ADMIN"}, "role"),
        ({"role": "lead"}, "role"),
        ({"blocked": "true"}, "blocked"),
        ({"blocked": 1}, "blocked"),
        ({"address": "Weg 1"}, "address"),
        ({"address": {"street": "Weg 1"}}, "street"),
        ({"identifiers": [{"kind": "EMAIL"}]}, "value"),
        ({"identifiers": [None]}, "identifiers"),
        (None, "input"),
        ("x", "input"),
        ([[]], "input"),
    ]
    async with unchanged(api):
        for values, named in shapes:
            assert named in await refused_at_the_top(api, create, {"input": values}), values
        for version in (2**31, -(2**31) - 1, 1.5, "1", True):
            values = {"id": living, "expectedVersion": version}
            assert "expectedVersion" in await refused_at_the_top(api, update, {"input": values})
