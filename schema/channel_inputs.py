"""What is sent to write channels."""

import strawberry

from schema.described import about, optional
from schema.history_enums import ChannelType
from schema.scalars import JSON


@strawberry.input(description="A way to reach a contact. Equal ones have the type and the first given of the four ids.")
class ChannelInput:
    """The input `ChannelInput`."""

    type: ChannelType = about("What kind of way it is.")
    user_id: str | None = optional("First of the four that tell channels apart: the platform's id of the person.")
    avatar: str | None = optional("Where a picture lies.")
    name: str | None = optional("The name that is shown there.")
    username: str | None = optional("Last of the four: the user name there.")
    email: str | None = optional("Second of the four: an address. No identifier of the contact comes of it.")
    phone: str | None = optional("Third of the four: a number. No identifier of the contact comes of it.")
    country: str | None = optional("Two letters by ISO 3166, such as `DE`; the number is read by it.")
    agent: str | None = optional("The browser or program that is used there.")
    ip: str | None = optional("The IP address.")
    language: str | None = optional("The language, such as `pt-BR`.")
    platform_data: JSON | None = optional("An object with what the platform knows besides.")
    link: str | None = optional("Where the person is found there: https:// or http://.")


@strawberry.input(description="A channel for a contact.")
class AddChannelInput:
    """The input `AddChannelInput`."""

    contact_id: strawberry.ID = about("The contact; a merged-away id lands on its survivor, and keeps what was sent.")
    channel: ChannelInput = about("The channel. One that the contact has already is refused.")


@strawberry.input(description="A change of a channel. Left out: unchanged; null: cleared.")
class UpdateChannelInput:
    """The input `UpdateChannelInput`."""

    id: strawberry.ID = about("The channel. It keeps its contact.")
    type: ChannelType | None = optional("What kind of way it is. null is refused.")
    user_id: str | None = optional("The platform's id of the person.")
    avatar: str | None = optional("Where a picture lies.")
    name: str | None = optional("The name that is shown there.")
    username: str | None = optional("The user name there.")
    email: str | None = optional("An address.")
    phone: str | None = optional("A number.")
    country: str | None = optional("Two letters by ISO 3166, such as `DE`.")
    agent: str | None = optional("The browser or program that is used there.")
    ip: str | None = optional("The IP address.")
    language: str | None = optional("The language, such as `pt-BR`.")
    platform_data: JSON | None = optional("An object; it replaces the one before as a whole.")
    link: str | None = optional("Where the person is found there: https:// or http://.")


@strawberry.input(description="A channel to take off.")
class RemoveChannelInput:
    """The input `RemoveChannelInput`."""

    id: strawberry.ID = about("The channel. Equal ones of contacts that were merged go with it.")
