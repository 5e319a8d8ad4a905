"""Writing conversations, messages, calls and notes: a part of the root of writing."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from db.calls import CallRow
from db.conversations import ConversationRow
from db.notes import NoteRow
from resolvers.access import Scope
from resolvers.contacts.landing import Landed
from resolvers.conversations.merge_request import read_thread_request
from resolvers.conversations.merging import ThreadsMerged, merge_conversations
from resolvers.conversations.writing import add_message, create_conversation, update_conversation
from resolvers.history.calls import log_call, remove_call, update_call
from resolvers.history.notes import add_note, remove_note, update_note
from resolvers.ids import CALL, CONTACT, CONVERSATION, NOTE, encode_id
from schema import history_inputs as inputs
from schema.contact import conversation_type, merge_type
from schema.context import Info
from schema.described import mutation
from schema.errors import UserError, attempt
from schema.history_payloads import (
    CallPayload,
    ConversationPayload,
    MergeConversationsPayload,
    MessagePayload,
    NotePayload,
    RemovePayload,
)
from schema.history_types import call_type, message_type, note_type
from schema.inputs import raw
from schema.measuring import measured_merge

_INPUT = strawberry.argument(description="What to do.")


@strawberry.type(description="Writing what hangs on contacts.")
class HistoryMutation:
    """What `Mutation` has of conversations, messages, calls and notes."""

    @mutation("Begins a conversation.", needs=Scope.CONTACTS_WRITE)
    async def create_conversation(
        self,
        info: Info,
        input: Annotated[inputs.CreateConversationInput, _INPUT],  # noqa: A002
    ) -> ConversationPayload | None:
        """`Mutation.createConversation`."""
        done, errors = await attempt(create_conversation(info.context.db, info.context.act, raw(input)))
        return _conversation_payload(done, errors, CONTACT)

    @mutation("Changes a conversation.", needs=Scope.CONTACTS_WRITE)
    async def update_conversation(
        self,
        info: Info,
        input: Annotated[inputs.UpdateConversationInput, _INPUT],  # noqa: A002
    ) -> ConversationPayload | None:
        """`Mutation.updateConversation`."""
        done, errors = await attempt(update_conversation(info.context.db, info.context.act, raw(input)))
        return _conversation_payload(done, errors, CONVERSATION)

    @mutation(
        "Merges conversations: read as one thread in the order of time, the sources closed, all of it undoable.",
        needs=Scope.MERGE,
    )
    async def merge_conversations(
        self,
        info: Info,
        input: Annotated[inputs.MergeConversationsInput, _INPUT],  # noqa: A002
    ) -> MergeConversationsPayload | None:
        """`Mutation.mergeConversations`."""
        done, errors = await attempt(measured_merge("conversations", _merge(info, raw(input))))
        return MergeConversationsPayload(
            merged=conversation_type(done.primary) if done else None,
            merged_conversation_ids=[
                strawberry.ID(encode_id(CONVERSATION, source)) for source in (done.source_ids if done else ())
            ],
            merge=merge_type(done.merge) if done else None,
            user_errors=errors,
        )

    @mutation(
        "Adds a message to a conversation; the contact was active then, unless it is internal.",
        needs=Scope.CONTACTS_WRITE,
    )
    async def add_message(
        self,
        info: Info,
        input: Annotated[inputs.AddMessageInput, _INPUT],  # noqa: A002
    ) -> MessagePayload | None:
        """`Mutation.addMessage`."""
        done, errors = await attempt(add_message(info.context.db, info.context.act, raw(input)))
        return MessagePayload(
            message=message_type(done.thing) if done else None,
            landed_on=_shown(CONVERSATION, done.landed_on if done else None),
            user_errors=errors,
        )

    @mutation("Logs a call; the contact was active then.", needs=Scope.CONTACTS_WRITE)
    async def log_call(
        self,
        info: Info,
        input: Annotated[inputs.LogCallInput, _INPUT],  # noqa: A002
    ) -> CallPayload | None:
        """`Mutation.logCall`."""
        return _call_payload(*await attempt(log_call(info.context.db, info.context.act, raw(input))))

    @mutation("Changes a call.", needs=Scope.CONTACTS_WRITE)
    async def update_call(
        self,
        info: Info,
        input: Annotated[inputs.UpdateCallInput, _INPUT],  # noqa: A002
    ) -> CallPayload | None:
        """`Mutation.updateCall`."""
        return _call_payload(*await attempt(update_call(info.context.db, info.context.act, raw(input))))

    @mutation("Deletes a call.", needs=Scope.CONTACTS_WRITE)
    async def remove_call(
        self,
        info: Info,
        input: Annotated[inputs.RemoveCallInput, _INPUT],  # noqa: A002
    ) -> RemovePayload | None:
        """`Mutation.removeCall`."""
        removed, errors = await attempt(remove_call(info.context.db, info.context.act, input.id))
        return RemovePayload(removed_id=_shown(CALL, removed), user_errors=errors)

    @mutation("Adds a note to a contact.", needs=Scope.CONTACTS_WRITE)
    async def add_note(
        self,
        info: Info,
        input: Annotated[inputs.AddNoteInput, _INPUT],  # noqa: A002
    ) -> NotePayload | None:
        """`Mutation.addNote`."""
        return _note_payload(*await attempt(add_note(info.context.db, info.context.act, raw(input))))

    @mutation("Changes a note.", needs=Scope.CONTACTS_WRITE)
    async def update_note(
        self,
        info: Info,
        input: Annotated[inputs.UpdateNoteInput, _INPUT],  # noqa: A002
    ) -> NotePayload | None:
        """`Mutation.updateNote`."""
        return _note_payload(*await attempt(update_note(info.context.db, info.context.act, raw(input))))

    @mutation("Deletes a note.", needs=Scope.CONTACTS_WRITE)
    async def remove_note(
        self,
        info: Info,
        input: Annotated[inputs.RemoveNoteInput, _INPUT],  # noqa: A002
    ) -> RemovePayload | None:
        """`Mutation.removeNote`."""
        removed, errors = await attempt(remove_note(info.context.db, info.context.act, input.id))
        return RemovePayload(removed_id=_shown(NOTE, removed), user_errors=errors)


def _shown(kind: str, found: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(encode_id(kind, found)) if found else None


async def _merge(info: Info, given: dict[str, Any]) -> ThreadsMerged:
    return await merge_conversations(info.context.db, info.context.act, read_thread_request(given))


def _conversation_payload(
    done: Landed[ConversationRow] | None, errors: list[UserError], landing: str
) -> ConversationPayload:
    return ConversationPayload(
        conversation=conversation_type(done.thing) if done else None,
        landed_on=_shown(landing, done.landed_on if done else None),
        user_errors=errors,
    )


def _call_payload(done: Landed[CallRow] | None, errors: list[UserError]) -> CallPayload:
    return CallPayload(
        call=call_type(done.thing) if done else None,
        landed_on=_shown(CONTACT, done.landed_on if done else None),
        user_errors=errors,
    )


def _note_payload(done: Landed[NoteRow] | None, errors: list[UserError]) -> NotePayload:
    return NotePayload(
        note=note_type(done.thing) if done else None,
        landed_on=_shown(CONTACT, done.landed_on if done else None),
        user_errors=errors,
    )
