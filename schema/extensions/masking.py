"""What a client learns of an error: everything about its own mistakes, nothing about our faults.

Every error leaves with `extensions.code` and `extensions.requestId`.
"""

from collections.abc import Sequence

import structlog
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from db.faults import StorageUnavailable
from resolvers.errors import CodedError, ErrorCode

log = structlog.get_logger()

UNAVAILABLE = (
    "The database is away, busy or full. A mutation may have been carried out: repeat it with the same idempotency key."
)
FAULT = "Something went wrong on our side. Try again; if it stays, report the requestId."
_BAD_VALUE = "A value in the document or its variables has the wrong form or size. Correct it; see the locations."
_TOO_DEEP = "The document is nested too deeply. Ask for fewer levels."
_CODES = frozenset(ErrorCode)
_LOGGED = frozenset({ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE})


def mask(errors: Sequence[GraphQLError] | None, request_id: str) -> list[GraphQLError] | None:
    """The errors as a client may see them. Call once per answer: faults are logged here, and nowhere else."""
    return [_masked(error, request_id) for error in errors] if errors else None


def _masked(error: GraphQLError, request_id: str) -> GraphQLError:
    code, message, extensions = _published(error)
    if code in _LOGGED:
        _log_fault(error, request_id)
    return GraphQLError(
        message,
        error.nodes,
        error.source,
        error.positions,
        error.path,
        extensions={**extensions, "code": code, "requestId": request_id},
    )


def _published(error: GraphQLError) -> tuple[ErrorCode, str, dict[str, object]]:
    """Code, message and further extensions."""
    cause = _cause(error)
    if isinstance(cause, CodedError):
        return cause.code, cause.message, cause.extensions
    if isinstance(cause, StorageUnavailable):
        return ErrorCode.UNAVAILABLE, UNAVAILABLE, {"retryAfter": 1}
    extensions = error.extensions or {}
    if (code := extensions.get("code")) is not None and code in _CODES:
        return ErrorCode(code), error.message, extensions
    sentence = _caller_mistake(error, cause)
    if sentence is not None:
        return ErrorCode.BAD_USER_INPUT, sentence, {}
    return ErrorCode.INTERNAL, FAULT, {}


def _cause(error: GraphQLError) -> Exception:
    """The innermost error: graphql-core wraps its own errors to give them a path."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _caller_mistake(error: GraphQLError, cause: Exception) -> str | None:
    """A sentence for the caller, or None for a fault of ours."""
    if isinstance(cause, GraphQLError):
        # With a path it happened while running. Only an argument's error then points into the document by
        # itself; one without nodes is a value of ours that does not fit its type, and quotes it.
        return error.message if error.path is None or cause.nodes else None
    if error.path is not None:
        return None
    return _mistake_in_document(error, cause)


def _mistake_in_document(error: GraphQLError, cause: Exception) -> str | None:
    if isinstance(cause, MissingQueryError):
        return "The query is empty. Send a GraphQL document in the key 'query'."
    if isinstance(cause, CannotGetOperationTypeError):
        return f"{cause.as_http_error_reason().rstrip('.')}. Name an operation that the document holds."
    if isinstance(cause, InvalidOperationTypeError):
        return f"A {cause.args[0].value} cannot be sent this way. Send it by POST, subscriptions by a stream."
    if isinstance(cause, RecursionError):
        return _TOO_DEEP
    # Without nodes it comes from a hook or a generator, not from a literal or a variable.
    return _BAD_VALUE if error.nodes and isinstance(cause, ValueError | TypeError | OverflowError) else None


def _log_fault(error: GraphQLError, request_id: str) -> None:
    path = ".".join(str(key) for key in error.path or ())
    log.error("fault", request_id=request_id, path=path, exc_info=_cause(error))
