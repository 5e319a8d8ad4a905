"""A contact's plain values, normalised: done once when it is written, and stored (features.to_json)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from resolvers.contacts.values import folded
from resolvers.matching.contact import ChannelFacts, ContactFacts
from resolvers.matching.emails import matching_email
from resolvers.matching.features import Features, OuterId, Phone
from resolvers.matching.fold import visible
from resolvers.matching.generic import PLACEHOLDER_DAYS, is_placeholder_id
from resolvers.matching.names import parse_name
from resolvers.matching.phones import matching_phone
from resolvers.matching.places import company_of, plain_words, postcode_of, street_of

# Platforms that know a person by the phone number: their user id is the number and no evidence of its own.
_PHONE_CHANNELS = frozenset({"WHATSAPP", "SMS", "VOICE"})
_MOBILE_CHANNELS = frozenset({"WHATSAPP", "SMS"})
# Of what a merged tree may hold of one kind: what is stored beside a contact has to end somewhere.
MOST_VALUES = 1_000
_EPOCH = date(1970, 1, 1)
T = TypeVar("T")


def normalise(facts: ContactFacts) -> Features:
    """What is left of the values once placeholders are dropped. Never raises: a value that cannot be read is no
    evidence, whatever its script or length."""
    region = facts.country or facts.region
    phones = [matching_phone(item.normalized, region) for item in facts.identifiers if item.kind == "PHONE"]
    phones += [_phone_behind(channel, region) for channel in facts.channels]
    emails = [matching_email(item.normalized) for item in facts.identifiers if item.kind == "EMAIL"]
    street, house = street_of(facts.street)
    return Features(
        name=parse_name(facts.name),
        emails=_first({email.form: email for email in emails if email}.values()),
        phones=_first({(phone.number, phone.extension): phone for phone in phones if phone}.values()),
        external_ids=_ids(facts, "EXTERNAL_ID"),
        channels=_channels(facts.channels),
        usernames=_ids(facts, "USERNAME") + _handles(facts.channels),
        birthdate=_birthdate(facts),
        birthdate_doubtful=_is_after_creation(facts),
        street=street,
        house=house,
        postcode=postcode_of(facts.postal_code),
        city=plain_words(facts.city),
        country=(facts.country or "").upper(),
        company=company_of(facts.company),
        company_shown=visible(facts.company or ""),
        blocked=facts.blocked,
        active_from=_day(facts.active_from),
        active_to=_day(facts.active_to or facts.active_from),
    )


def _first(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(found)[:MOST_VALUES]


def _ids(facts: ContactFacts, kind: str) -> tuple[OuterId, ...]:
    """Of one kind, each once, verified if any of the equal ones is."""
    found: dict[tuple[str, str], OuterId] = {}
    for item in facts.identifiers:
        if item.kind == kind and item.normalized and not is_placeholder_id(item.normalized):
            key = (item.system.casefold(), item.normalized)
            verified = item.verified or (key in found and found[key].verified)
            found[key] = OuterId(*key, verified)
    return _first(found.values())


def _phone_behind(channel: ChannelFacts, region: str | None) -> Phone | None:
    if channel.type.upper() not in _PHONE_CHANNELS or not channel.user_id:
        return None
    number = channel.user_id.strip().partition("@")[0]
    kind = channel.type.upper()
    is_whatsapp = kind == "WHATSAPP" and number.isascii() and number.isdigit()
    phone = matching_phone(f"+{number}" if is_whatsapp else number, region)
    # Short messages go to mobiles, also where the numbering plan does not tell them from fixed lines.
    return replace(phone, line="mobile") if phone and kind in _MOBILE_CHANNELS else phone


def _channels(channels: Iterable[ChannelFacts]) -> tuple[OuterId, ...]:
    found = {
        (channel.type.upper(), channel.user_id): None
        for channel in channels
        if channel.user_id and channel.type.upper() not in _PHONE_CHANNELS and not is_placeholder_id(channel.user_id)
    }
    return tuple(OuterId(type_, user_id) for type_, user_id in found if user_id)[:MOST_VALUES]


def _handles(channels: Iterable[ChannelFacts]) -> tuple[OuterId, ...]:
    found = {(c.type.casefold(), folded(c.username)) for c in channels if c.username}
    return tuple(OuterId(*key) for key in sorted(found) if key[1] and not is_placeholder_id(key[1]))[:MOST_VALUES]


def _birthdate(facts: ContactFacts) -> str:
    """ISO; "" for a day that programs write for none."""
    text = facts.birthdate.isoformat() if facts.birthdate else ""
    return "" if text in PLACEHOLDER_DAYS else text


def _is_after_creation(facts: ContactFacts) -> bool:
    """There is no clock here, but nobody is known before being born: such a birthdate is a slip."""
    known_by = facts.active_from or facts.active_to
    return bool(facts.birthdate and known_by and facts.birthdate > known_by)


def _day(value: date | None) -> int | None:
    return (value - _EPOCH).days if value else None
