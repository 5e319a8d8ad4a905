"""The page over a schema just large enough to click through it, on a real port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from threading import Thread

import strawberry
import uvicorn
from fastapi import FastAPI
from graphql import GraphQLError
from strawberry import Info
from strawberry.fastapi import GraphQLRouter

from gateway.graphiql_page import GraphiqlSession, LoadSession, graphiql_page

TOKEN = "ofk_toy_token"
SESSION = GraphiqlSession(
    token=TOKEN, primary_id="contact_1", source_id="contact_2", merged_id=None, merge_id="merge_1"
)


@strawberry.type(description="A person or a company")
class ToyContact:
    id: strawberry.ID
    name: str
    email: str | None = None
    phone: str | None = None
    labels: list["ToyLabel"] = strawberry.field(default_factory=list)


@strawberry.type
class ToyLabel:
    name: str


@strawberry.type
class ToyPageInfo:
    has_next_page: bool
    end_cursor: str | None = None


@strawberry.type
class ToyContacts:
    nodes: list[ToyContact]
    page_info: ToyPageInfo


@strawberry.type
class ToyResolution:
    id: strawberry.ID
    contact: ToyContact | None


ADA = ToyContact(id=strawberry.ID("contact_1"), name="Ada Lovelace", email="ada@example.com")


@strawberry.type
class Query:
    @strawberry.field
    def contacts(self, info: Info, first: int = 20) -> ToyContacts:
        if info.context["request"].headers.get("authorization") != f"Bearer {TOKEN}":
            raise GraphQLError("No key", extensions={"code": "UNAUTHENTICATED"})
        return ToyContacts(nodes=[ADA][:first], page_info=ToyPageInfo(has_next_page=False))

    @strawberry.field
    def resolve_contact(self, id: strawberry.ID) -> ToyResolution:  # noqa: A002
        return ToyResolution(id=id, contact=ADA)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info) -> AsyncIterator[str]:
        """Says back what the socket was opened with."""
        yield f"opened with {info.context['connection_params'].get('Authorization')}"
        await asyncio.sleep(60)


def toy_app(load_session: LoadSession) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    schema = strawberry.Schema(Query, subscription=Subscription)
    app.include_router(GraphQLRouter(schema, graphql_ide=None), prefix="/graphql")
    app.mount("/graphiql", graphiql_page(load_session))
    return app


@dataclass(frozen=True)
class Served:
    origin: str
    port: int


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[Served]:
    """`app` on a free port of loopback, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(app, ws="websockets-sansio", log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{port}", port)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
