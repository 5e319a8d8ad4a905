"""GraphQL over HTTP: the part of our router that reads requests and writes answers.

Passes every audit of `graphql-http`; tests/gateway/test_router.py holds what they do not ask.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar

import structlog
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from strawberry.exceptions import MissingQueryError
from strawberry.fastapi import GraphQLRouter
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET

from gateway.bodies import encode, request_data_in
from gateway.logs import note_caller
from gateway.negotiation import JSON, FirstChoiceSSE, is_request_error, negotiate, status_of
from gateway.refusals import Refusal, error_body, request_id_in
from gateway.strict_json import RefusedJson, loads_strict
from resolvers.access import Actor
from resolvers.errors import CodedError, ErrorCode
from schema.extensions.request import RequestContext

log = structlog.get_logger()
ContextT = TypeVar("ContextT", bound=RequestContext)
Authenticate = Callable[[str | None], Awaitable[Actor | None]]

_NO_KEY = "An API key is needed. Send it in the header 'Authorization: Bearer <key>'."
_WRONG_KEY = "The API key is unknown, expired or revoked. Check the header 'Authorization: Bearer <key>'."
_EMPTY = "The query is empty. Send a GraphQL document in the key 'query'."
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_STATUS = {ErrorCode.UNAUTHENTICATED: 401, ErrorCode.RATE_LIMITED: 429, ErrorCode.UNAVAILABLE: 503}


class HttpView(GraphQLRouter[ContextT, None]):
    """Strawberry's view with our refusals. `Any` below stands where its own types allow for batches or sync."""

    stream_transport_classes_by_protocol = MappingProxyType({GRAPHQL_SSE_PROTOCOL: FirstChoiceSSE})
    authenticate: Authenticate
    public_introspection: bool
    ide_url: str | None

    async def run(self, request: Any, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        """As Strawberry's; what it raises is answered in JSON."""
        try:
            return await super().run(request, context, root_value)
        except Refusal as refusal:
            return _refused(request, refusal)
        except HTTPException as error:
            return _refused(request, Refusal(error.status_code, ErrorCode.BAD_USER_INPUT, error.reason))
        except CodedError as error:
            log.warning("refused", code=error.code, exc_info=error)
            status = _STATUS.get(error.code, 400)
            return _refused(request, Refusal(status, error.code, error.message, None, error.extensions))

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """The four parameters, each of its type; raises Refusal with 400 or 415."""
        transport = self._get_stream_transport_from_headers(request.headers)
        return await request_data_in(request, self.parse_json, transport.protocol if transport else "http")

    def parse_json(self, data: str | bytes) -> Any:
        """Raises Refusal with the sentence of the strict decoder."""
        try:
            return self.decode_json(data)
        except RefusedJson as error:
            raise Refusal(400, ErrorCode.BAD_USER_INPUT, error.msg) from None

    def decode_json(self, data: str | bytes) -> object:
        """Also for WebSocket messages; raises RefusedJson."""
        return loads_strict(data)

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Only for browsers; as installed also for clients that accept anything."""
        wants_page = self.ide_url is not None and "text/html" in request.headers.get("accept", "")
        return bool(request.method == "GET" and wants_page and request.query_params.get("query") is None)

    async def render_graphql_ide(self, request: Request) -> Any:
        """The page itself is served beside the mount."""
        return RedirectResponse(str(self.ide_url), status_code=307)

    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: Any,
        context: ContextT,
        root_value: None,
        sub_response: Response,
    ) -> Any:
        """Learns who is calling, then runs."""
        header = request.headers.get("authorization")
        context.actor = await self.authenticate(header)
        context.readmit = partial(self.authenticate, header)
        if context.actor is not None:
            note_caller(context.actor)
        if context.actor is None and header is not None:
            raise Refusal(401, ErrorCode.UNAUTHENTICATED, _WRONG_KEY, _CHALLENGE)
        # A stream has sent its 200 before a check inside could refuse it.
        keyless = self.public_introspection and request_data.protocol == "http"
        if context.actor is None and not keyless:
            raise Refusal(401, ErrorCode.UNAUTHENTICATED, _NO_KEY, _CHALLENGE)
        return await super().execute_operation(
            request, request_adapter, request_data, context, root_value, sub_response
        )

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: ContextT,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Queries by GET and POST, mutations by POST, subscriptions not at all: those need a stream."""
        try:
            return await self.schema.execute(
                request_data.query,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=_ALLOWED[request.method],
                operation_extensions=request_data.extensions,
            )
        except MissingQueryError:
            raise Refusal(400, ErrorCode.BAD_USER_INPUT, _EMPTY) from None
        except CannotGetOperationTypeError as error:
            text = f"{error.as_http_error_reason().rstrip('.')}. Name an operation that the document holds."
            raise Refusal(400, ErrorCode.BAD_USER_INPUT, text) from None
        except InvalidOperationTypeError as error:
            raise _cannot_run(error) from None

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
        """401 and 429 whatever the type; else see `status_of`."""
        media_type = sub_response.media_type or JSON
        status = status_of(response_data, media_type)
        headers = _CHALLENGE if status == HTTPStatus.UNAUTHORIZED else _retry_after(response_data, status)
        return Response(encode(response_data), status, headers, media_type)


_ALLOWED = {"GET": {OperationType.QUERY}, "POST": {OperationType.QUERY, OperationType.MUTATION}}


def _retry_after(answer: Any, status: int) -> dict[str, str] | None:
    """The header beside 429 and 503, with the seconds that the error names."""
    if status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return None
    waits = [error["extensions"]["retryAfter"] for error in answer["errors"] if "retryAfter" in error["extensions"]]
    return {"Retry-After": str(max(waits))} if waits else None


def _refused(request: Request, refusal: Refusal) -> Response:
    body = error_body(refusal, request_id_in(request.scope))
    return Response(body, refusal.status_code, refusal.headers, negotiate(request.headers.get("accept")))


def _cannot_run(error: InvalidOperationTypeError) -> Refusal:
    if error.args[0] is OperationType.MUTATION:
        text = "A mutation cannot be sent by GET. Send it by POST with a JSON body."
        return Refusal(405, ErrorCode.BAD_USER_INPUT, text, {"Allow": "POST"})
    text = "A subscription needs a stream. Send it over WebSocket, or with 'Accept: text/event-stream' first."
    return Refusal(400, ErrorCode.BAD_USER_INPUT, text)
