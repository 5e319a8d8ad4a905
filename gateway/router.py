"""GraphQL over HTTP: one subclass of Strawberry's router that passes every audit of `graphql-http`.

    router = build_router(schema, authenticate=..., make_context=...)
    app.include_router(router, prefix="/graphql")

- `authenticate(header)` takes the value of the Authorization header (over WebSocket: of
  `connection_params["Authorization"]`), or None when there is none, and answers with the Actor or None for a
  missing or wrong key. A CodedError that it raises (UNAVAILABLE) is answered with its code.
- `make_context(request_id)` makes the context of one operation. `actor` and `request` are set afterwards, before
  anything runs.

Without a key an operation runs only when it is pure introspection (schema.extensions.checks); a wrong key is
refused always. `EdgeOptions.public_introspection = False` demands a key for that too.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from strawberry.exceptions import ConnectionRejectionError, MissingQueryError
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.unset import UNSET, UnsetType

from gateway.bodies import encode, request_data_in
from gateway.negotiation import FirstChoiceSSE, is_request_error, negotiate, status_of
from gateway.refusals import Refusal, error_body, request_id_in
from gateway.strict_json import RefusedJson, loads_strict
from gateway.websocket import OnefoldSocket, SocketLimits
from resolvers.access import Actor
from resolvers.errors import CodedError, ErrorCode
from schema.extensions.onefold_schema import OnefoldSchema
from schema.extensions.request import RequestContext

ContextT = TypeVar("ContextT", bound=RequestContext)
Authenticate = Callable[[str | None], Awaitable[Actor | None]]

_NO_KEY = "An API key is needed. Send it in the header 'Authorization: Bearer <key>'."
_WRONG_KEY = "The API key is unknown, expired or revoked. Check the header 'Authorization: Bearer <key>'."
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_STATUS = {ErrorCode.UNAUTHENTICATED: 401, ErrorCode.RATE_LIMITED: 429, ErrorCode.UNAVAILABLE: 503}


@dataclass(frozen=True)
class EdgeOptions:
    """`ide_url` is relative to the mount; None shows no page. `allowed_origins` are for WebSocket pages only."""

    public_introspection: bool = True
    ide_url: str | None = "graphiql/"
    allowed_origins: tuple[str, ...] = ()
    sockets: SocketLimits = field(default_factory=SocketLimits)


class OnefoldRouter(GraphQLRouter[ContextT, None]):
    """Made by `build_router`; generic over the schema's context."""

    graphql_transport_ws_handler_class = OnefoldSocket
    stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: FirstChoiceSSE}

    def __init__(
        self,
        schema: OnefoldSchema,
        *,
        authenticate: Authenticate,
        make_context: Callable[[str], ContextT],
        options: EdgeOptions,
    ) -> None:
        def new_context(connection: HTTPConnection) -> ContextT:
            return make_context(request_id_in(connection.scope))

        super().__init__(
            schema,
            context_getter=new_context,
            graphql_ide="graphiql" if options.ide_url else None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=timedelta(seconds=options.sockets.init_seconds),
            max_subscriptions_per_connection=None,  # OnefoldSocket counts, and answers with a code
            allowed_origins=options.allowed_origins,
            include_in_schema=False,
        )
        self.socket_limits = options.sockets
        self._authenticate = authenticate
        self._make_context = make_context
        self._options = options
        self._sockets: Counter[UUID] = Counter()

    # --- HTTP: the request

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        """As Strawberry's; refusals are JSON. Any: the base class overloads HTTP and WebSocket."""
        try:
            return await super().run(request, context, root_value)
        except Refusal as refusal:
            return _refused(request, refusal)
        except HTTPException as error:
            return _refused(request, Refusal(error.status_code, ErrorCode.BAD_USER_INPUT, error.reason))
        except CodedError as error:
            return _refused(request, Refusal(_STATUS.get(error.code, 400), error.code, error.message))

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """The four parameters, each of its type; raises Refusal with 400 or 415."""
        transport = self._get_stream_transport_from_headers(request.headers)
        return await request_data_in(request, self.parse_json, transport.protocol if transport else "http")

    def parse_json(self, data: str | bytes) -> object:
        """Raises Refusal with the sentence of the strict decoder."""
        try:
            return self.decode_json(data)
        except RefusedJson as error:
            raise Refusal(400, ErrorCode.BAD_USER_INPUT, error.msg) from None

    def decode_json(self, data: str | bytes) -> object:
        """Also for WebSocket messages; raises RefusedJson."""
        return loads_strict(data)

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Only for browsers; as installed also for clients that accept anything. Any: a structural type there."""
        wants_page = "text/html" in request.headers.get("accept", "")
        return request.method == "GET" and wants_page and request.query_params.get("query") is None

    async def render_graphql_ide(self, request: Request) -> Any:
        """The page itself is served beside the mount. Any: the base class names HTMLResponse."""
        return RedirectResponse(self._options.ide_url or "", status_code=307)

    async def execute_operation(self, request: Request, request_data: Any, context: Any, **parts: Any) -> Any:
        """Learns who is calling, then runs. Any: arguments and result are those of Strawberry's view."""
        header = request.headers.get("authorization")
        context.actor = await self._authenticate(header)
        if context.actor is None:
            if header is not None:
                raise Refusal(401, ErrorCode.UNAUTHENTICATED, _WRONG_KEY, _CHALLENGE)
            # A stream has sent its 200 before a check inside could refuse it.
            if request_data.protocol != "http" or not self._options.public_introspection:
                raise Refusal(401, ErrorCode.UNAUTHENTICATED, _NO_KEY, _CHALLENGE)
        return await super().execute_operation(request, request_data=request_data, context=context, **parts)

    async def execute_single(self, request: Request, request_data: Any, **parts: Any) -> ExecutionResult:
        """Queries by GET and POST, mutations by POST, subscriptions not at all: those need a stream."""
        allowed = {OperationType.QUERY} if request.method == "GET" else {OperationType.QUERY, OperationType.MUTATION}
        try:
            return await self.schema.execute(
                request_data.query,
                variable_values=request_data.variables,
                context_value=parts["context"],
                root_value=None,
                operation_name=request_data.operation_name,
                allowed_operation_types=allowed,
                operation_extensions=request_data.extensions,
            )
        except MissingQueryError:
            raise Refusal(400, ErrorCode.BAD_USER_INPUT, _EMPTY) from None
        except CannotGetOperationTypeError as error:
            raise Refusal(400, ErrorCode.BAD_USER_INPUT, _no_operation(error)) from None
        except InvalidOperationTypeError as error:
            raise _cannot_run(error) from None

    # --- HTTP: the answer

    async def get_sub_response(self, request: Request) -> Response:
        """A response of this request alone: the base class keeps one in an attribute that requests share."""
        response = Response()
        del response.headers["content-length"]
        response.media_type = negotiate(request.headers.get("accept"))
        return response

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Without `data` when the request was refused before it ran."""
        answer = process_result(result)
        if result.data is None and is_request_error(result.errors or ()):
            del answer["data"]
        return answer

    def encode_json(self, data: object) -> str:
        """str, because Strawberry sends bytes as binary WebSocket frames, which graphql-ws drops."""
        return encode(data).decode()

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """Any: Strawberry's type allows for batches, which are refused."""
        media_type = sub_response.media_type or JSON
        status = status_of(response_data, media_type)
        headers = _CHALLENGE if status == HTTPStatus.UNAUTHORIZED else None
        return Response(encode(response_data), status, headers, media_type)

    # --- WebSocket: what OnefoldSocket asks

    async def on_ws_connect(self, context: ContextT) -> UnsetType:
        """Raises ConnectionRejectionError for a missing or wrong key, and for one with too many sockets."""
        actor = await self._authenticate(_header_of(context))
        if actor is None or self._sockets[actor.key_id] >= self.socket_limits.sockets_per_key:
            raise ConnectionRejectionError
        self._sockets[actor.key_id] += 1
        context.actor = actor
        return UNSET

    async def still_admitted(self, context: ContextT) -> bool:
        """Also takes over what has changed in the key, such as its scopes."""
        actor = await self._authenticate(_header_of(context))
        if actor is not None:
            context.actor = actor
        return actor is not None

    def operation_context(self, connection: ContextT) -> ContextT:
        """A fresh one, with the request id and the caller of the socket."""
        context = self._make_context(connection.request_id)
        context.actor, context.request = connection.actor, connection.request
        context.connection_params = connection.connection_params
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
    return OnefoldRouter(schema, authenticate=authenticate, make_context=make_context, options=options or EdgeOptions())


def _header_of(context: RequestContext) -> str | None:
    parameters = context.connection_params
    value = parameters.get("Authorization") if isinstance(parameters, dict) else None
    return value if isinstance(value, str) else None


def _refused(request: Request, refusal: Refusal) -> Response:
    body = error_body(refusal.code, refusal.reason, request_id_in(request.scope))
    return Response(body, refusal.status_code, refusal.headers, negotiate(request.headers.get("accept")))


def _no_operation(error: CannotGetOperationTypeError) -> str:
    return f"{error.as_http_error_reason().rstrip('.')}. Name an operation that the document holds."


def _cannot_run(error: InvalidOperationTypeError) -> Refusal:
    if error.operation_type is OperationType.MUTATION:
        text = "A mutation cannot be sent by GET. Send it by POST with a JSON body."
        return Refusal(405, ErrorCode.BAD_USER_INPUT, text, {"Allow": "POST"})
    text = "A subscription needs a stream. Send it over WebSocket, or with 'Accept: text/event-stream' first."
    return Refusal(400, ErrorCode.BAD_USER_INPUT, text)
