"""Reading an input field by field: everything that is wrong is told at once, each by its path."""

import pytest

from resolvers.contacts import values
from resolvers.contacts.fields import Fields
from resolvers.errors import ErrorCode, Refused, UserError


def wrong(message: str, *path: str) -> UserError:
    """One thing that is wrong."""
    return UserError(ErrorCode.BAD_USER_INPUT, message, path)


def test_left_out_null_and_given() -> None:
    """Three states: sent, sent as null, not sent."""
    fields = Fields({"name": "Ada", "title": None})
    assert ("name" in fields, "title" in fields, "company" in fields) == (True, True, False)
    assert (fields.given("name"), fields.given("title"), fields.given("company")) == (True, False, False)
    assert (fields.raw("name"), fields.raw("title"), fields.raw("company")) == ("Ada", None, None)


def test_reading_notes_what_is_wrong_and_goes_on() -> None:
    """Values that are right are read; those that are wrong are None and told with the path from the outside in."""
    fields = Fields({"name": " Ada ", "title": 5, "birthdate": "x"}, ("contact",))
    assert fields.read("name", values.text) == "Ada"
    assert fields.read("title", values.text) is None
    assert fields.read("birthdate", values.day) is None
    assert fields.read("company", values.text) is None
    assert fields.errors == [
        wrong("title must be a string.", "contact", "title"),
        wrong("birthdate must be a date of the form YYYY-MM-DD.", "contact", "birthdate"),
    ]
    with pytest.raises(Refused) as refused:
        fields.refuse_if_wrong()
    assert refused.value.errors == tuple(fields.errors)


def test_nothing_wrong_is_no_refusal() -> None:
    """The good case goes on."""
    Fields({"name": "Ada"}).refuse_if_wrong()


@pytest.mark.parametrize(
    ("sent", "read", "told"),
    [
        ({"blocked": True}, True, None),
        ({"blocked": False}, False, None),
        ({}, None, None),
        ({"blocked": None}, None, "null"),
        ({"blocked": 1}, None, "a int"),
        ({"blocked": "true"}, None, "a str"),
    ],
)
def test_flags(sent: dict[str, object], read: bool | None, told: str | None) -> None:
    """Null is no Boolean, and neither is 1."""
    fields = Fields(sent)
    assert fields.flag("blocked") is read
    expected = f"blocked must be true or false, not {told}; leave it out to keep it."
    assert fields.errors == ([wrong(expected, "blocked")] if told else [])


@pytest.mark.parametrize("sent", ["BOSS", "lead", "", 5, ["LEAD"], {"a": 1}, True])
def test_a_choice_that_is_none(sent: object) -> None:
    """Files have no enums: whatever stands there is told, with what may stand there."""
    fields = Fields({"role": sent})
    fields.choice("role", ("LEAD", "USER"))
    assert fields.errors == [wrong("role must be one of LEAD, USER.", "role")]


def test_choices() -> None:
    """Exactly one of the names, or nothing."""
    assert Fields({"role": "LEAD"}).choice("role", ("LEAD", "USER")) == "LEAD"
    assert Fields({"role": None}).choice("role", ("LEAD", "USER")) is None
    assert Fields({}).choice("role", ("LEAD", "USER")) is None


def test_unknown_fields_are_told_in_order_and_cut() -> None:
    """A name of a megabyte is not echoed."""
    fields = Fields({"name": "Ada", "nmae": 1, "x" * 1_000: 2})
    fields.expect_only({"name", "role"})
    assert [error.field for error in fields.errors] == [("nmae",), ("x" * 80,)]
    assert fields.errors[0].message == "nmae is no field of a contact. Known: name, role."
