"""What matching is told of a contact: plain values, as its row, identifiers and channels hold them."""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from resolvers.contacts.values import Identifying

ContactId = TypeVar("ContactId", str, UUID)


@dataclass(frozen=True)
class ChannelFacts:
    """One channel: its type (schema.graphql: ChannelType) and what the platform says of the person behind it."""

    type: str
    user_id: str | None = None
    username: str | None = None


@dataclass(frozen=True)
class ContactFacts:
    """A living contact: identifiers and channels of its whole tree, all else from the survivor's own row.

    `country` and `region` are ISO 3166 alpha-2; `country` is the contact's own or its address's, `region` what the
    organisation says of phone numbers that have neither. `active_from` and `active_to` are the days of the first and
    the last sign of life; `active_from` may stand alone.
    """

    name: str | None = None
    identifiers: tuple[Identifying, ...] = ()
    channels: tuple[ChannelFacts, ...] = ()
    company: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None
    birthdate: date | None = None
    blocked: bool = False
    active_from: date | None = None
    active_to: date | None = None
    region: str | None = None
