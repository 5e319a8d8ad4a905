"""The way out of the gate: headers on every answer, JSON in place of plain refusals."""

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from gateway.refusals import Refusal, error_body
from resolvers.errors import ErrorCode
from schema.extensions.masking import FAULT

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

_CODES = {
    401: ErrorCode.UNAUTHENTICATED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    429: ErrorCode.RATE_LIMITED,
    503: ErrorCode.UNAVAILABLE,
    504: ErrorCode.TIMEOUT,
}
_SENTENCES = {
    401: "An API key is needed. Send it in the header 'Authorization: Bearer <key>'.",
    404: "Nothing is here. Send GraphQL by POST to /graphql.",
    405: "This method is not supported here. Use POST with a JSON body, or GET for a query.",
    503: "The service is not available at the moment. Try again shortly.",
}


class Answer:
    """An ASGI `send` for one request. `started`: something has left. `status`: of what has left or will.

    An answer of 400 or more to GraphQL (of 500 or more elsewhere) is held until its first bytes show whether it
    is already JSON of our shape; Starlette's and FastAPI's own are replaced, and so is whatever text they hold.
    """

    def __init__(self, send: Send, request_id: str, *, graphql: bool) -> None:
        self.started = False
        self.status = 0
        self._send = send
        self._request_id = request_id
        self._graphql = graphql
        self._held: Message | None = None
        self._replaced = False

    async def __call__(self, message: Message) -> None:
        """The `send` that the app is given."""
        if message["type"] == "http.response.start":
            await self._start(message)
        elif self._held is not None:
            await self._settle(self._held, message)
        elif not self._replaced:
            await self._send(message)

    async def refuse(self, refusal: Refusal, *, more: bool = False) -> None:
        """The gate's own answer, in place of one that was held or never begun; `more`: its end follows."""
        self._held = None
        body = error_body(refusal, self._request_id)
        headers = {**refusal.headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._pass({"type": "http.response.start", "status": refusal.status_code, "headers": raw})
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _start(self, message: Message) -> None:
        if message["status"] >= (400 if self._graphql else 500):
            self._held = message
        else:
            await self._pass(message)

    async def _pass(self, start: Message) -> None:
        headers = MutableHeaders(raw=list(start.get("headers", ())))
        headers["X-Request-Id"] = self._request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        if self._graphql:
            headers.setdefault("Cache-Control", "no-store")
        self.started = True
        self.status = start["status"]
        await self._send({**start, "headers": headers.raw})

    async def _settle(self, start: Message, first: Message) -> None:
        self._held = None
        if self._is_ours(start, first.get("body", b"")):
            await self._pass(start)
            await self._send(first)
            return
        self._replaced = True
        await self.refuse(_refusal_for(start))

    def _is_ours(self, start: Message, body: bytes) -> bool:
        media_type = MutableHeaders(raw=list(start.get("headers", ()))).get("content-type", "")
        return "json" in media_type and not (self._graphql and body.startswith(b'{"detail"'))


def _refusal_for(start: Message) -> Refusal:
    """Status and headers as they were, but for the body and what describes it; never the text."""
    status = start["status"]
    fallback = ErrorCode.INTERNAL if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ErrorCode.BAD_USER_INPUT
    code = _CODES.get(status, fallback)
    known = FAULT if code is ErrorCode.INTERNAL else f"The request was refused ({HTTPStatus(status).phrase})."
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in start.get("headers", ())
        if name.lower() not in (b"content-type", b"content-length")
    }
    return Refusal(status, code, _SENTENCES.get(status, known), headers)
