"""What can go wrong, each with a stable code and a sentence for a person.

Two families. `Refused` carries what a caller got wrong inside a mutation's input: it becomes `userErrors`,
and the transaction that raised it is rolled back whole. `CodedError` is everything that is answered at the top
level (no permission, storage away, an argument of a query out of range): it becomes an entry of `errors` with
the same codes in `extensions.code`. Any other exception is a fault: logged with the request id and masked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ErrorCode(StrEnum):
    """The published codes (schema.graphql: ErrorCode). Values never change their meaning."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_MERGED = "ALREADY_MERGED"
    SELF_MERGE = "SELF_MERGE"
    DUPLICATE_SOURCE = "DUPLICATE_SOURCE"
    CROSS_ORG = "CROSS_ORG"
    INVALID_MERGE = "INVALID_MERGE"
    TOO_MANY_SOURCES = "TOO_MANY_SOURCES"
    EMPTY_SOURCES = "EMPTY_SOURCES"
    IDENTIFIER_TAKEN = "IDENTIFIER_TAKEN"
    AMBIGUOUS_IDENTIFIER = "AMBIGUOUS_IDENTIFIER"
    MARKED_DISTINCT = "MARKED_DISTINCT"
    OVERRIDE_NOT_ALLOWED = "OVERRIDE_NOT_ALLOWED"
    STALE_PREVIEW = "STALE_PREVIEW"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    NOT_UNDOABLE = "NOT_UNDOABLE"
    STALE_VERSION = "STALE_VERSION"
    JOB_OVER = "JOB_OVER"
    JOB_NOT_OVER = "JOB_NOT_OVER"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True)
class UserError:
    """One thing a caller got wrong. `field` is the path inside the input, outermost name first."""

    code: ErrorCode
    message: str
    field: tuple[str, ...] | None = None
    contact_id: UUID | None = None
    conversation_id: UUID | None = None


class Refused(Exception):
    """An act that was refused: nothing of it is written."""

    def __init__(self, errors: Iterable[UserError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{e.code}: {e.message}" for e in self.errors))


class CodedError(Exception):
    """Answered at the top level with `extensions.code`."""

    def __init__(self, code: ErrorCode, message: str, **extensions: object) -> None:
        self.code = code
        self.message = message
        self.extensions = extensions
        super().__init__(message)


def refuse(code: ErrorCode, message: str, *field: str, contact_id: UUID | None = None) -> Refused:
    """One error as an exception to raise."""
    return Refused([UserError(code, message, field or None, contact_id)])
