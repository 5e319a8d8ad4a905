"""What hangs on a contact and is shown whole: channels, inboxes, segments and memories."""

from typing import Annotated

import strawberry

from db.contacts import ContactRow
from resolvers.contacts.channels import channels_of_contacts
from resolvers.contacts.children import segments_of_contacts
from resolvers.contacts.inboxes import inboxes_of_contacts
from resolvers.contacts.values import folded
from resolvers.memories.reading import memories_of_contacts
from schema.context import Info
from schema.described import resolved
from schema.hanging_types import (
    Channel,
    ContactInbox,
    PersonaMemory,
    Segment,
    address_type,
    channel_type,
    memory_type,
    segment_type,
)


@strawberry.type(description="What hangs on a contact.")
class ContactChildren:
    """What `Contact` has of channels, inboxes, segments and memories."""

    row: strawberry.Private[ContactRow]

    @resolved("The ways to reach it, through merges too; equal ones are shown once.")
    async def channels(self, info: Info) -> list[Channel]:
        """`Contact.channels`."""
        return [channel_type(row) for row in await info.context.load(channels_of_contacts, self.row.id)]

    @resolved("Its addresses in inboxes, through merges too; equal ones are shown once.")
    async def inboxes(self, info: Info) -> list[ContactInbox]:
        """`Contact.inboxes`."""
        return [address_type(row) for row in await info.context.load(inboxes_of_contacts, self.row.id)]

    @resolved("The segments that it is in, through merges too, by name.")
    async def segments(self, info: Info) -> list[Segment]:
        """`Contact.segments`."""
        return [segment_type(row) for row in await info.context.load(segments_of_contacts, self.row.id)]

    @resolved("What is remembered of it, through merges too: one entry a persona, by name.")
    async def memories(
        self,
        info: Info,
        persona: Annotated[str | None, strawberry.argument(description="Only this persona's, in any case.")] = None,
    ) -> list[PersonaMemory]:
        """`Contact.memories`."""
        found = await info.context.load(memories_of_contacts, self.row.id)
        return [memory_type(one) for one in found if persona is None or one.persona_key == folded(persona)]
