"""Channels as callers send them, read into the columns that are stored, and what makes two of them equal. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from db.conversations import CHANNEL_TYPES
from resolvers.contacts import values
from resolvers.contacts.fields import Fields
from resolvers.contacts.values import ATTRIBUTE_BYTES, BadValue, folded

MAXIMUM_CHANNELS = 50
ChannelValues = dict[str, Any]


def _ip(value: object) -> str | None:
    shown = values.text(value, 64)
    if shown is None:
        return None
    try:
        return str(ip_address(shown))
    except ValueError:
        raise BadValue("must be an IP address, such as 203.0.113.7 or 2001:db8::1") from None


def _email(value: object) -> str | None:
    return values.email(value).value if values.text(value) is not None else None


def _platform_data(value: object) -> dict[str, Any]:
    read = values.attributes(value)
    if values.size_of(read) > ATTRIBUTE_BYTES:
        raise BadValue(f"has {values.size_of(read)} bytes; at most {ATTRIBUTE_BYTES} are stored")
    return read


# API name -> (column, reader)
_READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "userId": ("user_id", partial(values.text, limit=255)),
    "avatar": ("avatar", partial(values.text, limit=2_048)),
    "name": ("name", partial(values.text, limit=500)),
    "username": ("username", partial(values.text, limit=255)),
    "email": ("email", _email),
    "country": ("country", values.country),
    "agent": ("agent", partial(values.text, limit=1_000)),
    "ip": ("ip", _ip),
    "language": ("language", partial(values.text, limit=35)),
    "platformData": ("platform_data", _platform_data),
    "link": ("link", values.web_address),
}
FIELDS = frozenset({"type", "phone", *_READERS})
_BLANK: ChannelValues = {**dict.fromkeys(("phone", *(column for column, _ in _READERS.values()))), "platform_data": {}}
# What identifies a channel, first things first: (column, API name, how it is compared).
_IDENTIFYING: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("user_id", "userId", str),
    ("email", "email", lambda value: values.email(value).normalized),
    ("phone", "phone", str),  # stored in its normal form
    ("username", "username", folded),
)


def read_changes(fields: Fields, default_region: str | None, country: str | None = None) -> ChannelValues:
    """The columns that were sent, null as null; what is wrong is noted in `fields`. `country`: as it stands."""
    changes: ChannelValues = {}
    for name, (column, reader) in _READERS.items():
        if name in fields:
            changes[column] = fields.read(name, reader)
    if "platform_data" in changes:
        changes["platform_data"] = changes["platform_data"] or {}
    if "phone" in fields:
        region = values.phone_region(changes.get("country", country)) or default_region
        changes["phone"] = fields.read("phone", partial(_phone, region=region))
    if "type" in fields:
        changes["type"] = fields.choice("type", CHANNEL_TYPES)
    return changes


def read_channel(fields: Fields, default_region: str | None) -> ChannelValues | None:
    """One ChannelInput by its columns; what is wrong is noted in `fields`."""
    before = len(fields.errors)
    if not fields.given("type"):
        fields.wrong(f"type must be one of {', '.join(CHANNEL_TYPES)}.", "type")
    changes = read_changes(fields, default_region)
    return with_identity(_BLANK | changes) if before == len(fields.errors) else None


def read_channels(fields: Fields, default_region: str | None) -> tuple[ChannelValues, ...]:
    """The list `channels` of a contact, each channel once."""
    raw = fields.raw("channels") or []
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        fields.wrong("channels must be a list of objects.", "channels")
        return ()
    if len(raw) > MAXIMUM_CHANNELS:
        fields.wrong(f"{len(raw)} channels were sent; at most {MAXIMUM_CHANNELS} are taken.", "channels")
        return ()
    found: list[ChannelValues] = []
    places: dict[tuple[str, str], int] = {}
    for index, item in enumerate(raw):
        inner = fields.inner(item, "channels", str(index))
        inner.expect_only(FIELDS, "a channel")
        read = read_channel(inner, default_region)
        if read is None:
            continue
        first = places.setdefault((read["type"], read["identity"]), index) if read["identity"] else index
        if first != index:
            fields.wrong(f"This is the same channel as number {first} of the list.", "channels", str(index))
        found.append(read)
    return tuple(found)


def with_identity(read: ChannelValues) -> ChannelValues:
    """The columns with what the channel is told apart by: the first of user id, address, number and user name."""
    column = identified_by(read)
    if column is None:
        return read | {"identity": None}
    fold = next(fold for name, _, fold in _IDENTIFYING if name == column)
    return read | {"identity": f"{column}:{fold(read[column])}"}


def identified_by(read: Mapping[str, Any]) -> str | None:
    """The column that the channel is told apart by."""
    return next((column for column, _, _ in _IDENTIFYING if read[column] is not None), None)


def identifying_field(read: Mapping[str, Any]) -> str:
    """The same by the name that clients use."""
    return next((name for column, name, _ in _IDENTIFYING if read[column] is not None), "type")


def channel_rows(
    new_id: Callable[[], UUID], now: datetime, org_id: UUID, contact_id: UUID, found: Sequence[ChannelValues]
) -> list[dict[str, Any]]:
    """Rows of `channel` that give these to this contact."""
    return [channel_row(new_id(), now, org_id, contact_id, read) for read in found]


def channel_row(channel_id: UUID, now: datetime, org_id: UUID, contact_id: UUID, read: ChannelValues) -> dict[str, Any]:
    """The row of `channel` that gives this to this contact."""
    fixed = {"org_id": org_id, "contact_id": contact_id, "created_at": now, "updated_at": now}
    return {**read, **fixed, "id": channel_id, "removed_via_id": None, "removed_at": None}


def _phone(value: object, region: str | None) -> str | None:
    return values.phone(value, region).normalized if values.text(value) is not None else None
