"""uvicorn, as we run it: bounded before our own code sees a request."""

import asyncio
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.draining import Drain
from gateway.refusals import Refusal, error_body, new_request_id
from resolvers.errors import ErrorCode

log = structlog.get_logger()

# The gate refuses from 16 KB on with a full answer; this bound is for a head that never ends.
HEAD_BYTES = 262_144
HEAD_SECONDS = 10.0
_LOOK_SECONDS = 0.02  # between two looks at what a stopping server has still to answer
STOPPING = (
    "The server is stopping. Connect again, and subscribe with the last event as afterEvent."  # 123 bytes at most
)


def uvicorn_config(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    forwarded_allow_ips: str = "127.0.0.1",
    workers: int = 1,
    shutdown_seconds: int = 25,
) -> uvicorn.Config:
    """For `onefold serve` and for the tests. Logging is configured by gateway.logs, not here."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedHttp,
        ws=ReasonedSocket,
        ws_max_size=262_144,
        ws_max_queue=8,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,  # the gate writes its own line: uvicorn's holds the query, and so a GET's variables
        server_header=False,
        forwarded_allow_ips=forwarded_allow_ips,
        timeout_graceful_shutdown=shutdown_seconds,
        workers=workers,
    )


class OnefoldServer(uvicorn.Server):
    """uvicorn's server, which also answers what runs on WebSockets before it closes them, and tells what waits for news
    (`on_stop`) that there will be none."""

    def __init__(self, config: uvicorn.Config, drain: Drain, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes WebSockets with 1012, then ends the streams of HTTP, which would be waited for to the last second."""
        await self._answer_sockets(sockets)
        # Its first step closes the sockets without giving up its turn: on those, no stream is told anything after 1012.
        asyncio.get_running_loop().call_soon(self._on_stop)
        await super().shutdown(sockets)

    async def _answer_sockets(self, sockets: list[socket.socket] | None) -> None:
        """Takes no new connection and no new operation, and waits for those under way; all within the time that
        uvicorn has for everything."""
        for server in self.servers:
            server.close()
        for one in sockets or ():
            one.close()
        self._drain.stopping = True
        begun, seconds = monotonic(), self.config.timeout_graceful_shutdown or 0
        while self._drain.busy and not self.force_exit and monotonic() - begun < seconds:  # noqa: ASYNC110 - as uvicorn's
            await asyncio.sleep(_LOOK_SECONDS)
        self.config.timeout_graceful_shutdown = max(1, seconds - int(monotonic() - begun))


class ReasonedSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol over websockets, which says at the end of the process why, and what to do."""

    def shutdown(self) -> None:
        """As uvicorn's, with a reason: 1012 alone is "service restart"."""
        if self.handshake_complete and not self.close_sent:
            self.conn.send_close(1012, STOPPING)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1012})
            self.stop_keepalive()
            self.transport.close()
        else:
            super().shutdown()


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol over httptools, with a bound and a clock on the head of a request.

    As installed a head may grow without end, and a connection that sends half of one is kept for ever. By class
    and not by the name "httptools", so that uvicorn cannot fall back to the laxer h11.
    """

    head_seconds = HEAD_SECONDS
    _clock: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """A new connection has to send a whole head in time. Any: as in uvicorn, wider than its base class."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing may keep a dead connection."""
        self._stop_clock()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request, also of a later one on a kept connection."""
        super().on_message_begin()
        self._start_clock()

    def on_headers_complete(self) -> None:
        """From here on the gate's limits and clock hold."""
        self._stop_clock()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Counts only while a head is incomplete."""
        if _is_idle(self.cycle):
            self._start_clock()
        super().data_received(data)
        if self._clock is None or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES:
            self._close_with(431, f"The headers have more than {HEAD_BYTES} bytes. Send fewer or shorter ones.")

    def send_400_response(self, msg: str) -> None:
        """What httptools cannot read, answered in our shape."""
        self._close_with(400, "This is not a valid HTTP/1.1 request. Check its first line, headers and chunks.")

    def _start_clock(self) -> None:
        if self._clock is None:
            self._head_bytes = 0
            self._clock = self.loop.call_later(self.head_seconds, self._too_slow)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _too_slow(self) -> None:
        self._clock = None
        if self._head_bytes == 0:  # opened ahead by a browser and not used: there is nothing to answer
            self.transport.close()
            return
        self._close_with(408, f"The headers did not arrive within {self.head_seconds:g} seconds. Send them faster.")

    def _close_with(self, status: int, message: str) -> None:
        if self.transport.is_closing():
            return
        request_id = new_request_id()
        body = error_body(Refusal(status, ErrorCode.BAD_USER_INPUT, message), request_id)
        lines = (
            b"content-type: application/json",
            b"content-length: %d" % len(body),
            b"x-request-id: " + request_id.encode(),
            b"x-content-type-options: nosniff",
            b"referrer-policy: no-referrer",
            b"connection: close",
        )
        self.transport.write(STATUS_LINE[status] + b"\r\n".join(lines) + b"\r\n\r\n" + body)
        self.transport.close()
        log.info("request refused", request_id=request_id, status=status)


def _is_idle(cycle: RequestResponseCycle | None) -> bool:
    """Whether the connection waits for a request: before the first one there is no cycle."""
    return cycle is None or cycle.response_complete
