"""GraphQL over WebSocket: the graphql-transport-ws protocol, and nothing that is not exactly it."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect
from starlette.websockets import WebSocketDisconnected as AlreadyClosed
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import Message, SubscribeMessage
from strawberry.types.execution import ExecutionResult, PreExecutionError

from gateway.draining import Drain
from gateway.socket_messages import problem_in
from resolvers.errors import ErrorCode
from schema.extensions.request import RequestContext

log = structlog.get_logger()
ContextT = TypeVar("ContextT", bound=RequestContext)

_STOPPING = "The server is stopping. Connect again and send it again."
_GONE = (WebSocketDisconnect, AlreadyClosed, WebSocketDisconnected)


@dataclass(frozen=True)
class SocketLimits:
    """Times in seconds. A key is looked at again every `recheck_seconds`: a revoked one ends its sockets."""

    init_seconds: float = 10.0
    recheck_seconds: float = 60.0
    operations_per_socket: int = 20
    sockets_per_key: int = 50


class SocketView(Protocol[ContextT]):
    """What the handler asks of the router."""

    socket_limits: SocketLimits
    drain: Drain

    async def still_admitted(self, context: ContextT) -> bool:
        """Whether the key of this socket is still good."""

    def operation_context(self, connection: ContextT) -> ContextT:
        """A context for one operation: what one loads, the next must not see."""

    def socket_closed(self, connection: ContextT) -> None:
        """Once for every socket."""


class OnefoldSocket(BaseGraphQLTransportWSHandler[ContextT, None]):
    """Closes with 4400 on any message out of form, instead of failing on it; logs no client's mistake."""

    _recheck: asyncio.Task[None] | None = None

    @property
    def router(self) -> SocketView[ContextT]:
        """The view, as this handler knows it."""
        return cast(SocketView[ContextT], self.view)

    async def handle(self) -> None:
        """One socket from its acceptance to its end."""
        try:
            await super().handle()
        except _GONE:
            pass
        except Exception:
            log.exception("fault", path="websocket")
            with suppress(*_GONE):
                await self.websocket.close(4500, "Something went wrong on our side")

    async def shutdown(self) -> None:
        """Also ends the watch over the key and gives the key's place back."""
        if self._recheck:
            self._recheck.cancel()
        self.router.socket_closed(self.context)
        await super().shutdown()

    async def handle_message(self, message: object) -> None:
        """Takes whatever JSON came."""
        if problem := problem_in(message):
            await self.handle_invalid_message(problem)
        else:
            await super().handle_message(cast(Message, message))

    async def handle_connection_init(self, message: Any) -> None:
        """Any: the base class names a TypedDict that a client need not keep."""
        await super().handle_connection_init(message)
        if self.connection_acknowledged and self._recheck is None:
            self._recheck = asyncio.create_task(self._watch_key())

    async def _watch_key(self) -> None:
        while True:
            await asyncio.sleep(self.router.socket_limits.recheck_seconds)
            try:
                if not await self.router.still_admitted(self.context):
                    await self.websocket.close(4403, "Forbidden")
                    return
            except _GONE:
                return
            except Exception:
                # Storage may be away for a moment; an open socket does not end for that.
                log.exception("fault", path="websocket")

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Refuses before the base class does: its reasons echo ids, and a close reason is at most 123 bytes."""
        if message["id"] in self.operations:
            await self.websocket.close(4409, "The id of a running operation was used again")
            return
        limit = self.router.socket_limits.operations_per_socket
        if self.connection_acknowledged and len(self.operations) >= limit:
            text = f"This connection already runs {limit} operations. Complete one first."
            await self._send_error(message["id"], ErrorCode.RATE_LIMITED, text)
            return
        if self.router.drain.stopping:
            await self._send_error(message["id"], ErrorCode.UNAVAILABLE, _STOPPING)
            return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[ContextT, None]) -> None:
        """The task of one operation."""
        context = self.router.operation_context(self.context)
        try:
            with self.router.drain.under_way(context):
                await self._run(operation, context)
        except Exception as error:  # noqa: BLE001 - the end of a task: the next line logs it
            await self.handle_task_exception(error)
            self.operations.pop(operation.id, None)

    async def _run(self, operation: Operation[ContextT, None], context: ContextT) -> None:
        source = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            root_value=None,
            operation_name=operation.operation_name,
        )
        async with aclosing(source):
            await _send_results(operation, source)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def handle_task_exception(self, error: Exception) -> None:
        """A socket that is gone is nothing to report."""
        if not isinstance(error, _GONE):
            log.error("fault", path="websocket", exc_info=error)

    async def _send_error(self, operation_id: str, code: ErrorCode, text: str) -> None:
        error = GraphQLError(text, extensions={"code": code, "requestId": self.context.request_id})
        await self.send_message({"id": operation_id, "type": "error", "payload": [error.formatted]})


async def _send_results(operation: Operation[ContextT, None], source: Any) -> None:
    """Results as they come; a request that never ran is one `error` message. Any: see `StreamResult`."""
    first = True
    async for result in source:
        if first and isinstance(result, PreExecutionError):
            await operation.send_initial_errors(result.errors or [])
            return
        if isinstance(result, ExecutionResult):
            await operation.send_next(result)
        first = False
