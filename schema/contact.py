"""Contacts, merges and conversations: nouns that lead to each other, so they share a file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from db.contacts import ContactRow
from db.conversations import ConversationRow, MessageRow
from db.engine import Database
from db.merges import MergeRow
from resolvers.access import Act, Scope
from resolvers.contacts.children import identifiers_of_contacts, labels_of_contacts, merged_ids_of_contacts
from resolvers.contacts.inboxes import inboxes_by_id
from resolvers.contacts.read import survivors_of
from resolvers.conversations.reading import (
    conversations_of_contacts,
    conversations_of_ids,
    count_conversations_of_contacts,
    count_messages,
    merged_ids_of_conversations,
    messages_of_conversations,
)
from resolvers.duplicates.listing import Duplicate, duplicates_of_contacts, read_wanted
from resolvers.ids import CONVERSATION, JOB, MERGE, encode_id
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import MatchDecision
from resolvers.merging.history import (
    count_merges_of_contacts,
    merges_of_contacts,
    sources_of_merges,
)
from resolvers.merging.provenance import changes_of, provenance_of
from resolvers.paging import Page, read_page
from schema.contact_children import ContactChildren
from schema.contact_fields import ContactFields, contact_fields, contact_id
from schema.contact_parts import (
    FieldProvenance,
    Identifier,
    identifier_type,
    provenance_type,
)
from schema.context import Info
from schema.described import about, resolved
from schema.enums import IdentifierKind, MergeKind
from schema.hanging_types import Inbox, inbox_type
from schema.history_enums import ChannelType, ConversationStatus
from schema.history_types import Message, message_type
from schema.matching_types import (
    FirstDuplicates,
    Guard,
    MatchEvidence,
    MergeSource,
    MinProbability,
    evidence_type,
    guard_type,
    source_type,
)
from schema.node import Node
from schema.organization import Label, label_type
from schema.paging import After, Before, Connection, First, Last, connection


@strawberry.type(description="A merge in the history: who merged what into whom, when and why.")
class Merge(Node):
    """The type `Merge`."""

    kind: MergeKind = about("What was merged.")
    primary_contact_id: strawberry.ID | None = about("The contact that the sources were merged into.")
    primary_conversation_id: strawberry.ID | None = about("The conversation that the sources were merged into.")
    detected: bool = about("Whether the sources were detected rather than named.")
    reason: str | None = about("Why, in the caller's words.")
    actor: str = about("The key that merged: its name, or the beginning of its id.")
    created_at: datetime = about("When.")
    undone_at: datetime | None = about("When the last source was taken out again; null while one is still merged.")
    undone_by: str | None = about("The key that took out the last source.")
    job_id: strawberry.ID | None = about("The job that merged.")
    row: strawberry.Private[MergeRow]

    @resolved("Whether undoMerge can take it back: any merge that is not undone and whose contacts were not erased.")
    async def undoable(self, info: Info) -> bool:
        """`Merge.undoable`."""
        if self.row.undone_at is not None:
            return False
        if self.row.primary_conversation_id is not None:
            return await info.context.load(conversations_of_ids, self.row.primary_conversation_id) is not None
        primary = self.row.primary_contact_id
        return primary is not None and await info.context.load(survivors, primary) is not None

    @resolved("Whoever the primary leads to now; null once it was erased.")
    async def primary(self, info: Info) -> "Contact | None":
        """`Merge.primary`."""
        if self.row.primary_contact_id is None:
            return None
        found = await info.context.load(survivors, self.row.primary_contact_id)
        return contact_type(found) if found else None

    @resolved("What was merged, in the order in which blanks were filled.")
    async def sources(self, info: Info) -> list[MergeSource]:
        """`Merge.sources`."""
        return [source_type(source) for source in await info.context.load(sources_of_merges, self.row.id)]

    @resolved("The fields of the primary that this merge changed, as it left them. Empty once the primary was erased.")
    def changes(self) -> list[FieldProvenance]:
        """`Merge.changes`."""
        return [provenance_type(origin) for origin in changes_of(self.row)]


@strawberry.type(description="A conversation with a contact.")
class Conversation(Node):
    """The type `Conversation`."""

    subject: str | None = about("What it is about.")
    status: ConversationStatus = about("Where it stands.")
    channel_type: ChannelType | None = about("The way that was taken to talk.")
    tags: list[str] = about("Its tags.")
    assignee: str | None = about("Who is to answer.")
    contact_id: strawberry.ID = about("The contact that it was first given to, also after a merge.")
    last_message_at: datetime | None = about("When its last message was written.")
    created_at: datetime = about("When it began.")
    updated_at: datetime = about("When it was last changed or written in.")
    row: strawberry.Private[ConversationRow]

    @resolved("The contact that it belongs to now: the survivor, after merges.")
    async def contact(self, info: Info) -> "Contact | None":
        """`Conversation.contact`."""
        found = await info.context.load(survivors, self.row.contact_id)
        return contact_type(found) if found else None

    @resolved("The conversation that it was merged into and leads to now; null while it stands for itself.")
    async def merged_into(self, info: Info) -> "Conversation | None":
        """`Conversation.mergedInto`."""
        if self.row.merged_into_id is None:
            return None
        found = await info.context.load(conversations_of_ids, self.row.canonical_id)
        return conversation_type(found) if found else None

    @resolved("Every id that now leads here, at any depth, whole.")
    async def merged_conversation_ids(self, info: Info) -> list[strawberry.ID]:
        """`Conversation.mergedConversationIds`."""
        found = await info.context.load(merged_ids_of_conversations, self.row.id)
        return [strawberry.ID(encode_id(CONVERSATION, merged)) for merged in found]

    @resolved("The inbox that it came in by.")
    async def inbox(self, info: Info) -> Inbox | None:
        """`Conversation.inbox`."""
        if self.row.inbox_id is None:
            return None
        found = await info.context.load(inboxes_by_id, self.row.inbox_id)
        return inbox_type(found) if found else None

    @resolved("The messages in the order of time: `last` reads the newest ones.")
    async def messages(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Message]:
        """`Conversation.messages`."""
        page = read_page(first, after, last, before)

        async def ask(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[Page[MessageRow]]:
            return await messages_of_conversations(db, act, roots, page)

        async def count() -> int:
            return await info.context.load(count_messages, self.row.id)

        found = await info.context.load_as((messages_of_conversations, page), ask, self.row.id)
        return connection(found, message_type, count)


@strawberry.type(description="A contact that may be the same person as another one.")
class DuplicateCandidate:
    """The type `DuplicateCandidate`."""

    probability: float = about("How probable it is that both are one person, from 0 to 1.")
    decision: MatchDecision = about("What follows from it.")
    prior: float = about("log2 of the odds before anything is compared; it and the weights make the probability.")
    evidence: list[MatchEvidence] = about("What each field says, the heaviest first.")
    blocked_by: list[GuardReason] = about("What keeps the two from being merged without a person's eye.")
    guards: list[Guard] = about("The same with a sentence each.")
    row: strawberry.Private[ContactRow]

    @resolved("The other contact.")
    def contact(self) -> "Contact":
        """`DuplicateCandidate.contact`."""
        return contact_type(self.row)


@strawberry.type(description="A person as your platforms know them. Contacts that were merged are one.")
class Contact(ContactFields, ContactChildren, Node):
    """The type `Contact`."""

    @resolved("Everything that the contact can be found by, through merges too; equal ones are shown once.")
    async def identifiers(
        self,
        info: Info,
        kind: Annotated[IdentifierKind | None, strawberry.argument(description="Only of this kind.")] = None,
    ) -> list[Identifier]:
        """`Contact.identifiers`."""
        rows = await info.context.load(identifiers_of_contacts, self.row.id)
        return [identifier_type(row) for row in rows if kind is None or row.kind == kind]

    @resolved("Its labels, through merges too, by name.")
    async def labels(self, info: Info) -> list[Label]:
        """`Contact.labels`."""
        return [label_type(row) for row in await info.context.load(labels_of_contacts, self.row.id)]

    @resolved("Who may be the same person, the most probable first.", needs=Scope.CONTACTS_READ, cost=10)
    async def duplicates(
        self,
        info: Info,
        first: FirstDuplicates = 10,
        min_probability: MinProbability = None,
    ) -> list[DuplicateCandidate]:
        """`Contact.duplicates`."""
        wanted = read_wanted(first, min_probability)

        async def ask(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[Sequence[Duplicate]]:
            return await duplicates_of_contacts(db, act, roots, wanted)

        found = await info.context.load_as((duplicates_of_contacts, wanted), ask, self.row.id)
        return [duplicate_type(one) for one in found]

    @resolved("Its conversations, through merges too, newest first.")
    async def conversations(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        status: Annotated[
            ConversationStatus | None, strawberry.argument(description="Only those that stand so.")
        ] = None,
        include_merged: Annotated[
            bool, strawberry.argument(description="Also those that were merged into others.")
        ] = False,
    ) -> Connection[Conversation]:
        """`Contact.conversations`."""
        page = read_page(first, after)
        wanted = (str(status) if status else None, include_merged)

        async def ask(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[Page[ConversationRow]]:
            return await conversations_of_contacts(db, act, roots, page, *wanted)

        async def ask_count(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[int]:
            return await count_conversations_of_contacts(db, act, roots, *wanted)

        async def count() -> int:
            return await info.context.load_as((count_conversations_of_contacts, wanted), ask_count, self.row.id)

        found = await info.context.load_as((conversations_of_contacts, page, wanted), ask, self.row.id)
        return connection(found, conversation_type, count)

    @resolved("Every id that now leads here, at any depth, whole.")
    async def merged_contact_ids(self, info: Info) -> list[strawberry.ID]:
        """`Contact.mergedContactIds`."""
        return [contact_id(merged) for merged in await info.context.load(merged_ids_of_contacts, self.row.id)]

    @resolved("The merges into this contact and into those that were merged into it, newest first.")
    async def merges(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")] = None,
    ) -> Connection[Merge]:
        """`Contact.merges`."""
        page = read_page(first, after)

        async def ask(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[Page[MergeRow]]:
            return await merges_of_contacts(db, act, roots, page)

        async def count() -> int:
            return await info.context.load(count_merges_of_contacts, self.row.id)

        found = await info.context.load_as((merges_of_contacts, page), ask, self.row.id)
        return connection(found, merge_type, count)

    @resolved("For each field the contact its value comes from, the rule, and what it beat; true after edits too.")
    async def provenance(self, info: Info) -> list[FieldProvenance]:
        """`Contact.provenance`."""
        return [provenance_type(origin) for origin in await info.context.load(provenance_of, self.row.id)]


def contact_type(row: ContactRow) -> Contact:
    """A living row as its type."""
    return Contact(id=contact_id(row.id), row=row, **contact_fields(row))


def duplicate_type(found: Duplicate) -> DuplicateCandidate:
    """A duplicate as its type."""
    return DuplicateCandidate(
        probability=found.probability,
        decision=found.decision,
        prior=found.prior,
        evidence=[evidence_type(one) for one in found.evidence],
        blocked_by=[guard.reason for guard in found.guards],
        guards=[guard_type(guard) for guard in found.guards],
        row=found.contact,
    )


def merge_type(row: MergeRow) -> Merge:
    """A row as its type."""
    return Merge(
        id=strawberry.ID(encode_id(MERGE, row.id)),
        kind=MergeKind(row.kind),
        primary_contact_id=contact_id(row.primary_contact_id) if row.primary_contact_id else None,
        primary_conversation_id=(
            strawberry.ID(encode_id(CONVERSATION, row.primary_conversation_id)) if row.primary_conversation_id else None
        ),
        detected=row.detected,
        reason=row.reason,
        actor=row.actor,
        created_at=row.created_at,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        job_id=strawberry.ID(encode_id(JOB, row.job_id)) if row.job_id else None,
        row=row,
    )


def conversation_type(row: ConversationRow) -> Conversation:
    """A row as its type."""
    return Conversation(
        id=strawberry.ID(encode_id(CONVERSATION, row.id)),
        subject=row.subject,
        status=ConversationStatus(row.status),
        channel_type=ChannelType(row.channel_type) if row.channel_type else None,
        tags=row.tags,
        assignee=row.assignee,
        contact_id=contact_id(row.contact_id),
        last_message_at=row.last_message_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        row=row,
    )


async def survivors(db: Database, act: Act, ids: Sequence[UUID]) -> list[ContactRow | None]:
    """For a batch of ids the living contacts that they lead to."""
    found = await survivors_of(db, act, ids)
    return [found.get(contact) for contact in ids]
