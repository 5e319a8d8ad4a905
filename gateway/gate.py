"""The outermost wrapper: what enters is whole and small, what leaves is safe and has a request id.

`Gate(app)` stands around the finished app, not in it: FastAPI answers some refusals from outside its own
middleware, and an exception must find a last mask after everything else.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.answers import Answer
from gateway.refusals import Refusal, incoming_request_id
from resolvers.errors import ErrorCode
from schema.extensions.masking import FAULT

log = structlog.get_logger()

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})


@dataclass(frozen=True)
class GateLimits:
    """Sizes in bytes, times in seconds. `linger_seconds`: how long a refused body is read and thrown away."""

    body_bytes: int = 1_000_000
    body_seconds: float = 10.0
    header_bytes: int = 16_384
    linger_seconds: float = 2.0
    graphql_path: str = "/graphql"


class _HungUp(Exception):
    """The client went away before its request was whole."""


class Gate:
    """See the module; README and docs state its limits as promises."""

    def __init__(self, app: ASGIApp, limits: GateLimits | None = None) -> None:
        self._app = app
        self._limits = limits or GateLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = incoming_request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await (self._http if scope["type"] == "http" else self._websocket)(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        answer = Answer(send, scope["state"]["request_id"], graphql=self._is_graphql(scope))
        try:
            await self._answer(scope, receive, answer)
        except _HungUp:
            log.info("client hung up", method=scope["method"], path=scope["path"])
            return
        milliseconds = round((perf_counter() - begun) * 1_000, 1)
        # The path without its query: variables of a GET must not reach a log.
        log.info("request", method=scope["method"], path=scope["path"], status=answer.status, ms=milliseconds)

    async def _answer(self, scope: Scope, receive: Receive, answer: Answer) -> None:
        try:
            _check_head(scope, self._limits)
            body = await self._whole_body(receive)
        except Refusal as refusal:
            await self._refuse(refusal, receive, answer)
            return
        try:
            await self._app(scope, _replaying(body, receive), answer)
        except Exception:
            log.exception("fault", path=scope["path"])
            if not answer.started:
                await answer.refuse(Refusal(500, ErrorCode.INTERNAL, FAULT))

    async def _whole_body(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._limits.body_seconds), aclosing(_chunks(receive)) as arriving:
                async for chunk in arriving:
                    size += len(chunk)
                    if size > self._limits.body_bytes:
                        raise _too_large(self._limits, f"more than {self._limits.body_bytes} bytes came")
                    chunks.append(chunk)
        except TimeoutError:
            message = f"The body did not arrive within {self._limits.body_seconds:g} seconds. Send it again, faster."
            raise Refusal(HTTPStatus.REQUEST_TIMEOUT, ErrorCode.BAD_USER_INPUT, message) from None
        return b"".join(chunks)

    async def _refuse(self, refusal: Refusal, receive: Receive, answer: Answer) -> None:
        """Answers in full, then reads on for a moment: closing on unread bytes resets the connection, and the
        client would lose the answer."""
        refusal.headers["Connection"] = "close"
        await answer.refuse(refusal, more=True)
        if refusal.status_code != HTTPStatus.REQUEST_TIMEOUT:
            with suppress(TimeoutError, _HungUp):
                async with asyncio.timeout(self._limits.linger_seconds), aclosing(_chunks(receive)) as rest:
                    async for _ in rest:
                        pass
        await answer({"type": "http.response.body", "body": b"", "more_body": False})

    def _is_graphql(self, scope: Scope) -> bool:
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        return path == self._limits.graphql_path or path.startswith(self._limits.graphql_path + "/")

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = False

        async def send_with_id(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "websocket.accept":
                accepted = True
                own = (b"x-request-id", scope["state"]["request_id"].encode())
                message["headers"] = [*message.get("headers", ()), own]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("fault", path=scope["path"])
            if accepted:
                with suppress(Exception):  # the socket may be gone, which is what is wanted
                    await send({"type": "websocket.close", "code": 1011, "reason": "Internal error"})


def _check_head(scope: Scope, limits: GateLimits) -> None:
    """Raises Refusal for what is wrong before a byte of the body was read."""
    size = sum(len(name) + len(value) for name, value in scope["headers"])
    if size > limits.header_bytes:
        text = f"The headers have {size} bytes; at most {limits.header_bytes} are accepted. Send fewer or shorter ones."
        raise Refusal(431, ErrorCode.BAD_USER_INPUT, text)
    if scope["method"] not in METHODS:
        text = f"The method {scope['method']} is not supported. Use POST, or GET for a query."
        raise Refusal(405, ErrorCode.BAD_USER_INPUT, text, {"Allow": "GET, HEAD, OPTIONS, POST"})
    for name, value in scope["headers"]:
        if name == b"content-encoding" and value.strip().lower() != b"identity":
            text = "A compressed body is not accepted. Send it without Content-Encoding."
            raise Refusal(415, ErrorCode.BAD_USER_INPUT, text, {"Accept-Encoding": "identity"})
        if name == b"content-length" and value.isdigit() and int(value[:20]) > limits.body_bytes:
            raise _too_large(limits, f"{str(value[:20], 'ascii')} were announced")


def _too_large(limits: GateLimits, sent: str) -> Refusal:
    text = f"A body may have at most {limits.body_bytes} bytes; {sent}. Send less in one request."
    return Refusal(413, ErrorCode.BAD_USER_INPUT, text)


async def _chunks(receive: Receive) -> AsyncGenerator[bytes, None]:
    """The body as it arrives; raises _HungUp when it ends too early."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _HungUp
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Gives the whole body once; after that whatever the server says, so that a hang-up is still seen."""
    replayed = False

    async def receive_whole() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_whole
