"""What a caller sends to make or change a contact, read into the form that is stored. Pure: region and time come in.

One reader for GraphQL inputs and lines of an import file: both are mappings by the API's field names.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from db.contacts import AVAILABILITIES, NO_ACTIVITY, ROLES
from db.identifiers import KINDS
from resolvers.contacts import values
from resolvers.contacts.cells import ATTRIBUTES
from resolvers.contacts.channel_inputs import ChannelValues, read_channels
from resolvers.contacts.fields import Fields
from resolvers.contacts.values import ATTRIBUTE_BYTES, BadValue, Identifying

# field -> most characters
TEXTS = {"name": 500, "avatarUrl": 2048, "company": 500, "title": 500, "language": 35, "timezone": 64}
REASONS = {"unsubscribeReason": 1_000, "unsubscribeFeedback": 4_000}
ADDRESS = {"line1": 500, "line2": 500, "city": 200, "region": 200, "postalCode": 40, "country": 2}
MAXIMUM_IDENTIFIERS = 200
_TEXT_READERS = {name: partial(values.text, limit=limit) for name, limit in TEXTS.items()}
_REASON_READERS = {name: partial(values.text, limit=limit) for name, limit in REASONS.items()}
_ADDRESS_READERS: dict[str, Callable[[Any], str | None]] = {
    name: values.country if name == "country" else partial(values.text, limit=limit) for name, limit in ADDRESS.items()
}
_EARLIEST_BIRTH = date(1850, 1, 1)
_CREATION_FROM = values.moment("1970-01-01T00:00:00Z")
_CLOCK_SKEW = timedelta(minutes=5)
CREATE_FIELDS = frozenset(
    {"role", "email", "phone", "identifiers", "address", "birthdate", "blocked", "blockedAt", "unsubscribed"}
    | {"unsubscribedAt", "isAdmin", "availabilityStatus", "firstSeenAt", "lastActivityAt", "createdAt"}
    | {"organizationId", "idempotencyKey", "channels"}
    | TEXTS.keys()
    | REASONS.keys()
    | ATTRIBUTES.keys()
)


@dataclass(frozen=True)
class NewContact:
    """A contact to be made: its scalar cells (resolvers.contacts.cells), attribute objects and so on."""

    cells: dict[str, Any]
    attributes: dict[str, dict[str, Any]]
    identifiers: tuple[Identifying, ...]
    created_at: datetime
    last_activity_at: datetime | None
    channels: tuple[ChannelValues, ...] = ()


@dataclass(frozen=True)
class ContactPatch:
    """A change: scalars (None clears), consents, merge patches of attributes, leading identifiers, activity."""

    scalars: dict[str, Any] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    reasons: dict[str, str | None] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    leading: dict[str, Identifying | None] = field(default_factory=dict)
    identifiers: tuple[Identifying, ...] = ()
    activity: dict[str, datetime | None] = field(default_factory=dict)
    channels: tuple[ChannelValues, ...] = ()


def read_new_contact(fields: Fields, now: datetime, default_region: str | None) -> NewContact:
    """Raises Refused with every field that is wrong."""
    scalars = _scalars(fields, now)
    region = _region(scalars.get("address"), default_region)
    email, phone, others = _leading(fields, "email", None), _leading(fields, "phone", region), _others(fields, region)
    email = email or _first_of("EMAIL", others)
    phone = phone or _first_of("PHONE", others)
    cells: dict[str, Any] = {name: value for name, value in scalars.items() if value is not None}
    cells |= {"email": email.value} if email else {}
    cells |= {"phone": phone.normalized} if phone else {}
    cells["isAdmin"] = bool(fields.flag("isAdmin"))
    cells |= _consents(fields, now)
    attributes = {name: _attributes(fields, name) or {} for name in ATTRIBUTES}
    check_size(fields, attributes)
    created_at = fields.read("createdAt", partial(_creation, now=now)) or now
    last_activity_at = fields.read("lastActivityAt", _activity)
    channels = read_channels(fields, default_region)
    fields.refuse_if_wrong()
    return NewContact(cells, attributes, _unique(email, phone, *others), created_at, last_activity_at, channels)


def read_patch(fields: Fields, now: datetime, default_region: str | None, current_country: str | None) -> ContactPatch:
    """Fields that were sent, in the form that is stored. Raises Refused with every field that is wrong."""
    sent = {name: value for name, value in _scalars(fields, now).items() if name in fields}
    country = sent["address"].get("country") if sent.get("address") else current_country
    region = values.phone_region(country) or default_region
    leading = {
        name: _leading(fields, name, region if name == "phone" else None)
        for name in ("email", "phone")
        if name in fields
    }
    flags = {name: fields.flag(name) for name in ("blocked", "unsubscribed", "isAdmin")}
    reasons = {name: fields.read(name, reader) for name, reader in _REASON_READERS.items() if name in fields}
    patches = {name: _attributes(fields, name) for name in ATTRIBUTES if name in fields}
    activity = {name: fields.read(name, _activity) for name in ("lastActivityAt",) if name in fields}
    others = _others(fields, region)
    channels = read_channels(fields, default_region)
    fields.refuse_if_wrong()
    return ContactPatch(
        scalars=sent,
        flags={name: value for name, value in flags.items() if value is not None},
        reasons=reasons,
        attributes=patches,
        leading=leading,
        identifiers=_unique(*leading.values(), *others),
        activity=activity,
        channels=channels,
    )


def read_identifier(fields: Fields, region: str | None) -> Identifying | None:
    """One IdentifierInput; what is wrong is noted in `fields`."""
    kind = fields.raw("kind")
    if kind not in KINDS:
        fields.wrong(f"kind must be one of {', '.join(KINDS)}.", "kind")
        return None
    verified = bool(fields.flag("verified")) if fields.given("verified") else False
    system = fields.check(lambda: values.system_of(kind, fields.raw("system")), "system")
    found = fields.check(lambda: values.identifying(kind, fields.raw("value"), system or "", region), "value")
    return Identifying(found.kind, found.value, found.normalized, found.system, verified) if found else None


def _scalars(fields: Fields, now: datetime) -> dict[str, Any]:
    read: dict[str, Any] = {name: fields.read(name, reader) for name, reader in _TEXT_READERS.items()}
    read["role"] = fields.choice("role", ROLES)
    read["availabilityStatus"] = fields.choice("availabilityStatus", AVAILABILITIES)
    read["address"] = _address(fields)
    birthdate = fields.read("birthdate", partial(_birth, now=now))
    read["birthdate"] = birthdate.isoformat() if birthdate else None
    first_seen = fields.read("firstSeenAt", values.moment)
    read["firstSeenAt"] = first_seen.isoformat() if first_seen else None
    return read


def _address(fields: Fields) -> dict[str, Any] | None:
    raw = fields.raw("address")
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        fields.wrong("address must be an object.", "address")
        return None
    for name in () if raw.keys() <= ADDRESS.keys() else sorted(map(str, raw.keys() - ADDRESS.keys())):
        fields.wrong(f"{name[:80]} is no field of an address. Known: {', '.join(ADDRESS)}.", "address", name[:80])
    read = {}
    for name, reader in _ADDRESS_READERS.items():
        value = raw.get(name)
        read[name] = fields.check(partial(reader, value), "address", name) if value is not None else None
    return read if any(value is not None for value in read.values()) else None


def _consents(fields: Fields, now: datetime) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name in ("blocked", "unsubscribed"):
        value = bool(fields.flag(name))
        at = fields.read(f"{name}At", values.moment) or (now if value else None)
        read[name] = {"value": value, "at": at.isoformat() if at else None}
    for part in ("reason", "feedback"):
        name = f"unsubscribe{part.capitalize()}"
        read["unsubscribed"][part] = fields.read(name, _REASON_READERS[name])
    return read


def _leading(fields: Fields, name: str, region: str | None) -> Identifying | None:
    value = fields.raw(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return fields.check(lambda: values.email(value) if name == "email" else values.phone(value, region), name)


def _attributes(fields: Fields, name: str) -> dict[str, Any] | None:
    return fields.read(name, values.attributes) if fields.given(name) else None


def _others(fields: Fields, region: str | None) -> list[Identifying]:
    raw = fields.raw("identifiers") or []
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        fields.wrong("identifiers must be a list of objects.", "identifiers")
        return []
    if len(raw) > MAXIMUM_IDENTIFIERS:
        fields.wrong(f"{len(raw)} identifiers were sent; at most {MAXIMUM_IDENTIFIERS} are taken.", "identifiers")
        return []
    found = []
    for index, item in enumerate(raw):
        identifier = read_identifier(fields.inner(item, "identifiers", str(index)), region)
        if identifier is not None:
            found.append(identifier)
    return found


def _unique(*identifiers: Identifying | None) -> tuple[Identifying, ...]:
    """Each once; verified if any of the equal ones is."""
    found: dict[tuple[str, str, str], Identifying] = {}
    for identifier in identifiers:
        if identifier is None:
            continue
        earlier = found.get(identifier.key)
        if earlier is None or (identifier.verified and not earlier.verified):
            found[identifier.key] = identifier
    return tuple(found.values())


def _first_of(kind: str, identifiers: list[Identifying]) -> Identifying | None:
    return next((identifier for identifier in identifiers if identifier.kind == kind), None)


def _region(address: dict[str, Any] | None, default: str | None) -> str | None:
    return values.phone_region((address or {}).get("country")) or default


def _birth(value: object, now: datetime) -> date | None:
    born = values.day(value)
    if born is not None and not _EARLIEST_BIRTH <= born <= (now + timedelta(days=1)).date():
        raise BadValue(f"must lie between {_EARLIEST_BIRTH} and today")
    return born


def _activity(value: object) -> datetime | None:
    at = values.moment(value)
    if at == NO_ACTIVITY:
        raise BadValue("must lie after 0001-01-01T00:00:00Z, which stands for never")
    return at


def _creation(value: object, now: datetime) -> datetime | None:
    created = values.moment(value)
    assert _CREATION_FROM is not None
    if created is not None and not _CREATION_FROM <= created <= now + _CLOCK_SKEW:
        raise BadValue("must lie between 1970 and now")
    return created


def check_size(
    fields: Fields, attributes: Mapping[str, Mapping[str, Any]], sent: Collection[str] | None = None
) -> None:
    """The three objects share one limit; the largest of those that were sent is named."""
    size = values.size_of(*attributes.values())
    if size > ATTRIBUTE_BYTES:
        name = max(sent or attributes, key=lambda candidate: values.size_of(attributes[candidate]))
        message = f"{', '.join(attributes)} have {size} bytes together; at most {ATTRIBUTE_BYTES} are stored."
        fields.wrong(message, name)
