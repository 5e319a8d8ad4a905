"""What is sent to write conversations, messages, calls and notes."""

from datetime import datetime

import strawberry

from resolvers.conversations.merge_request import DEFAULT_TAG
from schema.described import about, optional
from schema.history_enums import CallDirection, ChannelType, ConversationStatus, MessageAuthor
from schema.inputs import IDEMPOTENCY_KEY, TimeRange

_CONTACT = "The contact; a merged-away id lands on its survivor, and an undo finds it under this id."


@strawberry.input(description="A new conversation.")
class CreateConversationInput:
    """The input `CreateConversationInput`."""

    contact_id: strawberry.ID = about(_CONTACT)
    subject: str | None = optional("What it is about, at most 1,000 characters.")
    status: ConversationStatus | None = strawberry.field(
        description="Where it stands.", default=ConversationStatus.OPEN
    )
    channel_type: ChannelType | None = optional("The way that was taken to talk.")
    inbox_id: strawberry.ID | None = optional("The inbox that it came in by.")
    tags: list[str] | None = optional("At most 100, each at most 100 characters.")
    assignee: str | None = optional("Who is to answer, in your own words or ids.")
    created_at: datetime | None = optional("When it began; now, when left out.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="A change of a conversation. Left out: unchanged; null: cleared.")
class UpdateConversationInput:
    """The input `UpdateConversationInput`."""

    id: strawberry.ID = about("The conversation; one that was merged away lands on the one it leads to.")
    subject: str | None = optional("What it is about.")
    status: ConversationStatus | None = optional("Where it stands. null is refused.")
    tags: list[str] | None = optional("The whole set.")
    assignee: str | None = optional("Who is to answer.")


@strawberry.input(description="Conversations to read as one.")
class MergeConversationsInput:
    """The input `MergeConversationsInput`."""

    primary_conversation_id: strawberry.ID = about("The conversation that stays.")
    source_conversation_ids: list[strawberry.ID] = about("1 to 50 conversations to merge into it.")
    note: str | None = optional(
        "Put in front of the internal note that each source gets, with the way to the primary, and of the one on it; "
        "at most 10,000 characters."
    )
    tag: str | None = strawberry.field(description="A tag for the sources; null: none.", default=DEFAULT_TAG)
    across_contacts: bool | None = strawberry.field(
        description="Merge them although they belong to several contacts. An undo of contacts leaves such a merge be.",
        default=False,
    )
    reason: str | None = optional("Why, for the history; at most 1,000 characters.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="A new message.")
class AddMessageInput:
    """The input `AddMessageInput`."""

    conversation_id: strawberry.ID = about(
        "The conversation; one that was merged away is read with the one it leads to."
    )
    body: str = about("What was written, at most 100,000 characters.")
    author: MessageAuthor = about("On which side.")
    author_name: str | None = optional("By whom.")
    internal: bool | None = strawberry.field(
        description="A note among colleagues; it is no activity of the contact.", default=False
    )
    created_at: datetime | None = optional("When; now, when left out.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="A call that took place.")
class LogCallInput:
    """The input `LogCallInput`."""

    contact_id: strawberry.ID = about(_CONTACT)
    direction: CallDirection = about("Who called.")
    from_number: str | None = optional("The number that called, kept as given.")
    to_number: str | None = optional("The number that was called, kept as given.")
    started_at: datetime = about("When it began.")
    duration_seconds: int | None = optional("How long it took, in seconds: at most a week.")
    status: str | None = optional("How it ended, in your own words.")
    summary: str | None = optional("What it was about, at most 10,000 characters.")
    recording_url: str | None = optional("Where a recording lies: https:// or http://.")
    transcript: str | None = optional("What was said, at most 500,000 characters.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="A change of a call. Left out: unchanged; null: cleared.")
class UpdateCallInput:
    """The input `UpdateCallInput`."""

    id: strawberry.ID = about("The call. It keeps its contact and its time.")
    direction: CallDirection | None = optional("Who called. null is refused.")
    from_number: str | None = optional("The number that called.")
    to_number: str | None = optional("The number that was called.")
    duration_seconds: int | None = optional("How long it took, in seconds.")
    status: str | None = optional("How it ended.")
    summary: str | None = optional("What it was about.")
    recording_url: str | None = optional("Where a recording lies: https:// or http://.")
    transcript: str | None = optional("What was said.")


@strawberry.input(description="A call to delete.")
class RemoveCallInput:
    """The input `RemoveCallInput`."""

    id: strawberry.ID = about("The call.")


@strawberry.input(description="A new note on a contact.")
class AddNoteInput:
    """The input `AddNoteInput`."""

    contact_id: strawberry.ID = about(_CONTACT)
    body: str = about("What is noted, at most 100,000 characters.")
    author: str | None = optional("By whom.")
    created_at: datetime | None = optional("When; now, when left out.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="A change of a note. Left out: unchanged.")
class UpdateNoteInput:
    """The input `UpdateNoteInput`."""

    id: strawberry.ID = about("The note.")
    body: str | None = optional("What is noted. null is refused.")
    author: str | None = optional("By whom.")


@strawberry.input(description="A note to delete.")
class RemoveNoteInput:
    """The input `RemoveNoteInput`."""

    id: strawberry.ID = about("The note.")


@strawberry.input(description="Conditions on conversations that must all hold.")
class ConversationFilter:
    """The input `ConversationFilter`."""

    contact_id: strawberry.ID | None = optional("The contact that they belong to, through merges too.")
    status: ConversationStatus | None = optional("Where they stand.")
    tag: str | None = optional("A tag that they carry.")
    include_merged: bool | None = optional("Also those that were merged into others; left out by default.")
    updated_at: TimeRange | None = optional("When they were last changed or written in.")
