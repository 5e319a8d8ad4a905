"""What hangs on a contact: channels, inboxes, segments and memories, shown whole; calls and notes, page by page."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from db.calls import CallRow
from db.contacts import ContactRow
from db.engine import Database
from db.notes import NoteRow
from resolvers.access import Act
from resolvers.contacts.channels import channels_of_contacts
from resolvers.contacts.children import segments_of_contacts
from resolvers.contacts.inboxes import inboxes_of_contacts
from resolvers.contacts.values import folded
from resolvers.history.calls import calls_of_contacts, count_calls
from resolvers.history.notes import count_notes, notes_of_contacts
from resolvers.memories.reading import memories_of_contacts
from resolvers.paging import Page, read_page
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
from schema.history_types import Call, Note, call_type, note_type
from schema.paging import After, Connection, First, connection


@strawberry.type(description="What hangs on a contact.")
class ContactChildren:
    """What `Contact` has of what does not lead on to contacts."""

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

    @resolved("What is remembered of it, through merges too: one entry a persona, by name.", size=2)
    async def memories(
        self,
        info: Info,
        persona: Annotated[str | None, strawberry.argument(description="Only this persona's, in any case.")] = None,
    ) -> list[PersonaMemory]:
        """`Contact.memories`."""
        found = await info.context.load(memories_of_contacts, self.row.id)
        return [memory_type(one) for one in found if persona is None or one.persona_key == folded(persona)]

    @resolved("Its calls, through merges too, newest first.")
    async def calls(self, info: Info, first: First = None, after: After = None) -> Connection[Call]:
        """`Contact.calls`."""
        page = read_page(first, after)

        async def ask(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[Page[CallRow]]:
            return await calls_of_contacts(db, act, roots, page)

        async def count() -> int:
            return await info.context.load(count_calls, self.row.id)

        return connection(await info.context.load_as((calls_of_contacts, page), ask, self.row.id), call_type, count)

    @resolved("The notes on it, through merges too, newest first.")
    async def notes(self, info: Info, first: First = None, after: After = None) -> Connection[Note]:
        """`Contact.notes`."""
        page = read_page(first, after)

        async def ask(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[Page[NoteRow]]:
            return await notes_of_contacts(db, act, roots, page)

        async def count() -> int:
            return await info.context.load(count_notes, self.row.id)

        return connection(await info.context.load_as((notes_of_contacts, page), ask, self.row.id), note_type, count)
