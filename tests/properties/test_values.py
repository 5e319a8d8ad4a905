"""Values as callers send them: refused with a sentence or brought into one form, and never a fault of ours."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.contacts import values
from resolvers.contacts.values import BadValue

any_text = st.text(alphabet=st.characters())  # lone surrogates and U+0000 too
anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | any_text
    | st.binary(max_size=4)
    | st.dates()
    | st.datetimes()
    | st.datetimes(timezones=st.timezones())
    | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(any_text | st.integers(), inner, max_size=3)
        | st.frozensets(st.integers(), max_size=2)
    ),
    max_leaves=5,
)
_EARLY, _LATE = datetime(2, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001 - hypothesis wants naive bounds
regions = st.sampled_from([None, "DE", "US", "BR"])

READERS: dict[str, Callable[[Any], object]] = {
    "text": values.text,
    "email": values.email,
    "phone": lambda value: values.phone(value, None),
    "phone in DE": lambda value: values.phone(value, "DE"),
    "country": values.country,
    "day": values.day,
    "moment": values.moment,
    "attributes": values.attributes,
    "json_value": values.json_value,
    "user name": lambda value: values.identifying("USERNAME", value, "", None),
    "external id": lambda value: values.identifying("EXTERNAL_ID", value, "crm", None),
    "system": lambda value: values.system_of("EXTERNAL_ID", value),
    "system of an address": lambda value: values.system_of("EMAIL", value),
}


@pytest.mark.parametrize("reader", READERS)
@given(value=anything)
def test_nothing_but_a_bad_value_is_raised(reader: str, value: object) -> None:
    """For whatever a program may send, of whatever type."""
    try:
        READERS[reader](value)
    except BadValue as error:
        assert str(error), "a sentence for the caller"  # noqa: PT017 - any other exception is the failure


@given(any_text)
def test_text_has_one_form(value: str) -> None:
    """Composed (NFC), trimmed, never blank, and reading it again changes nothing."""
    read = _read(values.text, value)
    if isinstance(read, str):
        assert read == unicodedata.normalize("NFC", read) == read.strip() != ""
        assert values.text(read) == read


@given(any_text)
def test_folded_text_stays_folded(value: str) -> None:
    """The form that is compared: no line breaks in it, since search keeps a line an entry."""
    folded = values.folded(value)
    assert "\n" not in folded
    assert folded == folded.strip()
    if value.isascii():
        assert values.folded(folded) == folded


@given(st.emails() | st.from_regex(r"[A-Za-zÀ-ž+._-]{1,8}@[a-zÀ-ž]{1,5}\.(de|com)", fullmatch=True))
def test_an_email_has_one_form(value: str) -> None:
    """The normal form is an address with itself as its normal form; the value is kept as typed."""
    read = _read(values.email, value)
    if isinstance(read, values.Identifying):
        assert read.value == value.strip()
        assert values.email(read.normalized).normalized == read.normalized
        assert _read(values.email, value.upper().lower()) is not None


@given(st.from_regex(r"[+0-9 ()./-]{2,20}", fullmatch=True), regions)
def test_a_phone_number_has_one_form(value: str, region: str | None) -> None:
    """The normal form read in the same region is itself."""
    read = _read(lambda v: values.phone(v, region), value)
    if isinstance(read, values.Identifying):
        assert values.phone(read.normalized, region).normalized == read.normalized
        assert read.normalized in values.phone_forms(value, region)


@given(st.datetimes(min_value=_EARLY, max_value=_LATE, timezones=st.timezones()))
def test_a_time_comes_back(value: datetime) -> None:
    """What the API writes is what it reads, to the microsecond."""
    assert values.moment(values.moment_text(value)) == value.astimezone(UTC)
    assert values.moment(value) == value.astimezone(UTC)


@given(st.datetimes(min_value=_EARLY, max_value=_LATE), st.integers(-1439, 1439))
def test_a_time_with_any_offset_is_read(value: datetime, minutes: int) -> None:
    """As RFC 3339 writes it."""
    zoned = value.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert values.moment(zoned.isoformat(timespec="microseconds")) == zoned.astimezone(UTC)


_ENDS = [(datetime(1, 1, 1), 1), (datetime(9999, 12, 31, 23), -1)]  # noqa: DTZ001 - the zone comes below


@pytest.mark.parametrize(("moment", "hours"), _ENDS)
def test_a_time_beyond_the_ends_of_time_is_refused(moment: datetime, hours: int) -> None:
    """Also when it comes as a datetime: years 1 to 9999 after conversion to UTC."""
    with pytest.raises(BadValue):
        values.moment(moment.replace(tzinfo=timezone(timedelta(hours=hours))))


@given(anything)
def test_accepted_json_comes_back_as_sent(value: object) -> None:
    """Attributes are kept as they are but for 1.0, which is 1; reading them again changes nothing."""
    read = _read(values.json_value, value)
    if not isinstance(read, BadValue):
        assert read == (list(value) if isinstance(value, tuple) else value) or isinstance(value, tuple | list | dict)
        assert values.json_value(read) == read
        values.size_of({"value": read})


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
    read = _read(values.email, sent)
    assert (read.normalized if isinstance(read, values.Identifying) else None) == normal


@pytest.mark.parametrize(("sent", "normal"), PHONES.items())
def test_phones_by_table(sent: tuple[str, str | None], normal: str | None) -> None:
    """E.164 where the country is known, else digits, never a guess."""
    read = _read(lambda value: values.phone(value, sent[1]), sent[0])
    assert (read.normalized if isinstance(read, values.Identifying) else None) == normal


@pytest.mark.parametrize(("sent", "normal"), MOMENTS.items())
def test_moments_by_table(sent: str, normal: datetime | None) -> None:
    """RFC 3339 with an offset, the years 1 to 9999, no leap second."""
    read = _read(values.moment, sent)
    assert (read if isinstance(read, datetime) else None) == normal


@pytest.mark.parametrize(
    ("sent", "normal"),
    [("2024-02-29", date(2024, 2, 29)), ("2023-02-29", None), ("20240229", None), ("2024-2-9", None), ("", None)],
)
def test_days_by_table(sent: str, normal: date | None) -> None:
    """YYYY-MM-DD and nothing else."""
    read = _read(values.day, sent)
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
    read = _read(values.attributes, sent)
    assert (not isinstance(read, BadValue)) is accepted, what
    assert not accepted or read == sent


def _read(reader: Callable[[Any], Any], value: object) -> Any:
    try:
        return reader(value)
    except BadValue as error:
        return error
