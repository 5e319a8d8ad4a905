"""A toy schema behind the whole edge, on a real uvicorn server and a free loopback port."""

import asyncio
import io
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import strawberry
import uvicorn
from fastapi import FastAPI
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from gateway.gate import Gate, GateLimits
from gateway.router import EdgeOptions, build_router
from gateway.server import uvicorn_config
from gateway.websocket import SocketLimits
from resolvers.access import ALL_SCOPES, Actor
from resolvers.errors import CodedError, ErrorCode, refuse
from schema.extensions.onefold_schema import OnefoldSchema, edge_extensions
from schema.extensions.request import RequestContext

SECRET = "swordfish-4711"  # planted in exceptions and requests: it may stand in no answer and in no log line
KEY = {"Authorization": "Bearer good"}
ACTOR = Actor(UUID(int=1), "toy", (UUID(int=2),), ALL_SCOPES)
REVOKED: set[str] = set()


def _word(value: object) -> str:
    if value == "bug":
        raise KeyError(SECRET)
    if not isinstance(value, str) or not value.isalpha():
        raise ValueError(SECRET)
    return value


class Word:
    """A scalar of our own whose parser fails in two ways."""


WORD = strawberry.scalar(name="Word", parse_value=_word, serialize=str)


class ToyContext(RequestContext):
    """Counts who asked it; a context of its own begins at 0."""

    uses = 0


@dataclass
class State:
    """What the resolvers did."""

    touched: int = 0
    left: threading.Event = field(default_factory=threading.Event)


STATE = State()


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "world"

    @strawberry.field
    def echo(self, text: str) -> str:
        return text

    @strawberry.field
    def number(self, value: int) -> int:
        return value

    @strawberry.field
    def word(self, value: Word) -> str:
        return str(value)

    @strawberry.field
    def request_id(self, info: strawberry.Info[RequestContext, None]) -> str:
        return info.context.request_id

    @strawberry.field
    def uses(self, info: strawberry.Info[ToyContext, None]) -> int:
        info.context.uses += 1
        return info.context.uses

    @strawberry.field
    def fault(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def graphql_fault(self) -> str | None:
        raise GraphQLError(SECRET)

    @strawberry.field
    def does_not_fit(self) -> int | None:
        return 2**40

    @strawberry.field
    def refused(self) -> str | None:
        raise refuse(ErrorCode.NOT_FOUND, SECRET)

    @strawberry.field
    def coded(self) -> str | None:
        raise CodedError(ErrorCode.FORBIDDEN, "This key lacks the scope 'merge'.", requiredScope="merge")

    @strawberry.field
    def away(self) -> str | None:
        raise CodedError(ErrorCode.UNAVAILABLE, "Try again.", retryAfter=1) from RuntimeError(SECRET)

    @strawberry.field
    def not_a_number(self) -> float:
        return float("nan")

    @strawberry.field
    async def slow(self) -> str | None:
        await asyncio.Event().wait()
        return None


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> int:
        STATE.touched += 1
        return STATE.touched

    @strawberry.mutation
    async def slow(self) -> int | None:
        await asyncio.Event().wait()
        return None


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def broken(self) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError(SECRET)

    @strawberry.subscription
    async def never(self) -> AsyncIterator[int]:
        try:
            yield 0
            await asyncio.Event().wait()
        finally:
            STATE.left.set()


class Breaks(SchemaExtension):
    """Raises in the hook that the query names in a comment."""

    def _maybe(self, hook: str) -> None:
        if f"# break {hook}\n" in (self.execution_context.query or ""):
            raise RuntimeError(SECRET)

    def on_operation(self) -> Iterator[None]:
        self._maybe("on_operation")
        yield
        self._maybe("after_operation")

    def on_parse(self) -> Iterator[None]:
        self._maybe("on_parse")
        yield

    def on_validate(self) -> Iterator[None]:
        self._maybe("on_validate")
        yield

    def on_execute(self) -> Iterator[None]:
        self._maybe("on_execute")
        yield

    def get_results(self) -> dict[str, Any]:
        return {}


async def authenticate(header: str | None) -> Actor | None:
    """Bearer good and Bearer again are keys; Bearer away and Bearer crash fail as storage would."""
    if header == "Bearer away":
        raise CodedError(ErrorCode.UNAVAILABLE, "The database is away. Try again.", retryAfter=1)
    if header == "Bearer crash":
        raise RuntimeError(SECRET)
    if header in REVOKED:
        return None
    return ACTOR if header in ("Bearer good", "Bearer again") else None


CONFIG = StrawberryConfig(scalar_map={Word: WORD})


def toy_schema(timeout_seconds: float = 0.5) -> OnefoldSchema:
    """A schema with the extensions of the edge and one that breaks on demand."""
    return OnefoldSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=[*edge_extensions(timeout_seconds=timeout_seconds, limits=None), Breaks],
        config=CONFIG,
    )


def toy_app(options: EdgeOptions | None = None, limits: GateLimits | None = None) -> Gate:
    """The whole edge; `/crash` raises, `/plain` refuses in text."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    router = build_router(
        toy_schema(),
        authenticate=authenticate,
        make_context=ToyContext,
        options=options or EdgeOptions(sockets=SocketLimits(operations_per_socket=3, sockets_per_key=4)),
    )
    app.include_router(router, prefix="/graphql")

    @app.get("/crash")
    def crash() -> None:
        raise RuntimeError(SECRET)

    return Gate(app, limits or GateLimits(body_seconds=0.5))


class LogTap(io.StringIO):
    """What was logged, with a way to wait for a line."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def write(self, text: str) -> int:
        with self._changed:
            written = super().write(text)
            self._changed.notify_all()
        return written

    def wait_for(self, text: str, since: int = 0) -> str:
        """What was logged from `since` on, as soon as it holds `text`."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self.getvalue()[since:], timeout=10), text
            return self.getvalue()[since:]


@dataclass(frozen=True)
class Toy:
    """A running server."""

    port: int
    logs: LogTap
    client: httpx.Client

    def post(self, query: object = None, headers: dict[str, str] | None = None, **body: object) -> httpx.Response:
        """A request with the key."""
        return self.client.post("/graphql", json={"query": query, **body}, headers={**KEY, **(headers or {})})

    def raw(self, *parts: bytes) -> tuple[int, dict[str, str], bytes]:
        """Sends bytes as they are and reads until the server closes, or the answer is whole."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return read_answer(connection)

    def connect(self) -> socket.socket:
        """A bare TCP connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def mark(self) -> int:
        """A place in the log, for `LogTap.wait_for`."""
        return len(self.logs.getvalue())


def read_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (lower case) and body of one answer with a Content-Length."""
    with connection.makefile("rb") as stream:
        status = int(stream.readline().split()[1])
        headers: dict[str, str] = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, stream.read(int(headers.get("content-length", 0)))


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The only error of an answer, which carries the request id of its header."""
    return check_error(answer.content, answer.headers["x-request-id"])


def check_error(body: bytes | str, request_id: str) -> dict[str, Any]:
    """The only error of a body; its request id must be this one."""
    errors = json.loads(body)["errors"]
    assert len(errors) == 1
    error: dict[str, Any] = errors[0]
    assert error["extensions"]["requestId"] == request_id
    assert SECRET not in json.dumps(error)
    return error


@contextmanager
def running(app: Any, logs: LogTap) -> Iterator[Toy]:
    """Serves from a thread; the socket listens before, so nobody has to wait for the start."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn_config(app, "127.0.0.1", port, shutdown_seconds=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
            yield Toy(port, logs, client)
    finally:
        server.should_exit = True
        thread.join()
