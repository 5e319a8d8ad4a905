"""Values at the edge: text, e-mail addresses, phone numbers, identifiers, and lists."""

import unicodedata
from typing import Any

import pytest

from tests.contract.steps import errors_of, get, listed, refused, unchanged
from tests.support.api import Api

_TEXTS = {
    "name": 500,
    "company": 500,
    "title": 500,
    "avatarUrl": 2048,
    "language": 35,
    "timezone": 64,
    "unsubscribeReason": 1000,
    "unsubscribeFeedback": 4000,
}
_BLANKS = ["", " ", "\t\r\n", "\u00a0", "\u3000\u2003", "\u2028", "\x1c"]


async def _outcome(api: Api, field: str, value: Any) -> Any:
    """What became of a field: the value read back, or the user errors."""
    payload = await api.act("createContact", f"contact {{ {field} }}", **{field: value})
    if payload["userErrors"]:
        return await errors_of(api, "createContact", **{field: value})
    return payload["contact"][field]


async def test_blank_text_is_stored_as_null(api: Api) -> None:
    """Empty and white-space text of every field, of an address and of the leading address and number is null."""
    for blank in _BLANKS:
        values = dict.fromkeys([*_TEXTS, "email", "phone"], blank)
        address = dict.fromkeys(("line1", "line2", "city", "region", "postalCode", "country"), blank)
        contact = await api.contact(**values, address=address)
        fields = f"{' '.join(values)} address {{ city }} identifiers {{ id }}"
        assert await get(api, contact, fields) == {**dict.fromkeys(values), "address": None, "identifiers": []}


async def test_text_has_a_length_that_is_stored_and_one_that_is_not(api: Api) -> None:
    """At its limit, also after trimming and composing, text reads back; one character more is named; huge text too."""
    for field, limit in _TEXTS.items():
        for value in ("x" * limit, f"  {'x' * limit}\n", "o\u0308" * limit, "\U0001f600" * limit):
            assert await _outcome(api, field, value) == unicodedata.normalize("NFC", value).strip(), field
        async with unchanged(api):
            for value in ("x" * (limit + 1), "\U0001f600" * (limit + 1), "x" * 900_000):
                assert await _outcome(api, field, value) == [("BAD_USER_INPUT", [field], None)], field


async def test_an_address_names_its_line(api: Api) -> None:
    """Too long a line and a country that is none are named inside the address."""
    for field, value in (("line1", "x" * 501), ("city", "x" * 201), ("postalCode", "x" * 41), ("country", "Germany")):
        found = await refused(api, "createContact", address={field: value})
        assert found == [("BAD_USER_INPUT", ["address", field], None)]


_MAILS: dict[str, str | None] = {
    "ann@lee.example": "ann@lee.example",
    "  Ann.Lee+tag@Lee.EXAMPLE\n": "ann.lee+tag@lee.example",
    "x@y.co": "x@y.co",
    f"{'a' * 64}@lee.example": f"{'a' * 64}@lee.example",  # the library takes 65 too, unless told to be strict
    "o'neil!#$%&*=?^_`{|}~-/@lee.example": "o'neil!#$%&*=?^_`{|}~-/@lee.example",
    "JÖRG@MÜLLER.example": "jörg@müller.example",
    "jo\u0308rg@xn--mller-kva.example": "jörg@müller.example",
    "straße@lee.example": "strasse@lee.example",
    "用户@例子.example": "用户@例子.example",
    "ann": None,
    "ann@": None,
    "@lee.example": None,
    "ann@lee": None,
    "ann@localhost": None,
    "ann lee@lee.example": None,
    "ann@lee..example": None,
    ".ann@lee.example": None,
    "ann.@lee.example": None,
    "an..n@lee.example": None,
    "ann@-lee.example": None,
    "ann@lee_x.example": None,
    "ann@@lee.example": None,
    "ann@lee.example, bo@lee.example": None,
    "Ann <ann@lee.example>": None,
    "ann@[127.0.0.1]": None,
    '"ann"@lee.example': None,
    "mailto:ann@lee.example": None,
    "ann@lee.example\u200b": None,
    "ann\u202e@lee.example": None,
    "ann@lee.example\r\nBcc: x@lee.example": None,
    f"ann@{'a' * 64}.example": None,
    f"ann@{'a.' * 125}example": None,
    "x" * 100_000: None,
}
_PHONES: dict[str, str | None] = {
    "+4930123456": "+4930123456",
    " +49 (30) 12-34.56 ": "+4930123456",
    "tel:+49-30-123456": "+4930123456",
    "＋４９３０１２３４５６": "+4930123456",
    "+1 212 555 0100 ext. 5": "+12125550100;ext=5",
    "030 123456": "030123456",
    "(030) 12/34-56.7": "0301234567",
    "123": "123",
    "12345678901234567": "12345678901234567",
    "12": None,
    "123456789012345678": None,
    "+": None,
    "+1": None,
    "+0 123 456": None,
    "+999 123456": None,
    "+49 30 123456 789 012 345 678": None,
    "abc": None,
    "1-800-FLOWERS": None,
    "030 123456 ext 5": None,
    "()": None,
    "\u0663\u0660\u0661\u0662\u0663\u0664": None,
    "1" * 65: None,
    "1" * 100_000: None,
}


@pytest.mark.parametrize(("field", "kind", "table"), [("email", "EMAIL", _MAILS), ("phone", "PHONE", _PHONES)])
async def test_addresses_and_numbers_at_the_edge_of_validity(
    api: Api, field: str, kind: str, table: dict[str, str | None]
) -> None:
    """Each is kept as typed beside its exact normal form, or refused with its field, alone and in identifiers."""
    found: dict[str, str | None] = {}
    for value in table:
        payload = await api.act(
            "createContact", f"contact {{ {field} identifiers {{ value normalized }} }}", **{field: value}
        )
        if payload["userErrors"]:
            found[value] = None
            assert [(e["code"], e["field"]) for e in payload["userErrors"]] == [("BAD_USER_INPUT", [field])]
        else:
            identifier = payload["contact"]["identifiers"][0]
            found[value] = identifier["normalized"]
            kept = unicodedata.normalize("NFC", value).strip()
            assert identifier["value"] == kept
            assert payload["contact"][field] == (kept if field == "email" else identifier["normalized"])
    assert found == table
    async with unchanged(api):
        for value in [value for value, normalized in table.items() if normalized is None]:
            assert await errors_of(api, "createContact", **{field: value}) == [("BAD_USER_INPUT", [field], None)]
            wrong = await errors_of(api, "createContact", identifiers=[{"kind": kind, "value": value}])
            assert wrong == [("BAD_USER_INPUT", ["identifiers", "0", "value"], None)]


async def test_everything_that_is_wrong_is_named_at_once(api: Api) -> None:
    """One entry for each wrong field of the input, in one answer."""
    found = await refused(
        api,
        "createContact",
        name="x" * 501,
        email="nobody",
        phone="+1",
        birthdate="1700-01-01",
        address={"country": "Germany"},
        createdAt="1960-01-01T00:00:00Z",
        customAttributes=[],
        identifiers=[{"kind": "EMAIL", "value": "x"}, {"kind": "EMAIL", "value": "y@lee.example"}],
    )
    assert sorted(field or [] for _, field, _ in found) == [
        ["address", "country"],
        ["birthdate"],
        ["createdAt"],
        ["customAttributes"],
        ["email"],
        ["identifiers", "0", "value"],
        ["name"],
        ["phone"],
    ]
    assert {code for code, _, _ in found} == {"BAD_USER_INPUT"}


async def test_identifiers_have_rules_of_their_own(api: Api) -> None:
    """Blank values, systems where none belongs, and overlong values are named; 200 are taken, 201 are not."""
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"kind": "EXTERNAL_ID", "value": " "}, ["value"]),
        ({"kind": "USERNAME", "value": ""}, ["value"]),
        ({"kind": "EMAIL", "value": ""}, ["value"]),
        ({"kind": "EXTERNAL_ID", "value": "x" * 256}, ["value"]),
        ({"kind": "EMAIL", "value": "ann@lee.example", "system": "crm"}, ["system"]),
        ({"kind": "EXTERNAL_ID", "value": "x", "system": "s" * 65}, ["system"]),
    ]
    living = await api.contact(name="Ann")
    async with unchanged(api):
        for identifier, field in cases:
            both = [{"kind": "USERNAME", "value": "ok"}, identifier]
            found = await errors_of(api, "createContact", identifiers=both)
            assert found == [("BAD_USER_INPUT", ["identifiers", "1", *field], None)], identifier
            found = await errors_of(api, "addIdentifier", contactId=living, identifier=identifier)
            assert found == [("BAD_USER_INPUT", ["identifier", *field], None)], identifier
    many = [{"kind": "USERNAME", "value": f"u{n}"} for n in range(201)]
    assert len((await get(api, await api.contact(identifiers=many[:200]), "identifiers { id }"))["identifiers"]) == 200
    assert await refused(api, "createContact", identifiers=many) == [("BAD_USER_INPUT", ["identifiers"], None)]


async def test_labels_that_are_none(api: Api) -> None:
    """Blank and overlong names are named by their place; 100 labels are taken, 101 are not."""
    living = await api.contact()
    for blank in _BLANKS:
        found = await refused(api, "setLabels", contactId=living, names=["ok", blank, "x" * 101])
        assert found == [("BAD_USER_INPUT", ["names", place], None) for place in ("1", "2")]
    names = [f"{'l' * 96}{n:04}" for n in range(101)]
    assert await refused(api, "setLabels", contactId=living, names=names) == [("BAD_USER_INPUT", ["names"], None)]
    done = await api.done("setLabels", "contact { labels { name } }", contactId=living, names=names[:100])
    assert len(done["contact"]["labels"]) == 100


async def test_imports_take_500_rows_and_land_the_good_ones(api: Api) -> None:
    """501 rows are refused whole; of mixed rows the good ones land and each bad one names its field."""
    rows = [{"name": f"N{n}"} for n in range(501)]
    assert await refused(api, "importContacts", contacts=rows) == [("BAD_USER_INPUT", ["contacts"], None)]
    fields = "results { index contact { name } userErrors { code field } }"
    bad: list[tuple[dict[str, Any], list[str]]] = [
        ({"email": "nobody"}, ["email"]),
        ({"phone": "+1", "name": "x"}, ["phone"]),
        ({"customAttributes": {"a": 1, "n": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}}, ["customAttributes"]),
        ({"identifiers": [{"kind": "EMAIL", "value": "x"}]}, ["identifiers", "0", "value"]),
        ({"createdAt": "1960-01-01T00:00:00Z"}, ["createdAt"]),
        ({"idempotencyKey": " "}, ["idempotencyKey"]),
    ]
    mixed = [row for wrong, _ in bad for row in ({"name": "good"}, wrong)]
    done = await api.done("importContacts", fields, contacts=mixed)
    expected: list[dict[str, Any]] = []
    for place, (_, field) in enumerate(bad):
        expected.append({"index": 2 * place, "contact": {"name": "good"}, "userErrors": []})
        errors = [{"code": "BAD_USER_INPUT", "field": field}]
        expected.append({"index": 2 * place + 1, "contact": None, "userErrors": errors})
    assert done["results"] == expected
    assert len(await listed(api)) == len(bad)
    async with unchanged(api):
        assert (await api.done("importContacts", fields, contacts=[]))["results"] == []
