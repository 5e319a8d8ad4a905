"""The `gql` package, as integrators use it, against a real server: over HTTP and over WebSocket."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from gql import Client, GraphQLRequest, gql
from gql.transport.async_transport import AsyncTransport
from gql.transport.exceptions import TransportError, TransportQueryError

from tests.acceptance.demo_server import Demo
from tests.peers.clients.python_gql import http_transport, socket_transport

CREATE = gql("""mutation ($input: CreateContactInput!) {
    createContact(input: $input) {
        contact { id name customAttributes createdAt } userErrors { code message field } } }""")
READ = gql("query ($id: ID!) { contact(id: $id) { name customAttributes createdAt } }")
COUNT = gql("{ contacts(first: 1) { totalCount pageInfo { endCursor } } viewer { scopes } }")
Transports = dict[str, Callable[[Demo, str], AsyncTransport]]


def asking(request: GraphQLRequest, values: dict[str, Any]) -> GraphQLRequest:
    """A request with its variables."""
    return GraphQLRequest(request, variable_values=values)


def over_http(demo: Demo, token: str) -> AsyncTransport:
    """POST with an Authorization header."""
    return http_transport(demo.url, token, trust_env=False, timeout=30)


def over_websocket(demo: Demo, token: str) -> AsyncTransport:
    """graphql-transport-ws with the key in connection_init."""
    return socket_transport(demo.url, token, connect_args={"proxy": None}, ping_interval=0.05, pong_timeout=20)


TRANSPORTS: Transports = {"http": over_http, "websocket": over_websocket}


async def test_the_schema_is_fetched_and_used(demo: Demo) -> None:
    """Introspection, then a query, a mutation and a reading back, all checked against the schema by the client."""
    for number, transport in enumerate(TRANSPORTS.values()):
        client = Client(transport=transport(demo, demo.token), fetch_schema_from_transport=True)
        async with client as session:
            before = await session.execute(COUNT)
            assert before["contacts"]["totalCount"] == demo.contacts + number
            attributes: dict[str, Any] = {"plan": "pro", "nested": {"deep": [1, None, True, "ü"]}}
            made = await session.execute(asking(CREATE, {"input": {"name": "Léa", "customAttributes": attributes}}))
            contact = made["createContact"]["contact"]
            assert made["createContact"]["userErrors"] == []
            read = await session.execute(asking(READ, {"id": contact["id"]}))
            assert read["contact"] == {
                "name": "Léa",
                "customAttributes": attributes,
                "createdAt": contact["createdAt"],
            }
            refused = await session.execute(asking(CREATE, {"input": {"email": "nobody"}}))
            assert refused["createContact"]["contact"] is None
            assert [error["field"] for error in refused["createContact"]["userErrors"]] == [["email"]]
            after = await session.execute(COUNT)
            assert after["contacts"]["totalCount"] == demo.contacts + number + 1


async def test_errors_reach_the_caller(demo: Demo) -> None:
    """A wrong operation has its code in `extensions` and the connection goes on; a wrong key is refused before that."""
    for transport in TRANSPORTS.values():
        async with Client(transport=transport(demo, demo.token)) as session:
            with pytest.raises(TransportQueryError) as refused:
                await session.execute(gql("{ contacts(first: 101) { totalCount } }"))
            assert refused.value.errors is not None
            assert refused.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
            assert (await session.execute(asking(READ, {"id": f"contact_{uuid4()}"})))["contact"] is None
        with pytest.raises((TransportError, ConnectionError)):
            async with Client(transport=transport(demo, "ofk_" + "0" * 59)) as session:
                await session.execute(COUNT)
