"""Real workers on a real job: killed in the middle, stopped, several at once; each group is merged once."""

import asyncio
import signal
from typing import Any

from sqlalchemy import func, select

from db.engine import Database
from db.merges import merge_event
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.ids import ORGANIZATION, decode_id
from tests.db.world import World, check_invariants
from tests.support.api import Clock
from tests.support.forks import Forked, start_onefold
from tests.support.server import Server, running_server

GROUPS = 600
MAKE = """mutation ($input: ImportContactsInput!) { importContacts(input: $input) {
    results { contact { id } userErrors { code message } } } }"""
START = """mutation ($input: MergeContactsInBulkInput!) { mergeContactsInBulk(input: $input) {
    job { id status } userErrors { code message } } }"""
LOOK = "query ($id: ID!) { job(id: $id) { status total done failed errors { totalCount } } }"


async def ask(server: Server, query: str, **variables: Any) -> Any:
    """The first field of an answer without errors."""
    async with server.client() as client:
        body = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in body, body
    return next(iter(body["data"].values()))


async def pairs(server: Server, number: int) -> list[dict[str, Any]]:
    """Groups of two contacts each."""
    ids: list[str] = []
    for start in range(0, 2 * number, 500):
        rows = [{"name": f"N{n}", "email": f"n{n}@x.example"} for n in range(start, min(start + 500, 2 * number))]
        ids += [one["contact"]["id"] for one in (await ask(server, MAKE, input={"contacts": rows}))["results"]]
    return [
        {"primaryContactId": one, "sourceContactIds": [other]} for one, other in zip(ids[::2], ids[1::2], strict=True)
    ]


async def until(server: Server, job: str, done: int) -> dict[str, Any]:
    """The job once so much of it is done, or it is over."""
    async with asyncio.timeout(90):
        while True:
            found: dict[str, Any] = await ask(server, LOOK, id=job)
            if found["done"] >= done or found["status"] not in ("QUEUED", "RUNNING"):
                return found
            await asyncio.sleep(0.02)  # nothing tells another process how far a job is


def worker(server: Server, name: str) -> Any:
    """A process of `onefold worker`."""
    log = (server.folder / f"{name}.log").open("wb")
    return start_onefold("worker", cwd=server.folder, env=server.environment, stdout=log, stderr=log)


async def end(process: Forked, how: signal.Signals) -> int:
    """Its exit code."""
    process.send_signal(how)
    return await asyncio.to_thread(process.wait, 30)


async def check(server: Server) -> None:
    """Every group merged by one merge, and nothing half done."""
    db = Database(server.database_url)
    try:
        org_id = decode_id(ORGANIZATION, server.org)
        assert org_id is not None
        clock = Clock()
        act = Act(Actor(org_id, "tests", (org_id,), ALL_SCOPES), clock(), lambda: org_id)
        counted = select(func.count()).select_from(merge_event).where(merge_event.c.org_id == org_id)
        assert await db.read(lambda tx: tx.rows(counted)) == [(GROUPS,)]
        await check_invariants(World(db, org_id, act, [org_id]))
    finally:
        await db.close()


async def test_a_killed_worker_is_replaced_and_nothing_is_done_twice(database_url: str) -> None:
    """SIGKILL in the middle; two others go on once its lease is over."""
    async with running_server(database_url, ONEFOLD_JOB_WORKERS="0", ONEFOLD_JOB_LEASE_SECONDS="1") as server:
        groups = await pairs(server, GROUPS)
        job = (await ask(server, START, input={"groups": groups}))["job"]["id"]
        first = worker(server, "first")
        torn = await until(server, job, 20)
        await end(first, signal.SIGKILL)
        assert torn["status"] == "RUNNING", "it was killed in the middle"
        others = [worker(server, name) for name in ("second", "third")]
        done = await until(server, job, GROUPS)
        assert (done["status"], done["done"], done["failed"]) == ("SUCCEEDED", GROUPS, 0)
        assert [await end(one, signal.SIGTERM) for one in others] == [0, 0]
    await check(server)


async def test_a_server_works_on_jobs_and_hands_them_back_when_it_is_told_to_stop(database_url: str) -> None:
    """SIGTERM in the middle leaves no lease: the next server goes on at once, though leases last 30 seconds."""
    async with running_server(database_url) as server:
        groups = await pairs(server, GROUPS)
        job = (await ask(server, START, input={"groups": groups}))["job"]["id"]
        await until(server, job, 20)
        await server.stop()
        await server.start()
        done = await until(server, job, GROUPS)
        assert (done["status"], done["done"], done["failed"]) == ("SUCCEEDED", GROUPS, 0)
    await check(server)
