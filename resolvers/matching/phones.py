"""A phone number in the form that is compared, and whether two are the same line."""

import re
from functools import lru_cache

import phonenumbers

from resolvers.contacts.values import BadValue, phone
from resolvers.matching.features import Phone
from resolvers.matching.generic import is_placeholder_phone

FEWEST_DIGITS = 7  # shorter ones are extensions and short codes: nobody's own
COMPARED_DIGITS = 8  # of a national number against one with its country
_LINES = {phonenumbers.PhoneNumberType.MOBILE: "mobile", phonenumbers.PhoneNumberType.FIXED_LINE: "fixed"}
_NO_DIGIT = re.compile(r"\D", re.ASCII)
_INTERNATIONAL = re.compile(r"\+\d{7,15}", re.ASCII)


def matching_phone(normalized: str, region: str | None) -> Phone | None:
    """From the normal form that lookup uses: E.164, or digits when nobody said the country then; `region` may be
    known by now. None for a placeholder and for less than seven digits."""
    number, _, extension = normalized.partition(";ext=")
    digits = _NO_DIGIT.sub("", number)
    if len(digits) < FEWEST_DIGITS or is_placeholder_phone(digits):
        return None
    if not number.startswith("+"):
        number = _with_country(digits, region)
    return Phone(number, extension)


def _with_country(digits: str, region: str | None) -> str:
    if digits.startswith("00") and _INTERNATIONAL.fullmatch(f"+{digits[2:]}"):
        return f"+{digits[2:]}"
    if region is None:
        return digits
    try:
        return phone(digits, region).normalized
    except BadValue:
        return digits  # not a number of that country after all: compared by its last digits


def line_of(phone: Phone) -> str:
    """ "mobile" or "fixed" when a channel or the numbering plan tells (in North America it never does), else ""."""
    return phone.line or _planned_line(phone.number)


# Asked for when a number is all that two contacts share: at every write it took longer than all the rest.
@lru_cache(maxsize=65_536)
def _planned_line(number: str) -> str:
    if not number.startswith("+") or number[1:2] == "1":
        return ""
    # Country and rest are told apart here, as E.164 allows: parsing a number anew takes longer than all the rest.
    for digits in (1, 2, 3):
        code, rest = number[1 : 1 + digits], number[1 + digits :]
        if code.isdigit() and rest.isdigit() and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            zeros = len(rest) - len(rest.lstrip("0"))
            parsed = phonenumbers.PhoneNumber(
                int(code), int(rest), italian_leading_zero=zeros > 0 or None, number_of_leading_zeros=zeros or None
            )
            return _LINES.get(phonenumbers.number_type(parsed), "")
    return ""


def same_line(left: Phone, right: Phone) -> bool:
    """Equal numbers; one without its country equals one that ends in it (eight digits at least)."""
    if left.extension != right.extension:
        return False
    if left.number == right.number:
        return True
    if left.number.startswith("+") and right.number.startswith("+"):
        return False
    one, other = (item.number.lstrip("+").lstrip("0") for item in (left, right))
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= COMPARED_DIGITS and longer.endswith(shorter)


def last_digits(number: str) -> str:
    """What both spellings of a number share."""
    return number[-COMPARED_DIGITS:].lstrip("+")
