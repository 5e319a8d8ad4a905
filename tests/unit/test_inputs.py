"""What is sent to make or change a contact, read into the form that is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import ContactPatch, NewContact, read_new_contact, read_patch
from resolvers.errors import Refused

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOTHING = {"value": False, "at": None}


def new(region: str | None = None, **raw: Any) -> NewContact:
    """A contact read at NOW."""
    return read_new_contact(Fields(raw), NOW, region)


def patch(region: str | None = None, country: str | None = None, **raw: Any) -> ContactPatch:
    """A change read at NOW of a contact in this country."""
    return read_patch(Fields(raw), NOW, region, country)


def refused(**raw: Any) -> list[tuple[str, ...] | None]:
    """The paths of what is wrong."""
    with pytest.raises(Refused) as caught:
        new(**raw)
    return [error.field for error in caught.value.errors]


def test_nothing_sent() -> None:
    """A contact without anything: no cells but those that always have a value."""
    assert new() == NewContact(
        cells={
            "isAdmin": False,
            "blocked": NOTHING,
            "unsubscribed": NOTHING | {"reason": None, "feedback": None},
        },
        attributes={"customAttributes": {}, "metadata": {}, "additionalAttributes": {}},
        identifiers=(),
        created_at=NOW,
        last_activity_at=None,
    )


def test_blank_text_is_no_value() -> None:
    """Null, empty, white space: none of them is a cell."""
    read = new(name="", company="  ", title="\t\n", language=None, email=" ", phone="", address={"city": " "})
    assert set(read.cells) == {"isAdmin", "blocked", "unsubscribed"}
    assert read.identifiers == ()


@pytest.mark.parametrize(
    ("address", "region", "phone"),
    [
        ({"country": "DE"}, None, "+4930123456"),
        ({"country": "de"}, "US", "+4930123456"),
        (None, "DE", "+4930123456"),
        ({"city": "Berlin"}, "DE", "+4930123456"),
        (None, None, "030123456"),
        ({"country": "AQ"}, None, "030123456"),
    ],
)
def test_the_region_of_a_phone(address: dict[str, str] | None, region: str | None, phone: str) -> None:
    """The address's country, else the organisation's, else digits; a country without numbers is none."""
    read = new(region, address=address, phone="030 123456")
    assert read.cells["phone"] == phone
    assert [found.normalized for found in read.identifiers] == [phone]


def test_leading_ones_are_identifiers_and_each_counts_once() -> None:
    """The leading address among the others is one; it is verified when either is."""
    read = new(
        email="Ada@Acme.com",
        identifiers=[
            {"kind": "EMAIL", "value": "ada@acme.com", "verified": True},
            {"kind": "EMAIL", "value": "b@acme.com"},
            {"kind": "EMAIL", "value": "B@ACME.com"},
            {"kind": "EXTERNAL_ID", "value": "1", "system": "crm"},
            {"kind": "EXTERNAL_ID", "value": "1", "system": "shop"},
            {"kind": "EXTERNAL_ID", "value": "1"},
        ],
    )
    assert read.cells["email"] == "Ada@Acme.com"
    assert [(found.key, found.verified) for found in read.identifiers] == [
        (("EMAIL", "", "ada@acme.com"), True),
        (("EMAIL", "", "b@acme.com"), False),
        (("EXTERNAL_ID", "crm", "1"), False),
        (("EXTERNAL_ID", "shop", "1"), False),
        (("EXTERNAL_ID", "", "1"), False),
    ]


def test_without_a_leading_one_the_first_leads() -> None:
    """The first of its kind among the identifiers."""
    read = new(identifiers=[{"kind": "PHONE", "value": "+49 30 1234567"}, {"kind": "PHONE", "value": "+49 30 7654321"}])
    assert read.cells["phone"] == "+49301234567"
    assert "email" not in read.cells


def test_consents_have_their_time() -> None:
    """The one that was sent, else now; reasons are trimmed."""
    read = new(blocked=True, unsubscribed=True, unsubscribedAt="2025-01-01T00:00:00Z", unsubscribeReason=" too much ")
    assert read.cells["blocked"] == {"value": True, "at": NOW.isoformat()}
    assert read.cells["unsubscribed"] == {
        "value": True,
        "at": "2025-01-01T00:00:00+00:00",
        "reason": "too much",
        "feedback": None,
    }


@pytest.mark.parametrize(
    ("created", "accepted"),
    [
        ("1970-01-01T00:00:00Z", True),
        ("1969-12-31T23:59:59Z", False),
        ((NOW + timedelta(minutes=5)).isoformat(), True),
        ((NOW + timedelta(minutes=5, seconds=1)).isoformat(), False),
    ],
)
def test_when_a_contact_may_have_been_made(created: str, accepted: bool) -> None:
    """1970 to five minutes from now."""
    if accepted:
        assert new(createdAt=created).created_at == datetime.fromisoformat(created)
    else:
        assert refused(createdAt=created) == [("createdAt",)]


def test_everything_wrong_is_told_at_once() -> None:
    """Each by its path, in one refusal."""
    told = refused(
        name="x" * 501,
        email="nobody",
        phone="call me",
        role="BOSS",
        birthdate="1849-12-31",
        address={"country": "Germany", "zip": "1", "city": "x" * 201},
        identifiers=[{"kind": "FAX", "value": "1"}, {"kind": "EMAIL", "value": "a@b.co", "system": "crm"}],
        customAttributes=[],
        lastActivityAt="yesterday",
        blocked=None,
    )
    assert set(told) == {
        ("name",),
        ("email",),
        ("phone",),
        ("role",),
        ("birthdate",),
        ("address", "country"),
        ("address", "zip"),
        ("address", "city"),
        ("identifiers", "0", "kind"),
        ("identifiers", "1", "system"),
        ("customAttributes",),
        ("lastActivityAt",),
        ("blocked",),
    }
    assert len(told) == 13


def test_attributes_are_bounded_together() -> None:
    """64 KB for the three objects together; just below is taken."""
    half = {"a": "x" * 32_000}
    assert new(customAttributes=half, metadata=half).attributes["metadata"] == half
    assert len(refused(customAttributes=half, metadata=half, additionalAttributes={"a": "x" * 2_000})) == 1


def test_a_patch_has_what_was_sent() -> None:
    """Left out is absent, null clears, blank clears."""
    read = patch(name=None, title="  ", email=None, blocked=True, customAttributes=None, metadata={"a": None})
    assert read == ContactPatch(
        scalars={"name": None, "title": None},
        flags={"blocked": True},
        attributes={"customAttributes": None, "metadata": {"a": None}},
        leading={"email": None},
    )
    assert patch() == ContactPatch()


def test_a_patch_reads_phones_where_the_contact_lives() -> None:
    """The address sent, else the contact's own, else the organisation's."""
    assert _phone(patch(phone="030 123456", country="DE")) == "+4930123456"
    assert _phone(patch("DE", phone="030 123456")) == "+4930123456"
    assert _phone(patch("DE", phone="212 555 0123", address={"country": "US"})) == "+12125550123"


def _phone(read: ContactPatch) -> str | None:
    found = read.leading["phone"]
    return found.normalized if found else None
