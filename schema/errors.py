"""What a caller can get wrong, as data."""

from collections.abc import Awaitable
from typing import TypeVar

import strawberry

from resolvers import errors
from resolvers.errors import Refused
from resolvers.ids import CONTACT, CONVERSATION, encode_id
from schema.described import about, enum

T = TypeVar("T")

ErrorCode = enum(
    errors.ErrorCode,
    "What is wrong, for programs. Codes never change their meaning; new ones may come.",
    {
        "BAD_USER_INPUT": "A value has the wrong form or lies outside its bounds; `field` names it.",
        "NOT_FOUND": "Nobody has this id, or it is not yours to see, or it was erased: the three are not told apart.",
        "ALREADY_MERGED": "The contact was merged away before; `contactId` names the survivor to use instead.",
        "SELF_MERGE": "The primary stands among its own sources.",
        "DUPLICATE_SOURCE": "A source is named twice.",
        "CROSS_ORG": "The contacts belong to different organizations.",
        "INVALID_MERGE": "The organization's role rule forbids it: only a LEAD may be merged into a USER. Of "
        "conversations: they belong to several contacts, and acrossContacts was not sent.",
        "TOO_MANY_SOURCES": "More than 50 sources.",
        "EMPTY_SOURCES": "An empty list of sources. Leave the list out to merge the detected duplicates.",
        "IDENTIFIER_TAKEN": "Another contact holds the identifier and the organization keeps it to one; `contactId` "
        "names the holder.",
        "AMBIGUOUS_IDENTIFIER": "Several contacts hold the identifier; there is one error for each of them.",
        "MARKED_DISTINCT": "Two of the contacts were marked as two people; `allowMarkedDistinct` merges them anyway.",
        "OVERRIDE_NOT_ALLOWED": "Consent, privilege and computed times follow their own rules in a merge.",
        "STALE_PREVIEW": "What the preview showed has changed since. Look at a new one.",
        "NOT_UNDOABLE": "The merge, or this source of it, was undone before, or its contacts were erased; of a job: "
        "nothing that it merged still stands.",
        "IDEMPOTENCY_KEY_REUSED": "The idempotency key was first used with another input.",
        "STALE_VERSION": "`expectedVersion` is not the contact's version: somebody changed it in between.",
        "JOB_OVER": "The job is over: there is nothing of it to cancel, or to try again.",
        "JOB_NOT_OVER": "The job is still at work. Wait for its end, or cancel it first.",
        "UNAUTHENTICATED": "No API key, or one that is unknown, expired or revoked.",
        "FORBIDDEN": "The key lacks the scope that `extensions.requiredScope` names.",
        "RATE_LIMITED": "Too much in too short a time; `Retry-After` says when to go on.",
        "QUERY_TOO_COMPLEX": "The document asks for more than one request may.",
        "TIMEOUT": "Stopped after its time; it may have been carried out. Repeat it with the same idempotency key.",
        "UNAVAILABLE": "The database is away, busy or full; it may have been carried out. Repeat it with the same key.",
        "INTERNAL": "A fault of ours, logged under the requestId. It may have been carried out.",
    },
)


@strawberry.type(
    name="UserError",
    description="One thing that the caller got wrong. A mutation with user errors has written nothing.",
)
class UserError:
    """The type `UserError`."""

    code: errors.ErrorCode = about("For programs.")
    message: str = about("For people: what is wrong, and what to do.")
    field: list[str] | None = about("The way to the input's field, outermost name first; a list's place is a number.")
    contact_id: strawberry.ID | None = about("The contact that the error is about, or the one to use instead.")
    conversation_id: strawberry.ID | None = about("The same for an error about a conversation.")


def user_errors(refused: Refused) -> list[UserError]:
    """A refusal as a payload shows it."""
    return user_errors_of(refused.errors)


def user_errors_of(found: tuple[errors.UserError, ...]) -> list[UserError]:
    """Errors as a payload shows them."""
    return [
        UserError(
            code=error.code,
            message=error.message,
            field=list(error.field) if error.field is not None else None,
            contact_id=strawberry.ID(encode_id(CONTACT, error.contact_id)) if error.contact_id else None,
            conversation_id=(
                strawberry.ID(encode_id(CONVERSATION, error.conversation_id)) if error.conversation_id else None
            ),
        )
        for error in found
    ]


async def attempt(act: Awaitable[T]) -> tuple[T | None, list[UserError]]:
    """The answer of an act, or why it was refused. Everything else passes: it is a fault, or a top-level error."""
    try:
        return await act, []
    except Refused as refused:
        return None, user_errors(refused)
