"""The GraphQL router, for HTTP, server-sent events and WebSocket.

    router = build_router(schema, authenticate=..., make_context=...)
    app.include_router(router, prefix="/graphql")

- `authenticate(header)` takes the value of the Authorization header (over WebSocket: of
  `connection_params["Authorization"]`), or None when there is none, and answers with the Actor, or None for a
  missing or wrong key. A CodedError that it raises (UNAVAILABLE) is answered with its code.
- `make_context(request_id)` makes the context of one operation. `actor`, `request` and `connection_params` are
  set on it afterwards, before anything runs.

Without a key an operation runs only when it is pure introspection (schema.extensions.checks); a wrong key is
refused always. `EdgeOptions(public_introspection=False)` demands a key for that too.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

from starlette.requests import HTTPConnection
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from gateway.draining import Drain
from gateway.http_view import Authenticate, ContextT, HttpView
from gateway.logs import note_caller
from gateway.refusals import request_id_in
from gateway.websocket import OnefoldSocket, SocketLimits
from schema.extensions.onefold_schema import OnefoldSchema
from schema.extensions.request import RequestContext


@dataclass(frozen=True)
class EdgeOptions:
    """`ide_url` is relative to the mount; None shows no page. `allowed_origins` are for WebSocket pages only."""

    public_introspection: bool = True
    ide_url: str | None = "graphiql/"
    allowed_origins: tuple[str, ...] = ()
    sockets: SocketLimits = field(default_factory=SocketLimits)
    drain: Drain = field(default_factory=Drain)


class OnefoldRouter(HttpView[ContextT]):
    """Made by `build_router`; generic over the schema's context."""

    def __init__(
        self,
        schema: OnefoldSchema,
        *,
        authenticate: Authenticate,
        make_context: Callable[[str], ContextT],
        options: EdgeOptions,
    ) -> None:
        # async, although it awaits nothing: FastAPI runs a plain function in a thread (0.4 ms a request)
        async def new_context(connection: HTTPConnection) -> ContextT:
            return make_context(request_id_in(connection.scope))

        super().__init__(
            schema,
            context_getter=new_context,
            graphql_ide="graphiql",  # any name: the page is not Strawberry's
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=options.sockets.init_seconds),
            max_subscriptions_per_connection=None,  # OnefoldSocket counts, and answers with a code
            allowed_origins=options.allowed_origins,
            include_in_schema=False,
        )
        self.graphql_transport_ws_handler_class = OnefoldSocket[ContextT]
        self.authenticate = authenticate
        self.public_introspection = options.public_introspection
        self.ide_url = options.ide_url
        self.socket_limits = options.sockets
        self.drain = options.drain
        self._make_context = make_context
        self._sockets: Counter[UUID] = Counter()

    async def on_ws_connect(self, context: ContextT) -> UnsetType | dict[str, object] | None:
        """Raises ConnectionRejectionError for a missing or wrong key, and for one with too many sockets."""
        actor = await self.authenticate(_header_of(context))
        if actor is None or self._sockets[actor.key_id] >= self.socket_limits.sockets_per_key:
            raise ConnectionRejectionError
        self._sockets[actor.key_id] += 1
        context.actor = actor
        note_caller(actor)
        unset: UnsetType = UNSET
        return unset

    async def still_admitted(self, context: ContextT) -> bool:
        """Also takes over what has changed in the key, such as its scopes."""
        actor = await self.authenticate(_header_of(context))
        if actor is not None:
            context.actor = actor
        return actor is not None

    def operation_context(self, connection: ContextT) -> ContextT:
        """A fresh one, with the request id and the caller of the socket."""
        context = self._make_context(connection.request_id)
        context.actor, context.request = connection.actor, connection.request
        context.connection_params = connection.connection_params
        context.readmit = partial(self.authenticate, _header_of(connection))
        return context

    def socket_closed(self, connection: ContextT) -> None:
        """Gives back the place of its key, if it got one."""
        if connection.actor is not None:
            self._sockets[connection.actor.key_id] -= 1
            self._sockets += Counter()  # drops the zeros


def build_router(
    schema: OnefoldSchema,
    *,
    authenticate: Authenticate,
    make_context: Callable[[str], ContextT],
    options: EdgeOptions | None = None,
) -> OnefoldRouter[ContextT]:
    """See the module for the two callables."""
    chosen = options or EdgeOptions()
    return OnefoldRouter(schema, authenticate=authenticate, make_context=make_context, options=chosen)


def _header_of(context: RequestContext) -> str | None:
    parameters = context.connection_params
    value = parameters.get("Authorization") if isinstance(parameters, dict) else None
    return value if isinstance(value, str) else None
