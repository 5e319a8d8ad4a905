"""Values at the edge of validity, by table."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from resolvers.contacts import values
from resolvers.contacts.values import BadValue
from tests.properties.test_values import read_or_error

EMAILS = {
    "a@b.co": "a@b.co",
    " Ada@Example.COM ": "ada@example.com",
    "Ada.Lovelace+x@Example.com": "ada.lovelace+x@example.com",
    "o'brien@acme.ie": "o'brien@acme.ie",
    "ada@bücher.de": "ada@bücher.de",
    "ada@xn--bcher-kva.de": "ada@bücher.de",
    "STRASSE@acme.de": "strasse@acme.de",
    "ada@mail.test": "ada@mail.test",
    "a" * 64 + "@acme.com": "a" * 64 + "@acme.com",
    "a" * 65 + "@acme.com": "a" * 65 + "@acme.com",
    "ada@" + "b" * 63 + ".com": "ada@" + "b" * 63 + ".com",
    "ada@" + "b" * 64 + ".com": None,
    "ada@" + "abcdefgh." * 28 + "de": None,
    "": None,
    "   ": None,
    "ada": None,
    "@acme.com": None,
    "ada@": None,
    "ada@acme": None,
    "ada@localhost": None,
    "ada@acme..com": None,
    ".ada@acme.com": None,
    "ada.@acme.com": None,
    "a..b@acme.com": None,
    "ada@-acme.com": None,
    "ada@acme-.com": None,
    "ada@ab--cd.com": None,
    "ada@acme.com.": None,
    "ada lovelace@acme.com": None,
    "ada@acme.com, bo@acme.com": None,
    "Ada <ada@acme.com>": None,
    "ada@[127.0.0.1]": None,
    "ada@127.0.0.1": None,
    '"ada"@acme.com': None,
    "ada@acme.com\x00": None,
    "ada\n@acme.com": None,
    "\ud800@acme.com": None,
}
PHONES = {
    ("+49 30 123456", None): "+4930123456",
    ("030 123456", "DE"): "+4930123456",
    ("030 123456", None): "030123456",
    ("(030) 12-34/56", None): "030123456",
    ("0049 30 123456", "DE"): "+4930123456",
    ("tel:+49-30-123456", None): "+4930123456",
    ("+49 30 123456 ext. 7", None): "+4930123456;ext=7",
    ("+4930123456;ext=7", None): "+4930123456;ext=7",
    ("＋４９３０１２３４５６", None): "+4930123456",
    ("+1 (212) 555-0123", "DE"): "+12125550123",
    ("112", None): "112",
    ("12", None): None,
    ("1" * 17, None): "1" * 17,
    ("1" * 18, None): None,
    ("+49", None): None,
    ("+491", None): None,
    ("+999123456789", None): None,
    ("+", None): None,
    ("call me", None): None,
    ("call me", "DE"): None,
    ("", "DE"): None,
    ("1" * 65, "DE"): None,
    ("+4930123456\x00", None): None,
    ("٠٣٠١٢٣٤٥٦", None): None,
}
MOMENTS = {
    "2026-01-31T12:00:00Z": datetime(2026, 1, 31, 12, tzinfo=UTC),
    "2026-01-31t12:00:00z": datetime(2026, 1, 31, 12, tzinfo=UTC),
    "2026-01-31 12:00:00+02:00": datetime(2026, 1, 31, 10, tzinfo=UTC),
    "2026-01-31T12:00:00.5Z": datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC),
    "2026-01-31T12:00:00.123456789Z": datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC),
    "0001-01-01T00:00:00Z": datetime(1, 1, 1, tzinfo=UTC),
    "9999-12-31T23:59:59.999999Z": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    "2024-02-29T00:00:00-00:00": datetime(2024, 2, 29, tzinfo=UTC),
    "0001-01-01T00:00:00+01:00": None,
    "9999-12-31T23:59:59-01:00": None,
    "2023-02-29T00:00:00Z": None,
    "2026-01-31T24:00:00Z": None,
    "2016-12-31T23:59:60Z": None,
    "2026-01-31T12:00:00": None,
    "2026-01-31T12:00Z": None,
    "2026-01-31": None,
    "2026-01-31T12:00:00.1234567890Z": None,
    "2026-01-31T12:00:00+25:00": None,
    "2026-01-31T12:00:00+0200": None,
    "2026-W05-6T12:00:00Z": None,
    "٢٠٢٦-01-31T12:00:00Z": None,
    "2026-01-31T12:00:00Z\n": None,
    " 2026-01-31T12:00:00Z": None,
    "1767225600": None,
    "": None,
}


@pytest.mark.parametrize(("sent", "normal"), EMAILS.items())
def test_emails_by_table(sent: str, normal: str | None) -> None:
    """At the edge of validity, on either side of it."""
    read = read_or_error(values.email, sent)
    assert (read.normalized if isinstance(read, values.Identifying) else None) == normal


@pytest.mark.parametrize(("sent", "normal"), PHONES.items())
def test_phones_by_table(sent: tuple[str, str | None], normal: str | None) -> None:
    """E.164 where the country is known, else digits, never a guess."""
    read = read_or_error(lambda value: values.phone(value, sent[1]), sent[0])
    assert (read.normalized if isinstance(read, values.Identifying) else None) == normal


@pytest.mark.parametrize(("sent", "normal"), MOMENTS.items())
def test_moments_by_table(sent: str, normal: datetime | None) -> None:
    """RFC 3339 with an offset, the years 1 to 9999, no leap second."""
    read = read_or_error(values.moment, sent)
    assert (read if isinstance(read, datetime) else None) == normal


@pytest.mark.parametrize(
    ("sent", "normal"),
    [("2024-02-29", date(2024, 2, 29)), ("2023-02-29", None), ("20240229", None), ("2024-2-9", None), ("", None)],
)
def test_days_by_table(sent: str, normal: date | None) -> None:
    """YYYY-MM-DD and nothing else."""
    read = read_or_error(values.day, sent)
    assert (read if isinstance(read, date) else None) == normal


def _nested(depth: int) -> dict[str, Any]:
    return {"a": _nested(depth - 1)} if depth > 1 else {}


ATTRIBUTES: list[tuple[str, Any, bool]] = [
    ("16 levels", _nested(16), True),
    ("17 levels", _nested(17), False),
    ("levels of arrays", {"a": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}, False),
    ("a thousand keys", {str(number): 1 for number in range(1_000)}, True),
    ("one more", {str(number): 1 for number in range(1_001)}, False),
    ("a long key", {"k" * 255: 1}, True),
    ("a longer one", {"k" * 256: 1}, False),
    ("2^53", {"a": 2**53}, True),
    ("2^53 + 1", {"a": 2**53 + 1}, False),
    ("-2^53 - 1", {"a": -(2**53) - 1}, False),
    ("1e300", {"a": 1e300}, False),
    ("1.5e-300", {"a": 1.5e-300}, True),
    ("NaN", {"a": float("nan")}, False),
    ("infinity", {"a": [float("-inf")]}, False),
    ("U+0000 in a value", {"a": "x\x00"}, False),
    ("U+0000 in a key", {"\x00": 1}, False),
    ("half a surrogate pair", {"a": ["\udc00"]}, False),
    ("keys equal in NFC", {"\u00e9": 1, "e\u0301": 2}, False),
    ("a number as key", {1: 1}, False),
    ("a date", {"a": timedelta(1)}, False),
    ("no object", [], False),
]


@pytest.mark.parametrize(("what", "sent", "accepted"), ATTRIBUTES, ids=[name for name, _, _ in ATTRIBUTES])
def test_attributes_by_table(what: str, sent: Any, accepted: bool) -> None:
    """Bounded in depth, keys and numbers; what is accepted comes back as it was."""
    read = read_or_error(values.attributes, sent)
    assert (not isinstance(read, BadValue)) is accepted, what
    assert not accepted or read == sent
