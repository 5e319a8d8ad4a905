"""What the mutations of conversations, messages, calls and notes answer."""

import strawberry

from schema.contact import Conversation, Merge
from schema.described import about
from schema.errors import UserError
from schema.history_types import Call, Message, Note

_ERRORS = "What was wrong. Empty: it is done and on disk. Not empty: nothing was written."
_LANDED = "Who shows it now, when it was sent to an id that was merged away."


@strawberry.type(description="The answer of a mutation on one conversation.")
class ConversationPayload:
    """The type `ConversationPayload`."""

    conversation: Conversation | None = about("The conversation, after.")
    landed_on: strawberry.ID | None = about(_LANDED)
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of mergeConversations.")
class MergeConversationsPayload:
    """The type `MergeConversationsPayload`."""

    merged: Conversation | None = about("The primary, after. Null when userErrors is not empty.")
    merged_conversation_ids: list[strawberry.ID] = about("The sources, in the order merged.")
    merge: Merge | None = about("The merge in the history; undoMerge takes it back.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of addMessage.")
class MessagePayload:
    """The type `MessagePayload`."""

    message: Message | None = about("The message.")
    landed_on: strawberry.ID | None = about(_LANDED)
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of a mutation on one call.")
class CallPayload:
    """The type `CallPayload`."""

    call: Call | None = about("The call, after.")
    landed_on: strawberry.ID | None = about(_LANDED)
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of a mutation on one note.")
class NotePayload:
    """The type `NotePayload`."""

    note: Note | None = about("The note, after.")
    landed_on: strawberry.ID | None = about(_LANDED)
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of a mutation that deletes one thing.")
class RemovePayload:
    """The type `RemovePayload`."""

    removed_id: strawberry.ID | None = about("What was deleted.")
    user_errors: list[UserError] = about(_ERRORS)
