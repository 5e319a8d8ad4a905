"""Values as callers send them: refused with a sentence or brought into one form, and never a fault of ours."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
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


def read_or_error(reader: Callable[[Any], Any], value: object) -> Any:
    """What the reader makes of it, or the BadValue that it raises."""
    try:
        return reader(value)
    except BadValue as error:
        return error


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
    read = read_or_error(values.text, value)
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
    read = read_or_error(values.email, value)
    if isinstance(read, values.Identifying):
        assert read.value == value.strip()
        assert values.email(read.normalized).normalized == read.normalized
        assert read_or_error(values.email, value.upper().lower()) is not None


@given(st.from_regex(r"[+0-9 ()./-]{2,20}", fullmatch=True), regions)
def test_a_phone_number_has_one_form(value: str, region: str | None) -> None:
    """The normal form read in the same region is itself."""
    read = read_or_error(lambda v: values.phone(v, region), value)
    if isinstance(read, values.Identifying):
        assert values.phone(read.normalized, region).normalized == read.normalized
        assert read.normalized in values.phone_forms(value, region)


@given(st.datetimes(min_value=_EARLY, max_value=_LATE, timezones=st.timezones()))
def test_a_time_comes_back(value: datetime) -> None:
    """What the API writes is what it reads, to the microsecond."""
    assert values.moment(values.moment_text(value)) == value.astimezone(UTC)
    assert values.moment(value) == value.astimezone(UTC)


@given(st.datetimes(min_value=_EARLY, max_value=_LATE), st.integers(-1439, 1439))
def test_a_time_with_any_offset_isread_or_error(value: datetime, minutes: int) -> None:
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
    read = read_or_error(values.json_value, value)
    if not isinstance(read, BadValue):
        assert read == (list(value) if isinstance(value, tuple) else value) or isinstance(value, tuple | list | dict)
        assert values.json_value(read) == read
        values.size_of({"value": read})
