"""The short way for plain international numbers answers exactly as phonenumbers does."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resolvers.contacts.plain_phones import plain_e164

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
PREFIX_MAY_BE_EMPTY = {54}  # Argentina: whether something is taken off is for the parser to say
_between = st.sampled_from(["", "", "", " ", "-", ".", " (", ") ", "(0)", "--", "/"])


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A plus, a country's code (or hardly one), and digits with what people write between them."""
    code = draw(st.sampled_from(CODES) | st.integers(1, 999))
    digits = draw(st.text("0123456789", min_size=1, max_size=18))
    parts = [part for digit in digits for part in (draw(_between), digit)]
    return f"+{code}{''.join(parts)}"


def long_way(number: str, region: str | None) -> str | None:
    """What the parser says: the normal form, or None for a number that is refused."""
    try:
        found = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(found) or found.extension:
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


@given(numbers(), st.sampled_from(REGIONS) | st.none())
@example("+49 (0) 30 123456", "DE")
@example("+1 1212 555 0123", "US")
@example("+39 06 12345678", None)
@example("+5491123456789", "AR")
@example("+52 1 55 1234 5678", "MX")
@example("+800 1234 5678", "001")
@example("+1 212 555-0123)", None)
def test_the_short_way_is_the_long_way(number: str, region: str | None) -> None:
    """Never another form, and never a form for a number that is refused."""
    short = plain_e164(number)
    assert short is None or short == long_way(number, region)


@pytest.mark.parametrize("code", CODES)
def test_every_country(code: int) -> None:
    """All lengths and all beginnings of two digits, which is where national prefixes stand."""
    taken = 0
    for start in range(100):
        for length in range(18):
            number = f"+{code}{start:02d}{'3141592653589793238'[:length]}"
            short = plain_e164(number)
            taken += short is not None
            assert short is None or short == long_way(number, None)
    assert taken > 20 or code in PREFIX_MAY_BE_EMPTY, "the short way is taken at all"
