"""How the edge says no: one JSON shape, a published code, a sentence, the request id.

`{"errors": [{"message": ..., "extensions": {"code": ..., "requestId": ...}}]}` is the shape of every answer that
is not a result, whoever refused: the protocol, the gate, the router or the schema.
"""

import re
from collections.abc import Mapping
from uuid import uuid4

import orjson
from cross_web import HTTPException
from starlette.types import Scope

from resolvers.errors import ErrorCode

_REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{1,64}")


class Refusal(HTTPException):
    """Raised anywhere in the HTTP edge, answered as JSON with this status, code and these headers."""

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        message: str,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(status, message)
        self.code = code
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})


def error_body(refusal: Refusal, request_id: str) -> bytes:
    """The one JSON shape."""
    extensions = {**refusal.extensions, "code": refusal.code, "requestId": request_id}
    return orjson.dumps({"errors": [{"message": refusal.reason, "extensions": extensions}]})


def new_request_id() -> str:
    """32 hexadecimal characters."""
    return uuid4().hex


def incoming_request_id(scope: Scope) -> str:
    """The caller's X-Request-Id when it cannot do harm in a log or a header, else a new one."""
    sent = [value for name, value in scope["headers"] if name == b"x-request-id"]
    if len(sent) == 1 and _REQUEST_ID.fullmatch(sent[0]):
        return str(sent[0], "ascii")
    return new_request_id()


def request_id_in(scope: Scope) -> str:
    """The id that the gate put into the scope; a new one when the app runs without its gate."""
    state: dict[str, object] = scope.setdefault("state", {})
    return str(state.setdefault("request_id", new_request_id()))
