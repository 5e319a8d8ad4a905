"""Values as callers send them, brought into the form that is stored. Pure: no clock, no database.

Each function returns the normal form or raises `BadValue` with a sentence that says what to do. U+0000 and lone
surrogates are refused, never stripped: SQLite would store what PostgreSQL cannot.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from resolvers.contacts.plain_phones import plain_e164

MAXIMUM_EXACT_INTEGER = 2**53
ATTRIBUTE_BYTES = 64 * 1024
ATTRIBUTE_DEPTH = 16
ATTRIBUTE_KEYS = 1_000
ATTRIBUTE_KEY_LENGTH = 255
PHONE_LENGTH = 64
KEY_BYTES = 1_100
# What email-validator accepts without changing more than case, at a twentieth of its cost; all else goes to it.
_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}",
    re.ASCII,
)
_SPECIAL_DOMAINS = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
_DIGITS_ONLY = re.compile(r"[\d\s()./-]+", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


class BadValue(ValueError):
    """A value that cannot be stored; the message is for the caller."""


@dataclass(frozen=True)
class Identifying:
    """An identifier as given (`value`) and as compared (`normalized`)."""

    kind: str
    value: str
    normalized: str
    system: str = ""
    verified: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two identifiers equal."""
        return (self.kind, self.system, self.normalized)


def sound_text(value: str) -> str:
    """NFC; refuses what cannot be stored everywhere."""
    if "\x00" in value:
        raise BadValue("must not contain U+0000")
    if value.isascii():  # has no surrogates, and is its own NFC
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadValue("contains half of a surrogate pair, which is not text") from None
    return unicodedata.normalize("NFC", value)


def text(value: object, limit: int = 500) -> str | None:
    """Trimmed text; blank is None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadValue("must be a string")
    sound = sound_text(value).strip()
    if len(sound) > limit:
        raise BadValue(f"is {len(sound)} characters long; at most {limit} are stored")
    return sound or None


def folded(value: str | None) -> str:
    """The form that search and the order of names compare: NFKC, casefolded, one space for any white space."""
    if not value:
        return ""
    if value.isascii():
        return " ".join(value.lower().split())
    once = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    return once if once == value else folded(once)  # folding may join what it made: until nothing changes


def name_key(name: str) -> str:
    """A name as a key: folding may write one letter out as 18, and PostgreSQL's keys have an end."""
    key = folded(name)
    if len(key.encode()) > KEY_BYTES:
        raise BadValue("is too long to be compared: its ligatures stand for many letters each")
    return key


def email(value: object) -> Identifying:
    """An e-mail address. `normalized` is casefolded as a whole."""
    shown = text(value, 254)
    if shown is None:
        raise BadValue("must be an e-mail address, not blank")
    if _is_plain_email(shown):
        return Identifying("EMAIL", shown, shown.casefold())
    try:
        checked = validate_email(shown, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise BadValue(f"is not an e-mail address: {str(error).rstrip('.')}") from None
    return Identifying("EMAIL", shown, unicodedata.normalize("NFKC", checked.normalized).casefold())


def _is_plain_email(value: str) -> bool:
    lowered = value.lower()
    return (
        _PLAIN_EMAIL.fullmatch(value) is not None
        and value.index("@") <= 64
        and "--" not in value
        and not lowered.endswith(_SPECIAL_DOMAINS)
    )


def phone(value: object, region: str | None) -> Identifying:
    """A phone number. `normalized`: E.164 when it has a '+' or its region is known, else its digits, never guessed."""
    shown = text(value, PHONE_LENGTH)
    if shown is None:
        raise BadValue("must be a phone number, not blank")
    short = plain_e164(shown)
    if short is not None:
        return Identifying("PHONE", shown, short)
    plain = unicodedata.normalize("NFKC", shown)
    if region is None and not plain.lower().removeprefix("tel:").lstrip().startswith("+"):
        return Identifying("PHONE", shown, _digits(plain))
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        raise BadValue("is not a phone number; write it as +4930123456") from None
    if not phonenumbers.is_possible_number(number):
        raise BadValue("has too few or too many digits for its country; write it as +4930123456")
    extension = f";ext={number.extension}" if number.extension else ""
    normalized = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Identifying("PHONE", shown, normalized + extension)


def _digits(plain: str) -> str:
    digits = re.sub(r"\D", "", plain, flags=re.ASCII)
    if not _DIGITS_ONLY.fullmatch(plain) or not 3 <= len(digits) <= 17:
        raise BadValue("is not a phone number: 3 to 17 digits, or the form +4930123456")
    return digits


def phone_forms(value: str, region: str | None) -> tuple[str, ...]:
    """Every normal form under which this number may be stored; raises BadValue when it has none."""
    forms: list[str] = []
    problem: BadValue | None = None
    for known in dict.fromkeys((region, None)):
        try:
            forms.append(phone(value, known).normalized)
        except BadValue as error:
            problem = problem or error
    if not forms and problem:
        raise problem
    return tuple(dict.fromkeys(forms))


def identifying(kind: str, value: object, system: str, region: str | None) -> Identifying:
    """An identifier of any kind; `system` as `system_of` reads it."""
    if kind in ("EMAIL", "PHONE"):
        return email(value) if kind == "EMAIL" else phone(value, region)
    shown = text(value, 255)
    if shown is None:
        raise BadValue("must not be blank")
    return Identifying(kind, shown, folded(shown) if kind == "USERNAME" else shown, system)


def system_of(kind: str, value: object) -> str:
    """The system that an EXTERNAL_ID or USERNAME belongs to; "" for none."""
    system = text(value, 64)
    if system is not None and kind in ("EMAIL", "PHONE"):
        raise BadValue(f"belongs to EXTERNAL_ID and USERNAME, not to {kind}; leave it out")
    return system or ""


def country(value: object) -> str | None:
    """ISO 3166 alpha-2, upper case."""
    code = text(value, 64)
    if code is not None and not re.fullmatch(r"[A-Za-z]{2}", code, re.ASCII):
        raise BadValue("must be a country's two letters (ISO 3166), such as DE")
    return code.upper() if code else None


def phone_region(value: str | None) -> str | None:
    """The country as a region that phone numbers are read in; None when phonenumbers does not know it."""
    return value if value in phonenumbers.SUPPORTED_REGIONS else None


def day(value: object) -> date | None:
    """A date, from YYYY-MM-DD."""
    if value is None or type(value) is date:
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass  # such as 2023-02-30: the sentence below says it
    raise BadValue("must be a date of the form YYYY-MM-DD")


def moment(value: object) -> datetime | None:
    """A time in UTC, from RFC 3339 with an offset."""
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _in_utc(value)
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadValue("must be a time with an offset (RFC 3339), such as 2026-01-31T12:00:00Z")
    if match[2].endswith(":60"):
        raise BadValue("is a leap second, which cannot be stored; send second 59")
    fraction = (match[3] or "")[:6].ljust(6, "0")
    offset = "+00:00" if match[4] in "Zz" else match[4]
    try:
        return _in_utc(datetime.fromisoformat(f"{match[1]}T{match[2]}.{fraction}{offset}"))
    except ValueError:
        raise BadValue(_NO_TIME) from None


_NO_TIME = "is not a time that exists between the years 1 and 9999 in UTC"


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise BadValue(_NO_TIME) from None


def moment_text(value: datetime) -> str:
    """A time as the API writes it: UTC, microseconds, Z."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def attributes(value: object) -> dict[str, Any]:
    """A JSON object to store: bounded in depth, keys and size, with exact numbers only."""
    if not isinstance(value, Mapping):
        raise BadValue("must be a JSON object")
    if not value:
        return {}
    return dict(_checked_json(value))


def json_value(value: object) -> Any:
    """Any JSON value, checked the same way."""
    return _checked_json({"value": value})["value"]


def size_of(*objects: Mapping[str, Any]) -> int:
    """Bytes of these objects as compact JSON."""
    return sum(len(orjson.dumps(item)) for item in objects)


def _checked_json(top: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with sound strings and numbers. Level by level: a recursion could be made to overflow."""
    root: dict[str, Any] = {}
    level: list[tuple[Any, Any]] = [(top, root)]
    keys = depth = 0
    while level:
        depth += 1
        if depth > ATTRIBUTE_DEPTH:
            raise BadValue(f"is nested deeper than {ATTRIBUTE_DEPTH} levels")
        deeper: list[tuple[Any, Any]] = []
        for source, target in level:
            items = source.items() if isinstance(source, Mapping) else enumerate(source)
            if isinstance(source, Mapping):
                keys += len(source)
                _check_keys(source)
            for key, member in items:
                made = _scalar(member) if type(member) in _SCALARS else _opened(member, deeper)
                if isinstance(target, list):
                    target.append(made)
                else:
                    target[key] = made
        if keys > ATTRIBUTE_KEYS:
            raise BadValue(f"has more than {ATTRIBUTE_KEYS} keys")
        level = deeper
    return root


_SCALARS = frozenset((str, int, float, bool, type(None)))


def _opened(member: Any, deeper: list[tuple[Any, Any]]) -> Any:
    if not isinstance(member, Mapping | list | tuple):
        return _scalar(member)
    made: Any = {} if isinstance(member, Mapping) else []
    deeper.append((member, made))
    return made


def _check_keys(source: Mapping[str, Any]) -> None:
    seen = set()
    for key in source:
        if not isinstance(key, str):
            raise BadValue("has a key that is not a string")
        normal = sound_text(key)
        if len(key) > ATTRIBUTE_KEY_LENGTH:
            raise BadValue(f"has a key of {len(key)} characters; at most {ATTRIBUTE_KEY_LENGTH} are stored")
        if normal in seen:
            raise BadValue("has two keys that are equal once their accents are composed (NFC)")
        seen.add(normal)


def _scalar(value: object) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        sound_text(value)  # checked, but kept as sent
        return value
    if isinstance(value, int):
        if abs(value) > MAXIMUM_EXACT_INTEGER:
            raise BadValue("has an integer beyond 2^53, which JSON does not keep exactly; send it as a string")
        return value
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise BadValue("has a number that JSON cannot say (NaN or infinite)")
        if value.is_integer():  # 1.0 and 1 are one number in JSON: both databases must agree on it
            return _scalar(int(value))
        return value
    raise BadValue(f"has a value that is not JSON ({type(value).__name__})")


def web_address(value: object) -> str | None:
    """An http(s) URL, kept as sent: anything else could be run by whoever clicks on it."""
    shown = text(value, 2_048)
    if shown is not None and not re.fullmatch(r"https?://[^\s/?#]+[^\s]*", shown, re.IGNORECASE):
        raise BadValue("must be an address that begins with https:// or http://")
    return shown


def required_text(value: object, limit: int) -> str:
    """Text that must not be blank, kept with its white space inside."""
    shown = text(value, limit)
    if shown is None:
        raise BadValue("must not be blank")
    return shown
