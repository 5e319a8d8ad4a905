"""PostgreSQL stopped and started while a real `onefold serve` works with it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.acceptance.test_kill import check_tables
from tests.support.databases import copy_postgres, make_postgres_template
from tests.support.http_storm import EXPECTED, check_storm, make_contacts, storm
from tests.support.postgres import PostgresServer, running_postgres
from tests.support.server import Server, running_server

# What is acknowledged must outlive a crash of the server's processes (of the machine it need not: fsync is off).
_DURABLE = "-c fsync=off -c full_page_writes=off -c max_connections=60"
CONTACTS = 30
CLIENTS = 12
MAKE = "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } userErrors { code } } }"
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    merged { id } mergedContactIds userErrors { code } } }"""
COUNT = "{ contacts(first: 1) { totalCount } }"


async def _send(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    body: dict[str, Any] = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    return body


@asynccontextmanager
async def _own_cluster() -> AsyncIterator[tuple[PostgresServer, Server]]:
    with running_postgres(_DURABLE) as cluster:
        make_postgres_template(cluster)
        name = f"own_{uuid4().hex}"
        await copy_postgres(cluster, name)
        async with running_server(cluster.url(name)) as server:
            yield cluster, server


async def test_postgres_goes_away_and_comes_back() -> None:
    """UNAVAILABLE and 503 meanwhile, service afterwards, by the same process; nothing of the driver is told."""
    async with _own_cluster() as (cluster, server), server.client() as client:
        made = [(await _send(client, MAKE, input={"name": name}))["data"]["createContact"] for name in "AB"]
        a, b = (payload["contact"]["id"] for payload in made)
        await asyncio.gather(*(_send(client, COUNT) for _ in range(8)))  # several pooled connections
        await asyncio.to_thread(cluster.stop)
        given = {"primaryContactId": a, "sourceContactIds": [b], "idempotencyKey": "once"}
        for _ in range(3):
            body = await _send(client, MERGE, input=given)
            assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAVAILABLE"]
            assert "asyncpg" not in json.dumps(body)
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        await asyncio.to_thread(cluster.start)
        await server.wait_for("/readyz")
        body = await _send(client, MERGE, input=given)
        assert body["data"]["mergeContacts"]["mergedContactIds"] == [b]
        counts = await asyncio.gather(*(_send(client, COUNT) for _ in range(8)))
        assert [count["data"]["contacts"]["totalCount"] for count in counts] == [1] * 8
        assert server.process is not None
        assert server.process.poll() is None


async def test_nobody_notices_a_restart_between_requests() -> None:
    """What lies in the pool is dead then: each connection is tried before it is used, reading and writing."""
    async with _own_cluster() as (cluster, server), server.client() as client:
        for number in range(2):
            await asyncio.gather(*(_send(client, COUNT) for _ in range(8)), _send(client, MAKE, input={"name": "A"}))
            await asyncio.to_thread(cluster.stop)
            await asyncio.to_thread(cluster.start)
            body = await _send(client, MAKE, input={"name": "B"})
            assert body["data"]["createContact"]["userErrors"] == []
            counts = await asyncio.gather(*(_send(client, COUNT) for _ in range(8)))
            assert [count["data"]["contacts"]["totalCount"] for count in counts] == [2 * number + 2] * 8


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_postgres_is_restarted_under_load(mode: str) -> None:
    """Merges, undos and edits by many clients go on while PostgreSQL is restarted, in good order and as after a crash:
    the codes of busy storage and no other, nothing acknowledged lost, and every connection of the pool good again."""
    async with _own_cluster() as (cluster, server):
        ids = await make_contacts(server, CONTACTS)
        before = await storm(server, ids, clients=CLIENTS, acts=4, seed=1)
        during = asyncio.create_task(storm(server, ids, clients=CLIENTS, acts=40, seed=2))
        await asyncio.sleep(0.3)
        assert not during.done()
        await asyncio.to_thread(cluster.stop, mode)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(cluster.start)
        told = await during
        await server.wait_for("/readyz")
        after = await storm(server, ids, clients=CLIENTS, acts=8, seed=3)
        assert before.faults == after.faults == []
        assert told.faults, "the restart was not noticed: it tested nothing"
        codes = {error["extensions"]["code"] for fault in told.faults for error in fault["errors"]}
        assert codes == {"UNAVAILABLE"}
        assert set(told.refused + after.refused) <= EXPECTED
        before.keys += told.keys + after.keys
        await check_storm(server, before)
        assert "Traceback" not in server.stderr
        logged = [json.loads(line) for line in server.stderr.splitlines() if line.startswith("{")]
        assert {line["event"] for line in logged if line["level"] in ("error", "critical")} <= {"fault"}
        assert server.process is not None
        assert server.process.poll() is None
        await server.stop()
        await check_tables(server.database_url, server.org, CONTACTS)
