"""Messages, calls and notes: what was said and noted, each where it was first written."""

from datetime import datetime

import strawberry

from db.calls import CallRow
from db.conversations import MessageRow
from db.notes import NoteRow
from resolvers.ids import CALL, CONTACT, CONVERSATION, MESSAGE, NOTE, encode_id
from schema.described import about
from schema.history_enums import CallDirection, MessageAuthor
from schema.node import Node


@strawberry.type(description="A message of a conversation.")
class Message(Node):
    """The type `Message`."""

    body: str = about("What was written.")
    author: MessageAuthor = about("On which side it was written.")
    author_name: str | None = about("By whom, as a person would say it.")
    internal: bool = about("A note among colleagues, never shown to the contact.")
    created_at: datetime = about("When.")
    conversation_id: strawberry.ID = about("The conversation that it was written in, also after a merge.")


@strawberry.type(description="A call.")
class Call(Node):
    """The type `Call`."""

    direction: CallDirection = about("Who called.")
    from_number: str | None = about("The number that called, as given.")
    to_number: str | None = about("The number that was called, as given.")
    started_at: datetime = about("When it began.")
    duration_seconds: int | None = about("How long it took, in seconds.")
    status: str | None = about("How it ended, in your own words, such as `completed`.")
    summary: str | None = about("What it was about.")
    recording_url: str | None = about("Where a recording lies.")
    transcript: str | None = about("What was said.")
    contact_id: strawberry.ID = about("The contact that it was first given to, also after a merge.")


@strawberry.type(description="A note on a contact.")
class Note(Node):
    """The type `Note`."""

    body: str = about("What was noted.")
    author: str | None = about("By whom.")
    created_at: datetime = about("When.")
    contact_id: strawberry.ID = about("The contact that it was first given to, also after a merge.")


def message_type(row: MessageRow) -> Message:
    """A row as its type."""
    return Message(
        id=strawberry.ID(encode_id(MESSAGE, row.id)),
        body=row.body,
        author=MessageAuthor(row.author),
        author_name=row.author_name,
        internal=row.internal,
        created_at=row.created_at,
        conversation_id=strawberry.ID(encode_id(CONVERSATION, row.conversation_id)),
    )


def call_type(row: CallRow) -> Call:
    """A row as its type."""
    return Call(
        id=strawberry.ID(encode_id(CALL, row.id)),
        direction=CallDirection(row.direction),
        from_number=row.from_number,
        to_number=row.to_number,
        started_at=row.started_at,
        duration_seconds=row.duration_seconds,
        status=row.status,
        summary=row.summary,
        recording_url=row.recording_url,
        transcript=row.transcript,
        contact_id=strawberry.ID(encode_id(CONTACT, row.contact_id)),
    )


def note_type(row: NoteRow) -> Note:
    """A row as its type."""
    return Note(
        id=strawberry.ID(encode_id(NOTE, row.id)),
        body=row.body,
        author=row.author,
        created_at=row.created_at,
        contact_id=strawberry.ID(encode_id(CONTACT, row.contact_id)),
    )
