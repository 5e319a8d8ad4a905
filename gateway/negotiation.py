"""Which media type an answer has, and with which HTTP status (GraphQL over HTTP, draft of 2025)."""

from collections.abc import Sequence

from graphql import GraphQLError
from strawberry.http import GraphQLHTTPResponse
from strawberry.http.streaming import SSETransport

from resolvers.errors import ErrorCode

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

# A run that was stopped has begun: it keeps its `data: null`, unlike a request that was refused.
_BEGUN = frozenset({ErrorCode.TIMEOUT})
_ALWAYS = {ErrorCode.UNAUTHENTICATED: 401, ErrorCode.RATE_LIMITED: 429}
_STRICT = {ErrorCode.INTERNAL: 500, ErrorCode.UNAVAILABLE: 503}


class FirstChoiceSSE(SSETransport):
    """Streams only to clients that name text/event-stream first.

    Strawberry's own streams wherever the type stands, and urql lists it last on every query.
    """

    def accepts(self, accept: str) -> bool:
        """Looks at the first media type alone."""
        return accept.split(",", 1)[0].split(";", 1)[0].strip().lower() == "text/event-stream"


def negotiate(accept: str | None) -> str:
    """application/graphql-response+json where the client lists it, not at q=0; else application/json."""
    for part in (accept or "").lower().split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        if media_type == GRAPHQL_JSON and not any(_is_zero(parameter) for parameter in parameters):
            return GRAPHQL_JSON
    return JSON


def _is_zero(parameter: str) -> bool:
    return parameter in ("q=0", "q=0.0", "q=0.00", "q=0.000")


def is_request_error(errors: Sequence[GraphQLError]) -> bool:
    """Refused before it ran: such an answer has no `data` entry."""
    return all(error.path is None and (error.extensions or {}).get("code") not in _BEGUN for error in errors)


def status_of(answer: GraphQLHTTPResponse, media_type: str) -> int:
    """200 whenever there is `data`. Without: 401 and 429 always, other codes in GRAPHQL_JSON alone."""
    if "data" in answer:
        return 200
    statuses = _ALWAYS | (_STRICT if media_type == GRAPHQL_JSON else {})
    for error in answer.get("errors") or ():
        code = error["extensions"]["code"] if isinstance(error, dict) else None
        if code in statuses:
            return statuses[code]
    return 400 if media_type == GRAPHQL_JSON else 200
