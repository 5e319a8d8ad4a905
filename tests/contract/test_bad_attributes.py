"""Attribute objects: their limits at and one beyond each edge, and JSON that no database may be given."""

from typing import Any

import pytest

from tests.contract.steps import get, post, refused, refused_at_the_top, unchanged
from tests.support.api import Api

_ERRORS = "userErrors { code field }"
_FIELDS = ["customAttributes", "metadata", "additionalAttributes"]
_CREATE = (
    "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } userErrors { field } } }"
)


def _nested(depth: int, *, lists: bool = False) -> dict[str, Any]:
    """An object of so many levels, itself the first."""
    inner: Any = 1
    for _ in range(depth - 1):
        inner = [inner] if lists else {"a": inner}
    return {"a": inner}


_LIMITS: list[tuple[str, Any, Any]] = [
    ("16 levels of objects, not 17", _nested(16), _nested(17)),
    ("16 levels with lists, not 17", _nested(16, lists=True), _nested(17, lists=True)),
    ("an empty object at level 16, not 17", _nested(15) | {"b": _nested(14)["a"]}, {"a": _nested(16), "b": {}}),
    ("1,000 keys, not 1,001", {str(n): n for n in range(1000)}, {str(n): n for n in range(1001)}),
    (
        "1,000 keys at any depth",
        {"a": {str(n): n for n in range(499)}, "b": [{str(n): n for n in range(499)}]},
        {"a": {str(n): n for n in range(500)}, "b": [{str(n): n for n in range(499)}]},
    ),
    ("a key of 255 characters, not 256", {"ü" * 255: 1}, {"ü" * 256: 1}),
    ("a deep key of 255 characters, not 256", {"a": [{"k" * 255: 1}]}, {"a": [{"k" * 256: 1}]}),
    ("65,536 bytes together, not 65,537", {"k": "x" * 65_524}, {"k": "x" * 65_525}),
    ("bytes, not characters", {"k": "ü" * 32_762}, {"k": "ü" * 32_763}),
    ("keys that differ once composed", {"e\u0301": 1, "e": 2}, {"e\u0301": 1, "\u00e9": 2}),
    ("an object", {}, []),
    ("an object, not text", {"a": "b"}, "{}"),
    ("an object, not a number", {"a": 1}, 1),
    ("an object, not a Boolean", {"a": True}, True),
]


async def test_limits_of_attributes(api: Api) -> None:
    """At the limit it reads back as sent; one beyond is refused with its own field, in create, update and import."""
    living = await api.contact(name="Ann")
    found = {}
    for limit, good, bad in _LIMITS:
        for field in _FIELDS:
            assert await get(api, await api.contact(**{field: good}), field) == {field: good}, limit
            errors = [
                (await api.act("createContact", "__typename", **{field: bad}))["userErrors"],
                (await api.act("updateContact", "__typename", id=living, **{field: bad}))["userErrors"],
                (await api.act("importContacts", f"results {{ {_ERRORS} }}", contacts=[{field: bad}]))["results"][0][
                    "userErrors"
                ],
            ]
            found[limit, field] = [[(error["code"], error["field"]) for error in answer] for answer in errors]
    expected = {(limit, field): [[("BAD_USER_INPUT", [field])]] * 3 for limit, _, _ in _LIMITS for field in _FIELDS}
    assert found == expected
    assert await get(api, living, "version") == {"version": 1}
    assert (await api.ask("{ contacts { totalCount } }"))["contacts"]["totalCount"] == 1 + len(expected)


async def test_the_three_objects_share_their_size(api: Api) -> None:
    """64 KB is the limit of all three together, in one call and over many edits."""
    third = {"k": "x" * 21_837}  # 21,845 bytes: three of them are 65,535
    a = await api.contact(**dict.fromkeys(_FIELDS, third))
    assert await get(api, a, " ".join(_FIELDS)) == dict.fromkeys(_FIELDS, third)
    found = await refused(api, "updateContact", id=a, metadata={"m": 1})
    assert found == [("BAD_USER_INPUT", ["metadata"], None)]
    await api.done("updateContact", "contact { id }", id=a, metadata={"k": "short", "m": 1})
    over = {**dict.fromkeys(_FIELDS[:2], third), "additionalAttributes": {"k": "x" * 21_839}}
    assert [code for code, _, _ in await refused(api, "createContact", **over)] == ["BAD_USER_INPUT"]


async def test_edits_do_not_pass_the_limits_bit_by_bit(api: Api) -> None:
    """Two patches that are each within 1,000 keys do not make an object of 1,200; nor two keys that compose alike."""
    a = await api.contact(customAttributes={f"a{n}": n for n in range(600)})
    found = await refused(api, "updateContact", id=a, customAttributes={f"b{n}": n for n in range(600)})
    assert found == [("BAD_USER_INPUT", ["customAttributes"], None)]
    b = await api.contact(metadata={"e\u0301": 1})
    found = await refused(api, "updateContact", id=b, metadata={"\u00e9": 2})
    assert found == [("BAD_USER_INPUT", ["metadata"], None)]


async def test_numbers_are_exact_or_refused(api: Api) -> None:
    """Whole numbers to 2^53 either way and fractions read back the same; beyond they are refused, as is NaN."""
    numbers = [2**53, -(2**53), 0, 0.1, -1.5e-300, 5e-324, 1.7976931348623157e-308, 123456789.123]
    a = await api.contact(metadata={"n": numbers})
    assert (await get(api, a, "metadata"))["metadata"] == {"n": numbers}
    async with unchanged(api):
        for bad in (2**53 + 1, -(2**53) - 1, 2**64, 10**400, 1e300, float("nan"), float("inf"), float("-inf")):
            await refused_at_the_top(api, _CREATE, {"input": {"metadata": {"n": [bad]}}})


@pytest.mark.parametrize(
    "literal", ["9007199254740993", "-9007199254740993", "18446744073709551616", "1e999", "-1e999", "1" * 400]
)
async def test_numbers_in_literals_are_exact_or_refused(api: Api, literal: str) -> None:
    """The same in a document's own text: a user error with the field, nothing written."""
    for value in (literal, f"[{literal}]", f"{{a: {literal}}}"):
        query = f"mutation {{ createContact(input: {{metadata: {{n: {value}}}}}) {{ userErrors {{ code field }} }} }}"
        body = (await post(api, query)).json()
        expected = [{"code": "BAD_USER_INPUT", "field": ["metadata"]}]
        assert body["data"] == {"createContact": {"userErrors": expected}}, body
    assert (await api.ask("{ contacts { totalCount } }"))["contacts"]["totalCount"] == 0


async def test_literals_that_no_parser_should_choke_on(api: Api) -> None:
    """5,000 digits, hundreds of levels and a key twice, in a document's text: refused, never a fault."""
    for value in ("1" * 5_000, "[" * 300 + "]" * 300, "{a:" * 300 + "1" + "}" * 300, "{a: 1, a: 2}"):
        query = f"mutation {{ createContact(input: {{metadata: {{n: {value}}}}}) {{ userErrors {{ code field }} }} }}"
        body = (await post(api, query)).json()
        if body.get("data") is None:
            assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"], body
        else:
            expected = [{"code": "BAD_USER_INPUT", "field": ["metadata"]}]
            assert body["data"]["createContact"]["userErrors"] == expected
    assert (await api.ask("{ contacts { totalCount } }"))["contacts"]["totalCount"] == 0


async def test_variables_nested_deeper_than_json_may_be_are_refused(api: Api) -> None:
    """40 and 900 levels of variables: one error for the request."""
    async with unchanged(api):
        for depth in (40, 900):
            await refused_at_the_top(api, _CREATE, {"input": {"metadata": _nested(depth)}})
