"""(k) Thousands of merges of conversations as a job of a real server: how many groups a second, what other requests
notice of it, and whether its memory is flat; and the first page of a thread that was merged from large ones."""

import asyncio
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from db.bulk import encode, insert_encoded
from db.conversations import conversation, message
from db.engine import Database, Transaction
from db.migrate import migrate
from gateway.upgrading import upgrade
from resolvers.conversations.merge_request import ThreadRequest
from resolvers.conversations.merging import merge_conversations
from resolvers.conversations.reading import messages_of_conversations
from resolvers.conversations.writing import conversation_values
from resolvers.ids import CONTACT, CONVERSATION, ORGANIZATION, decode_id, encode_id
from resolvers.paging import PageArguments
from tests.benchmarks.measure import show
from tests.benchmarks.organisation import Organisation, fill
from tests.support.server import Server, running_server

_START = """mutation ($input: MergeConversationsInBulkInput!) { mergeConversationsInBulk(input: $input) {
    job { id } userErrors { message } } }"""
_LOOK = "query ($id: ID!) { job(id: $id) { status done failed startedAt finishedAt } }"
_READ = "query ($id: ID!) { contact(id: $id) { id name email labels { name } } }"
_EDIT = """mutation ($input: UpdateContactInput!) { updateContact(input: $input) {
    contact { id } userErrors { message } } }"""
_SOURCES, _READS = 50, 20


async def measure_bulk(urls: dict[str, str], groups: int) -> None:
    """So many groups of three conversations, on each database in turn."""
    rows: list[list[object]] = []
    for name, url in urls.items():
        database = Database(url)
        try:
            await upgrade(database, lambda _made: None)
            async with running_server(url, script=True) as server:
                rows.append([name, groups, *await _one_job(server, database, groups)])
        finally:
            await database.close()
    head = ["database", "groups", "groups/s", "MB before", "MB most", "read p99 quiet", "busy", "x", "edit p99 quiet"]
    show("(k) groups of three conversations, as a job", [*head, "busy", "x"], rows)


async def _one_job(server: Server, database: Database, groups: int) -> list[object]:
    org_id = decode_id(ORGANIZATION, server.org)
    assert org_id is not None
    async with server.client() as client:
        contact, *owners = [await _contact(client) for _ in range(101)]
        ids = await _conversations(database, org_id, owners, groups)
        await _analyse(database)
        quiet = await _others(client, contact, asyncio.create_task(asyncio.sleep(max(3.0, groups / 1_000))))
        before = _megabytes(server)
        named = [
            {"primaryConversationId": one, "sourceConversationIds": [two, three]}
            for one, two, three in zip(ids[::3], ids[1::3], ids[2::3], strict=True)
        ]
        job = (await _ask(client, _START, input={"groups": named}))["job"]["id"]
        busy = await _others(client, contact, asyncio.create_task(_until_over(client, job)))
        done = await _ask(client, _LOOK, id=job)
    assert (done["status"], done["done"], done["failed"]) == ("SUCCEEDED", groups, 0), done
    seconds = (_moment(done["finishedAt"]) - _moment(done["startedAt"])).total_seconds()
    found: list[object] = [groups / seconds, before, _megabytes(server)]
    for still, moving in zip(quiet, busy, strict=True):
        found += [still, moving, moving / still]
    return found


async def _others(client: httpx.AsyncClient, contact: str, while_: asyncio.Task[None]) -> list[float]:
    """The 99th percentile in milliseconds of reading a contact and of editing it, one after the other, meanwhile."""
    reads, edits = [], []
    number = 0
    while not while_.done():
        number += 1
        reads.append(await _timed(lambda: _ask(client, _READ, id=contact)))
        given = {"id": contact, "customAttributes": {"n": number}}
        edits.append(await _timed(lambda given=given: _ask(client, _EDIT, input=given)))  # type: ignore[misc]
        await asyncio.sleep(0.01)
    await while_
    return [statistics.quantiles(found, n=100)[98] for found in (reads, edits)]


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await act()
    return (time.perf_counter() - begun) * 1_000


async def _until_over(client: httpx.AsyncClient, job: str) -> None:
    while (await _ask(client, _LOOK, id=job))["status"] in ("QUEUED", "RUNNING"):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.25)


async def _ask(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    body = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in body, body
    return next(iter(body["data"].values()))


async def _contact(client: httpx.AsyncClient) -> str:
    made = 'mutation { createContact(input: {name: "Ann", email: "ann@lee.example"}) { contact { id } } }'
    return str((await _ask(client, made))["contact"]["id"])


async def _conversations(database: Database, org_id: UUID, owners: list[str], groups: int) -> list[str]:
    """Three for each group, all of one contact."""
    made = [_uuid7(number) for number in range(3 * groups)]
    each = len(made) // len(owners) // 3 * 3
    for place, contact in enumerate(owners):
        owner = decode_id(CONTACT, contact)
        assert owner is not None
        some = made[place * each : (place + 1) * each if contact != owners[-1] else None]
        await database.write(lambda tx, of=owner, some=some: _write_conversations(tx, org_id, of, some))  # type: ignore[misc]
    return [encode_id(CONVERSATION, one) for one in made]


async def _write_conversations(tx: Transaction, org_id: UUID, owner: UUID, ids: list[UUID]) -> None:
    at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    values: dict[str, object] = {"subject": "Hello", "status": "OPEN", "channel_type": "EMAIL", "tags": []}
    values |= {"assignee": None, "created_at": at, "updated_at": at}
    rows = [conversation_values(values, org_id, one, owner) for one in ids]
    await insert_encoded(tx, conversation, encode(conversation, tx.dialect, rows))


async def _analyse(database: Database) -> None:
    """What PostgreSQL's autovacuum does within a minute of such a load."""
    if database.dialect == "postgresql":
        async with database.engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))


def _uuid7(number: int) -> UUID:
    return UUID(int=0x019B0000_0000_7000_8000_000000000000 + number)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _megabytes(server: Server) -> float:
    """The most memory that the server has had so far."""
    assert isinstance(server.process, subprocess.Popen)
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1_024


async def measure_threads(folder: Path, urls: dict[str, str], each: int) -> None:
    """`each`: messages of each of 50 conversations that are read as one, beside one that nothing was merged into."""
    rows: list[list[object]] = []
    for name, url in urls.items():
        db = Database(url)
        try:
            await migrate(db)
            organisation = await fill(db, folder, 2)
            ids = [organisation.act.new_id() for _ in range(_SOURCES + 2)]
            await _threads(organisation, ids, each)
            await merge_conversations(db, organisation.act, ThreadRequest(ids[0], tuple(ids[1:-1])))
            plain, merged = await _timed_first_pages(organisation, [ids[-1], ids[0]])
            rows.append([name, _SOURCES * each, plain, merged, merged / plain])
        finally:
            await db.close()
    show("    the first page of a thread", ["database", "messages", "ms plain", "ms merged", "x"], rows)


async def _threads(organisation: Organisation, ids: list[UUID], each: int) -> None:
    org_id, owner = organisation.org_id, organisation.ids[0]
    await organisation.db.write(lambda tx: _write_conversations(tx, org_id, owner, ids))
    for one in ids:
        await _say(organisation, one, each)


async def _say(organisation: Organisation, thread: UUID, number: int) -> None:
    act = organisation.act
    rows = [
        {
            "org_id": organisation.org_id,
            "id": act.new_id(),
            "conversation_id": thread,
            "body": f"What was said at {place}.",
            "author": "CONTACT",
            "author_name": None,
            "internal": False,
            "created_at": act.now - timedelta(minutes=place),
        }
        for place in range(number)
    ]
    await organisation.db.write(lambda tx: insert_encoded(tx, message, encode(message, tx.dialect, rows)))


async def _timed_first_pages(organisation: Organisation, threads: list[UUID]) -> list[float]:
    times: list[list[float]] = [[] for _ in threads]
    page = PageArguments(20, backward=False, after=None, before=None)
    for _ in range(_READS + 1):
        for place, thread in enumerate(threads):
            begun = time.perf_counter()
            await messages_of_conversations(organisation.db, organisation.act, [thread], page)
            times[place].append((time.perf_counter() - begun) * 1_000)
    return [statistics.median(found[1:]) for found in times]
