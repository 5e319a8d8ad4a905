"""(n) Subscribers of one organisation on a real server: how long after the commit each of them has the event, and the
memory and the CPU time of the server with all of them. The subscribers are one process on the same machine."""

import asyncio
import json
import re
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from db.engine import Database
from gateway.clock import system_clock
from gateway.tokens import new_token, token_hash
from gateway.upgrading import upgrade
from resolvers.access import ALL_SCOPES
from resolvers.ids import ORGANIZATION, IdSource, decode_id
from resolvers.organizations import KeyRequest, create_key
from tests.benchmarks.measure import show
from tests.support.server import Server, running_server

_MERGED = "subscription { contactMerged { id number mergedContactIds occurredAt } }"
_MAKE = "mutation { createContact(input: {}) { contact { id } } }"
_MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    mergedContactIds userErrors { message } } }"""
_A_KEY = 50  # sockets that one key may have


async def measure_listening(urls: dict[str, str], subscribers: int, merges: int) -> None:
    """So many merges, one after the other, before so many subscribers, on each database in turn."""
    rows: list[list[object]] = []
    for name, url in urls.items():
        database = Database(url)
        await upgrade(database, lambda _made: None)
        async with running_server(url, script=True, ONEFOLD_RATE_LIMIT="off") as server:
            keys = await _keys(database, server, -(-subscribers // _A_KEY))
            await database.close()
            rows.append([name, subscribers, *await _heard(server, keys, subscribers, merges)])
    head = [
        "database",
        "subscribers",
        "MB before",
        "MB most",
        "server CPU ms",
        "answer ms",
        "first",
        "median",
        "last",
        "worst last",
    ]
    show("(n) contactMerged, from before the merge was sent until each subscriber has the event", head, rows)


async def _keys(database: Database, server: Server, number: int) -> list[str]:
    org_id, new_id = decode_id(ORGANIZATION, server.org), IdSource(system_clock)
    assert org_id is not None
    tokens = [new_token() for _ in range(number)]
    for token in tokens:
        hashed = token_hash(token)
        assert hashed is not None
        await create_key(database, new_id(), hashed, KeyRequest((org_id,), ALL_SCOPES, "bench"), system_clock())
    return tokens


async def _heard(server: Server, keys: list[str], subscribers: int, merges: int) -> list[object]:
    async with server.client() as client, AsyncExitStack() as stack:
        before = await _megabytes(client)
        tokens = [keys[number // _A_KEY] for number in range(subscribers)]
        sockets = [await stack.enter_async_context(_subscribed(server, token)) for token in tokens]
        while True:
            if await _gauge(client, "onefold_streams") == subscribers:  # each has read its place
                break
            await asyncio.sleep(0.1)
        most, rounds = 0.0, []
        worked = await _gauge(client, "process_cpu_seconds_total")
        for _ in range(merges):
            rounds.append(await _round(client, sockets))
            most = max(most, await _megabytes(client))
        worked = 1_000 * (await _gauge(client, "process_cpu_seconds_total") - worked) / merges
    answers, firsts, medians, lasts = (statistics.median(column) for column in zip(*rounds, strict=True))
    return [before, most, worked, answers, firsts, medians, lasts, max(row[3] for row in rounds)]


async def _round(client: httpx.AsyncClient, sockets: list[ClientConnection]) -> tuple[float, float, float, float]:
    """(the merge's answer, the first subscriber, the median one, the last one), in milliseconds from the sending."""
    pair = [await _contact(client) for _ in range(2)]
    begun = time.perf_counter()

    async def receive(socket: ClientConnection) -> float:
        message = json.loads(await socket.recv())
        assert message["type"] == "next", message
        return (time.perf_counter() - begun) * 1_000

    waiting = [asyncio.create_task(receive(socket)) for socket in sockets]
    await _merged(client, pair)
    answered = (time.perf_counter() - begun) * 1_000
    times = sorted(await asyncio.gather(*waiting))
    return answered, times[0], statistics.median(times), times[-1]


@asynccontextmanager
async def _subscribed(server: Server, token: str) -> AsyncIterator[ClientConnection]:
    url = f"{server.url.replace('http', 'ws', 1)}/graphql"
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(url, subprotocols=[protocol], proxy=None, compression=None, ping_interval=None) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": _MERGED}}))
        yield socket


async def _merged(client: httpx.AsyncClient, pair: list[str]) -> None:
    done = await _ask(client, _MERGE, input={"primaryContactId": pair[0], "sourceContactIds": pair[1:]})
    assert done["userErrors"] == []


async def _contact(client: httpx.AsyncClient) -> str:
    return str((await _ask(client, _MAKE))["contact"]["id"])


async def _ask(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    body = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    return next(iter(body["data"].values()))


async def _megabytes(client: httpx.AsyncClient) -> float:
    """Resident, as the server itself says."""
    return await _gauge(client, "process_resident_memory_bytes") / 1_048_576


async def _gauge(client: httpx.AsyncClient, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", (await client.get("/metrics")).text, re.M)
    assert found is not None
    return float(found[1])
