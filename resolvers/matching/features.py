"""The normalised record of a contact: what is stored beside it and all that comparing looks at."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Email:
    """`form` is what is compared (matching form), `shown` the address itself; `role`: many people answer it."""

    form: str
    shown: str
    role: bool = False


@dataclass(frozen=True, slots=True)
class Phone:
    """`number`: "+" and digits, or national digits when the country is unknown; `line`: "mobile" when a channel says
    so, else "" (phones.line_of also asks the numbering plan)."""

    number: str
    extension: str = ""
    line: str = ""

    @property
    def shown(self) -> str:
        """For people."""
        return f"{self.number} ext. {self.extension}" if self.extension else self.number


@dataclass(frozen=True, slots=True)
class OuterId:
    """An id, user name or channel's user id that a system gave; `system` is "" when nobody said which."""

    system: str
    value: str
    verified: bool = False

    @property
    def shown(self) -> str:
        """For people."""
        return f"{self.system} {self.value}".strip()


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in lower-case ASCII words. One word alone stands in `given`, whichever it is, and `family` is ""."""

    shown: str
    given: str
    family: str = ""
    middle: tuple[str, ...] = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Features:
    """A contact as matching sees it. Empty means unknown and is never evidence;
    a doubtful birthdate may speak against a pair, never for it. Days are counted from 1970-01-01."""

    name: PersonName | None = None
    emails: tuple[Email, ...] = ()
    phones: tuple[Phone, ...] = ()
    external_ids: tuple[OuterId, ...] = ()
    channels: tuple[OuterId, ...] = ()
    usernames: tuple[OuterId, ...] = ()
    birthdate: str = ""
    birthdate_doubtful: bool = False
    street: tuple[str, ...] = ()
    house: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    company: str = ""
    company_shown: str = ""
    blocked: bool = False
    active_from: int | None = None
    active_to: int | None = None


_LISTS: dict[str, type[Email] | type[Phone] | type[OuterId]] = {
    "emails": Email,
    "phones": Phone,
    "external_ids": OuterId,
    "channels": OuterId,
    "usernames": OuterId,
}


def to_json(features: Features) -> dict[str, Any]:
    """A JSON object of strings, numbers, booleans and arrays; what is empty is left out."""
    stored: dict[str, Any] = {}
    for name in Features.__dataclass_fields__:
        value = getattr(features, name)
        if value is None or value in ("", (), False):
            continue
        if name in _LISTS:
            stored[name] = [[getattr(item, part) for part in item.__dataclass_fields__] for item in value]
        elif name == "name":
            stored[name] = [value.shown, value.given, value.family, list(value.middle), value.suffix]
        else:
            stored[name] = list(value) if isinstance(value, tuple) else value
    return stored


def from_json(stored: dict[str, Any]) -> Features:
    """The inverse of `to_json`. Raises TypeError for a record of another model version: rebuild it."""
    read: dict[str, Any] = dict(stored)
    for name, kind in _LISTS.items():
        if name in read:
            read[name] = tuple(kind(*item) for item in read[name])
    if "name" in read:
        shown, given, family, middle, suffix = read["name"]
        read["name"] = PersonName(shown, given, family, tuple(middle), suffix)
    if "street" in read:
        read["street"] = tuple(read["street"])
    return Features(**read)
