"""The life of a real `onefold serve`: ready or not, stopped in the middle, its database away and back, callers gone."""

import asyncio
import fcntl
import json
import os
import signal
import socket
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError

from db.engine import Database
from db.migrate import head_revision
from tests.support.postgres import PostgresServer
from tests.support.server import Server, free_port, run_onefold, running_server
from tests.support.sockets import open_socket

MAKE = "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } userErrors { code } } }"
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    merged { id } mergedContactIds userErrors { code } } }"""
RESOLVE = "query ($id: ID!) { resolveContact(id: $id) { status contact { id mergedContactIds } } }"
COUNT = "{ contacts(first: 1) { totalCount } }"


async def _send(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    body: dict[str, Any] = answer.json()
    return body


async def _contact(client: httpx.AsyncClient, name: str) -> str:
    body = await _send(client, MAKE, input={"name": name})
    return str(body["data"]["createContact"]["contact"]["id"])


async def _status(client: httpx.AsyncClient, path: str) -> tuple[int, dict[str, Any]]:
    answer = await client.get(path)
    body: dict[str, Any] = answer.json()
    return answer.status_code, body


async def test_health_and_readiness(database_url: str) -> None:
    """Without a key and without detail; readiness fails while the migrations are another version's."""
    async with running_server(database_url, script=database_url.startswith("sqlite")) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as anybody:
            assert await _status(anybody, "/healthz") == (200, {"status": "ok"})
            assert await _status(anybody, "/readyz") == (200, {"status": "ready"})
            assert (await anybody.head("/readyz")).status_code == 200
            for behind in ("0000", "9999"):
                await _set_revision(database_url, behind)
                status, body = await _status(anybody, "/readyz")
                assert status == 503
                assert body["status"] == "not ready"
                assert "onefold migrate" in body["reason"]
            assert await _status(anybody, "/healthz") == (200, {"status": "ok"}), "the process itself is well"
            await _set_revision(database_url, str(head_revision()))
            assert (await _status(anybody, "/readyz"))[0] == 200
        assert "Traceback" not in server.stderr


async def _set_revision(url: str, revision: str) -> None:
    database = Database(url)
    await database.write(lambda tx: tx.run(text(f"UPDATE alembic_version SET version_num = '{revision}'")))
    await database.close()


def _serve_each(urls: list[str], *, script: bool = False) -> list[subprocess.CompletedProcess[str]]:
    """`onefold serve` on databases that it must refuse, side by side."""

    def serve(url: str) -> subprocess.CompletedProcess[str]:
        return run_onefold("serve", "--port", str(free_port()), script=script, ONEFOLD_DATABASE_URL=url)

    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(serve, urls))


def test_serve_refuses_a_database_that_is_not_migrated(tmp_path: Path, postgres: PostgresServer) -> None:
    """It ends at once with a sentence that says what to do: no trace of the program, no port opened."""
    missing = tmp_path / "none" / "onefold.db"
    empty = tmp_path / "empty.db"
    sqlite3.connect(empty).close()
    urls = [f"sqlite+aiosqlite:///{missing}", f"sqlite+aiosqlite:///{empty}", postgres.url("postgres")]
    for url, done in zip(urls, _serve_each(urls[:1], script=True) + _serve_each(urls[1:]), strict=True):
        assert done.returncode == 1, url
        assert "onefold migrate" in done.stderr
        assert "Traceback" not in done.stderr
    assert not missing.parent.exists()


def test_serve_says_that_the_database_is_away(postgres: PostgresServer) -> None:
    """Nobody listens, or no such database: a sentence naming the setting, not a stack of calls."""
    urls = [PostgresServer(free_port(), Path()).url("x"), postgres.url("nobody_made_this")]
    for url, done in zip(urls, _serve_each(urls), strict=True):
        assert done.returncode in (1, 2), url
        assert "database does not answer" in done.stderr.replace("\n", " ")
        assert "Traceback" not in done.stderr


Blocker = Callable[[], Awaitable[None]]


async def _hold_merges(url: str) -> Blocker:
    """Takes the lock that every merge needs, from outside; the answer lets go of it."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.partition(":///")[2], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")

        async def let_go() -> None:
            connection.execute("ROLLBACK")
            connection.close()

        return let_go
    other = await asyncpg.connect(url.replace("+asyncpg", ""))
    transaction = other.transaction()
    await transaction.start()
    await other.execute("SELECT 1 FROM organization_lock FOR UPDATE")

    async def release() -> None:
        await transaction.rollback()
        await other.close()

    return release


async def _is_in_flight(server: Server, number: int = 1) -> None:
    """Returns once so many requests stand at the blocked lock: their connections have been read by the server."""
    if server.database_url.startswith("sqlite"):
        await _until(lambda: _lock_file_held(server))
        return
    other = await asyncpg.connect(server.database_url.replace("+asyncpg", ""))
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

    async def waiting() -> bool:
        return bool(await other.fetchval(sql) >= number)

    await _until(waiting)
    await other.close()


async def _lock_file_held(server: Server) -> bool:
    """Whether the server's writer has its turn (and so waits for the file that we hold)."""
    lock = os.open(f"{server.database_url.partition(':///')[2]}.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Asks another process again and again; it has no way to tell us."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_stopped_server_answers_what_it_has_begun(database_url: str) -> None:
    """SIGTERM while a merge is under way: the merge is answered and committed, new callers are turned away."""
    async with running_server(database_url) as server:
        async with server.client() as client:
            a, b = await _contact(client, "A"), await _contact(client, "B")
            let_go = await _hold_merges(database_url)
            given = {"primaryContactId": a, "sourceContactIds": [b]}
            merging = asyncio.create_task(_send(client, MERGE, input=given))
            await _is_in_flight(server)
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            await _until(lambda: _refuses(server))
            assert not merging.done()
            await let_go()
            body = await merging
            assert body["data"]["mergeContacts"] == {"merged": {"id": a}, "mergedContactIds": [b], "userErrors": []}
        assert await asyncio.to_thread(server.process.wait, 30) == 0
        assert "Traceback" not in server.stderr
    database = Database(database_url)
    merged = "SELECT count(*) FROM contact WHERE merged_into_id IS NOT NULL"
    assert await database.read(lambda tx: tx.row(text(merged))) == (1,)
    await database.close()


async def test_a_stopped_server_answers_what_runs_on_sockets(database_url: str) -> None:
    """Over WebSocket too the merge is answered before the socket closes with 1012; what comes meanwhile is refused."""
    async with running_server(database_url) as server, server.client() as client:
        a, b = await _contact(client, "A"), await _contact(client, "B")
        let_go = await _hold_merges(database_url)
        async with open_socket(server) as wire:
            given = {"primaryContactId": a, "sourceContactIds": [b]}
            await wire.send(_subscribe("subscription", "subscription { contactMerged { contactId } }"))
            await wire.send(_subscribe("merge", MERGE, input=given))
            await _is_in_flight(server)
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            await _until(lambda: _refuses(server))
            await wire.send(_subscribe("late", COUNT))
            late = json.loads(await wire.recv())
            assert (late["type"], late["payload"][0]["extensions"]["code"]) == ("error", "UNAVAILABLE")
            await let_go()
            said = [json.loads(message) async for message in _to_the_end(wire)]
        merged = {"merged": {"id": a}, "mergedContactIds": [b], "userErrors": []}
        answers = [message["payload"]["data"] for message in said if message["id"] == "merge" and "payload" in message]
        assert answers == [{"mergeContacts": merged}]
        assert [message["type"] for message in said if message["id"] == "merge"] == ["next", "complete"]
        assert "error" not in [message["type"] for message in said], "a subscription is begun again, not refused"
        assert wire.close_code == 1012
        assert await asyncio.to_thread(server.process.wait, 30) == 0
        assert "Traceback" not in server.stderr


async def test_a_server_is_interrupted(database_url: str) -> None:
    """Ctrl-C ends it as a shell expects, without a trace of the program."""
    async with running_server(database_url) as server:
        assert server.process is not None
        server.process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(server.process.wait, 30) == 130
        assert "Traceback" not in server.stderr


async def test_a_socket_that_hangs_up_in_the_middle(database_url: str) -> None:
    """The merge is whole or not done, and the repeat with the same key gives one answer either way."""
    async with running_server(database_url) as server, server.client() as client:
        a, b = await _contact(client, "A"), await _contact(client, "B")
        given = {"primaryContactId": a, "sourceContactIds": [b], "idempotencyKey": "once"}
        let_go = await _hold_merges(database_url)
        async with open_socket(server) as wire:
            await wire.send(_subscribe("merge", MERGE, input=given))
            await _is_in_flight(server)
            wire.transport.abort()
        await let_go()
        answers = [await _send(client, MERGE, input=given) for _ in range(2)]
        expected = {"merged": {"id": a}, "mergedContactIds": [b], "userErrors": []}
        assert [answer["data"]["mergeContacts"] for answer in answers] == [expected] * 2
        assert (await _send(client, COUNT))["data"]["contacts"]["totalCount"] == 1
        assert "Traceback" not in server.stderr


async def _to_the_end(wire: ClientConnection) -> AsyncIterator[str | bytes]:
    with suppress(ConnectionClosedError):
        async for message in wire:
            yield message


def _subscribe(name: str, query: str, **variables: Any) -> str:
    return json.dumps({"id": name, "type": "subscribe", "payload": {"query": query, "variables": variables}})


async def _refuses(server: Server) -> bool:
    try:
        with closing(socket.create_connection(("127.0.0.1", server.port), timeout=1)):
            return False
    except OSError:
        return True


async def test_a_client_that_leaves_in_the_middle(database_url: str) -> None:
    """The merge is whole or not done, and the repeat with the same key gives one answer either way."""
    async with running_server(database_url) as server, server.client() as client:
        a, b = await _contact(client, "A"), await _contact(client, "B")
        given = {"primaryContactId": a, "sourceContactIds": [b], "idempotencyKey": "once"}
        let_go = await _hold_merges(database_url)
        async with server.client() as leaving:
            sent = asyncio.create_task(_send(leaving, MERGE, input=given))
            await _is_in_flight(server)
            sent.cancel()
            await asyncio.gather(sent, return_exceptions=True)
        await let_go()
        answers = [await _send(client, MERGE, input=given) for _ in range(2)]
        expected = {"merged": {"id": a}, "mergedContactIds": [b], "userErrors": []}
        assert [answer["data"]["mergeContacts"] for answer in answers] == [expected] * 2
        found = await _send(client, RESOLVE, id=b)
        assert found["data"]["resolveContact"] == {"status": "MERGED", "contact": {"id": a, "mergedContactIds": [b]}}
        assert (await _send(client, COUNT))["data"]["contacts"]["totalCount"] == 1
        assert "Traceback" not in server.stderr
