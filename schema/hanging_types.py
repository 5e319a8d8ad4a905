"""Channels, inboxes, segments and memories: what hangs on contacts beside their history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from db.channels import ChannelRow
from db.engine import Database
from db.inboxes import AddressRow, InboxRow
from db.memories import FactRow, MemoryMessageRow, SummaryRow
from db.segments import SegmentRow
from resolvers.access import Act
from resolvers.ids import CHANNEL, CONTACT, INBOX, SEGMENT, encode_id
from resolvers.memories import combining
from resolvers.memories.reading import recent_messages
from resolvers.organizations import segment_counts
from schema.context import Info
from schema.described import about, resolved
from schema.history_enums import ChannelType
from schema.node import Node
from schema.scalars import JSON

_GIVEN = "The contact that it was first given to, also after a merge."


@strawberry.type(description="A way to reach a contact. Nothing is found or merged by its address and number.")
class Channel(Node):
    """The type `Channel`."""

    type: ChannelType = about("What kind of way it is.")
    user_id: str | None = about("The platform's id of the person.")
    avatar: str | None = about("Where a picture lies.")
    name: str | None = about("The name that is shown there.")
    username: str | None = about("The user name there.")
    email: str | None = about("An address, as it was given.")
    phone: str | None = about("A number: E.164 where its region is known, else its digits.")
    country: str | None = about("Two letters by ISO 3166.")
    agent: str | None = about("The browser or program that is used there.")
    ip: str | None = about("The IP address.")
    language: str | None = about("The language, such as `pt-BR`.")
    platform_data: JSON = about("An object with what the platform knows besides.")
    link: str | None = about("Where the person is found there.")
    created_at: datetime = about("When it was added.")
    updated_at: datetime = about("When it was last changed.")
    contact_id: strawberry.ID = about(_GIVEN)


@strawberry.type(description="An inbox of the organization.")
class Inbox(Node):
    """The type `Inbox`."""

    name: str = about("As first written, until it is given another.")
    avatar_url: str | None = about("Where a picture lies.")
    channel_id: str | None = about("The id of its channel on your platform.")
    channel_type: str | None = about("The type of its channel, in your platform's words.")
    provider: str | None = about("Who provides it.")


@strawberry.type(description="An address of a contact in an inbox.")
class ContactInbox:
    """The type `ContactInbox`."""

    source_id: str = about("The address there.")
    inbox: Inbox = about("The inbox.")
    contact_id: strawberry.ID = about(_GIVEN)


@strawberry.type(description="A segment of contacts. Names that differ only in case are one segment.")
class Segment(Node):
    """The type `Segment`."""

    name: str = about("As first written, until it is given another.")
    color: str | None = about("A colour for people, if one was given.")
    created_at: datetime = about("When it was made.")
    updated_at: datetime = about("When it was last changed itself; not who is in it.")
    row: strawberry.Private[SegmentRow]

    @resolved("How many living contacts are in it, through merges too, each once.")
    async def contacts_count(self, info: Info) -> int:
        """`Segment.contactsCount`."""
        return await info.context.load(segment_counts, self.row.id)


@strawberry.type(description="A fact that is remembered.")
class MemoryFact:
    """The type `MemoryFact`."""

    key: str = about("What it says something about.")
    value: str = about("What it says.")
    contact_id: strawberry.ID = about(_GIVEN)
    recorded_at: datetime = about("When it was remembered.")


@strawberry.type(description="A message that is remembered.")
class MemoryMessage:
    """The type `MemoryMessage`."""

    role: str = about("Who said it.")
    text: str = about("What was said.")
    at: datetime = about("When.")
    contact_id: strawberry.ID = about(_GIVEN)


@strawberry.type(description="A summary that is remembered.")
class MemorySummary:
    """The type `MemorySummary`."""

    text: str = about("The summary.")
    at: datetime = about("The time that it stands for.")
    contact_id: strawberry.ID = about(_GIVEN)


@strawberry.type(description="What a persona remembers of a contact and of all that was merged into it, as one.")
class PersonaMemory:
    """The type `PersonaMemory`."""

    persona: str = about("Whose memory it is.")
    facts: list[MemoryFact] = about(
        "By key. Of several contacts' facts the primary's is shown, then the sources' in the order of the merge; one "
        "that was written to an old id later than all of them comes before."
    )
    summaries: list[MemorySummary] = about("In the order of time.")
    updated_at: datetime = about("When it was last added to, or a fact was forgotten.")
    memory: strawberry.Private[combining.PersonaMemory]

    @resolved("The latest messages of all contacts that are one now, newest first.")
    async def recent_messages(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")] = 20,
    ) -> list[MemoryMessage]:
        """`PersonaMemory.recentMessages`."""
        number = 20 if first is None else first

        async def ask(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[Mapping[str, list[MemoryMessageRow]]]:
            return await recent_messages(db, act, roots, number)

        found = await info.context.load_as((recent_messages, number), ask, self.memory.root)
        return [_message_type(row) for row in found.get(self.memory.persona_key, [])]


def channel_type(row: ChannelRow) -> Channel:
    """A row as its type."""
    return Channel(
        id=strawberry.ID(encode_id(CHANNEL, row.id)),
        type=ChannelType(row.type),
        user_id=row.user_id,
        avatar=row.avatar,
        name=row.name,
        username=row.username,
        email=row.email,
        phone=row.phone,
        country=row.country,
        agent=row.agent,
        ip=row.ip,
        language=row.language,
        platform_data=JSON(row.platform_data),
        link=row.link,
        created_at=row.created_at,
        updated_at=row.updated_at,
        contact_id=_contact(row.contact_id),
    )


def inbox_type(row: InboxRow) -> Inbox:
    """A row as its type."""
    return Inbox(
        id=strawberry.ID(encode_id(INBOX, row.id)),
        name=row.name,
        avatar_url=row.avatar_url,
        channel_id=row.channel_id or None,
        channel_type=row.channel_type,
        provider=row.provider,
    )


def address_type(row: AddressRow) -> ContactInbox:
    """An address as its type."""
    return ContactInbox(source_id=row.source_id, inbox=inbox_type(row.inbox), contact_id=_contact(row.contact_id))


def segment_type(row: SegmentRow) -> Segment:
    """A row as its type."""
    return Segment(
        id=strawberry.ID(encode_id(SEGMENT, row.id)),
        name=row.name,
        color=row.color,
        created_at=row.created_at,
        updated_at=row.updated_at,
        row=row,
    )


def memory_type(found: combining.PersonaMemory) -> PersonaMemory:
    """A memory as its type."""
    return PersonaMemory(
        persona=found.persona,
        facts=[_fact_type(row) for row in found.facts],
        summaries=[_summary_type(row) for row in found.summaries],
        updated_at=found.updated_at,
        memory=found,
    )


def _fact_type(row: FactRow) -> MemoryFact:
    return MemoryFact(key=row.key, value=row.value, contact_id=_contact(row.contact_id), recorded_at=row.recorded_at)


def _message_type(row: MemoryMessageRow) -> MemoryMessage:
    return MemoryMessage(role=row.role, text=row.text, at=row.at, contact_id=_contact(row.contact_id))


def _summary_type(row: SummaryRow) -> MemorySummary:
    return MemorySummary(text=row.text, at=row.at, contact_id=_contact(row.contact_id))


def _contact(value: UUID) -> strawberry.ID:
    return strawberry.ID(encode_id(CONTACT, value))
