"""contactMerged on a real server: over WebSocket and server-sent events, through kill -9 and to its end."""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from tests.support.server import Server, running_server
from tests.support.sockets import connected, open_socket

T = TypeVar("T")
MERGED = """subscription ($after: ID) { contactMerged(afterEvent: $after) {
    id number contactId mergedContactIds contact { id } } }"""
MAKE = "mutation { createContact(input: {}) { contact { id } } }"
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    mergedContactIds userErrors { message } } }"""


async def _send(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    data: dict[str, Any] = answer.json()["data"]
    return data


async def merge_two(server: Server) -> tuple[str, str]:
    """(primary, source) of a new merge."""
    async with server.client() as client:
        primary, source = [(await _send(client, MAKE))["createContact"]["contact"]["id"] for _ in range(2)]
        given = {"primaryContactId": primary, "sourceContactIds": [source]}
        done = await _send(client, MERGE, input=given)
    assert done["mergeContacts"]["mergedContactIds"] == [source]
    return primary, source


@asynccontextmanager
async def _subscribed(server: Server, after: str | None) -> AsyncIterator[ClientConnection]:
    async with open_socket(server) as socket:
        payload = {"query": MERGED, "variables": {"after": after}}
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        yield socket


async def _next(socket: ClientConnection) -> dict[str, Any]:
    message = json.loads(await socket.recv())
    assert message["type"] == "next", message
    event: dict[str, Any] = message["payload"]["data"]["contactMerged"]
    return event


@asynccontextmanager
async def _streamed(server: Server, after: str | None) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
    """(event, data) of each message of a text/event-stream."""
    request = {"query": MERGED, "variables": {"after": after}}
    headers = {"accept": "text/event-stream"}
    async with server.client() as client, client.stream("POST", "/graphql", json=request, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _messages(answer)


async def _messages(answer: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    kind = ""
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value.strip()
        elif name == "data" or line.startswith("data:"):
            yield kind, json.loads(value or "{}")


async def test_both_ways_tell_the_same_and_go_on_after_kill_9(database_url: str) -> None:
    """A subscriber that was cut off goes on from its last event: what was merged meanwhile is not lost."""
    async with running_server(database_url) as server:
        async with _subscribed(server, None) as socket:
            seen = asyncio.create_task(_next(socket))
            while not seen.done():  # from when on it listens, it does not say: merges go on until it has heard one
                last = await merge_two(server)
                await asyncio.wait([seen], timeout=0.2)
            event = seen.result()
            while event["contactId"] != last[0]:
                event = await _next(socket)
            assert event["mergedContactIds"] == [last[1]]
            assert event["contact"] == {"id": last[0]}
            later = await merge_two(server)
            await server.kill()
        await server.start()
        latest = await merge_two(server)
        async with _subscribed(server, event["id"]) as socket:
            over_socket = [await _next(socket) for _ in range(2)]
        async with _streamed(server, event["id"]) as stream:
            over_stream = [await anext(stream) for _ in range(2)]
        assert [found["contactId"] for found in over_socket] == [later[0], latest[0]]
        assert [found["number"] for found in over_socket] == [event["number"] + 1, event["number"] + 2]
        assert over_stream == [("next", {"data": {"contactMerged": found}}) for found in over_socket]


async def test_without_a_key_nothing_is_told_and_a_stop_says_why(sqlite_url: str) -> None:
    """Refused before a stream begins; at SIGTERM sockets close with a reason, streams end with a code, in one go."""
    async with running_server(sqlite_url) as server:
        async with connected(server, token="") as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 4403
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as anybody:
            answer = await anybody.post("/graphql", json={"query": MERGED}, headers={"accept": "text/event-stream"})
            assert answer.status_code == 401
        await merge_two(server)
        async with _streamed(server, None) as stream, _subscribed(server, None) as socket:
            ended = asyncio.ensure_future(_rest(stream))
            seen = asyncio.create_task(_next(socket))
            while not seen.done():
                await merge_two(server)
                await asyncio.wait([seen], timeout=0.2)
            assert await server.stop() == 0
            with pytest.raises(ConnectionClosedError):
                await _rest(socket)
            assert socket.close_code == 1012
            assert "afterEvent" in (socket.close_reason or "")
            kind, said = (await ended)[-2:][0]
        assert kind == "next"
        assert said["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert "Traceback" not in server.stderr


async def _rest(stream: AsyncIterable[T]) -> list[T]:
    return [message async for message in stream]
