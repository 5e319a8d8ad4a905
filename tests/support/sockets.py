"""A real WebSocket to a real server, as graphql-ws opens it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.server import Server


@asynccontextmanager
async def connected(server: Server, token: str | None = None) -> AsyncIterator[ClientConnection]:
    """One that has sent its `connection_init`, with the server's key; `token`: another one, or "" for none."""
    url = f"{server.url.replace('http', 'ws', 1)}/graphql"
    async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
        payload = {} if token == "" else {"Authorization": f"Bearer {token or server.token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        yield socket


@asynccontextmanager
async def open_socket(server: Server) -> AsyncIterator[ClientConnection]:
    """One that was acknowledged."""
    async with connected(server) as socket:
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        yield socket
