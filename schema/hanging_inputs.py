"""What is sent to write segments, inboxes and memories."""

from datetime import datetime

import strawberry

from schema.described import about, optional
from schema.inputs import IDEMPOTENCY_KEY

_CONTACT = "The contact; a merged-away id lands on its survivor."
COLOR = "A colour for people: a name such as `red`, or a code such as `#1f93ff`, kept as sent; null: none."
_KEPT = "The contact; a merged-away id lands on its survivor, and keeps what was sent."


@strawberry.input(description="The segments that a contact shall be in.")
class SetSegmentsInput:
    """The input `SetSegmentsInput`."""

    contact_id: strawberry.ID = about(_CONTACT)
    names: list[str] = about("The whole set, at most 100; an empty list takes the contact out of all.")


@strawberry.input(description="A change of a segment. Left out: unchanged.")
class UpdateSegmentInput:
    """The input `UpdateSegmentInput`."""

    id: strawberry.ID = about("The segment. Who is in it stays.")
    name: str | None = optional("Another name, or another spelling. null, and a name that another has, are refused.")
    color: str | None = optional(COLOR)


@strawberry.input(description="A change of a label. Left out: unchanged.")
class UpdateLabelInput:
    """The input `UpdateLabelInput`."""

    id: strawberry.ID = about("The label. The contacts that have it keep it.")
    name: str | None = optional("Another name, or another spelling. null, and a name that another has, are refused.")
    color: str | None = optional(COLOR)


@strawberry.input(description="A change of an inbox. Left out: unchanged; null: cleared.")
class UpdateInboxInput:
    """The input `UpdateInboxInput`."""

    id: strawberry.ID = about("The inbox. Addresses and conversations keep it.")
    name: str | None = optional("Another name. null is refused, and so are name and channel id of another inbox.")
    channel_id: str | None = optional("The id of its channel on your platform.")
    avatar_url: str | None = optional("Where a picture lies.")
    channel_type: str | None = optional("Such as `Channel::WebWidget`.")
    provider: str | None = optional("Such as `twilio`.")


@strawberry.input(description="An inbox: found by its channel id and its name, made when missing.")
class InboxInput:
    """The input `InboxInput`."""

    name: str = about("Its name. Names that differ only in case are one.")
    channel_id: str | None = optional("The id of its channel on your platform.")
    avatar_url: str | None = optional("Where a picture lies; taken when the inbox is made.")
    channel_type: str | None = optional("Such as `Channel::WebWidget`; taken when the inbox is made.")
    provider: str | None = optional("Such as `twilio`; taken when the inbox is made.")


@strawberry.input(description="An address of a contact in an inbox.")
class AddInboxInput:
    """The input `AddInboxInput`."""

    contact_id: strawberry.ID = about(_KEPT)
    source_id: str = about("The address, at most 255 characters. One inbox under two is two addresses.")
    inbox: InboxInput = about("The inbox.")


@strawberry.input(description="An address to take off a contact.")
class RemoveInboxInput:
    """The input `RemoveInboxInput`."""

    contact_id: strawberry.ID = about(_CONTACT)
    inbox_id: strawberry.ID = about("The inbox.")
    source_id: str = about("The address there.")


@strawberry.input(description="A fact to remember.")
class FactInput:
    """The input `FactInput`."""

    key: str = about("What it says something about, at most 255 characters; not blank.")
    value: str = about("What it says, at most 10,000 characters.")


@strawberry.input(description="A message to remember.")
class MemoryMessageInput:
    """The input `MemoryMessageInput`."""

    role: str = about("Who said it, such as `user` or `assistant`.")
    text: str = about("What was said, at most 100,000 characters.")
    at: datetime = about("When.")


@strawberry.input(description="A summary to remember.")
class SummaryInput:
    """The input `SummaryInput`."""

    text: str = about("At most 100,000 characters.")
    at: datetime = about("The time that it stands for.")


@strawberry.input(description="What a persona shall remember of a contact; it is added to what it knows.")
class RememberInput:
    """The input `RememberInput`."""

    contact_id: strawberry.ID = about(_KEPT)
    persona: str = about("Whose memory it is, at most 200 characters. Names that differ only in case are one.")
    facts: list[FactInput] | None = optional("Facts, at most 500; a key that the contact has is replaced.")
    messages: list[MemoryMessageInput] | None = optional("Messages, at most 500.")
    summaries: list[SummaryInput] | None = optional("Summaries, at most 500.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="What a persona shall forget of a contact, for good: no undo of a merge brings it back.")
class ForgetInput:
    """The input `ForgetInput`."""

    contact_id: strawberry.ID = about(_CONTACT)
    persona: str = about("Whose memory it is.")
    key: str | None = optional("The fact; all that the persona remembers, when left out.")
