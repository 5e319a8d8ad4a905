"""kill -9 of the real server during merges over real HTTP: what was acknowledged is there, nothing is half done."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from db.engine import Database
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.ids import ORGANIZATION, decode_id
from tests.db.world import World, check_invariants
from tests.support.api import Clock
from tests.support.server import Server, running_server

ROUNDS = 3
CLIENTS = 4
PAIRS = 20  # a round
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    merged { id } mergedContactIds merge { id } userErrors { code contactId } } }"""
MAKE = """mutation ($input: ImportContactsInput!) { importContacts(input: $input) {
    results { contact { id } userErrors { code message } } } }"""
LOOK = """query ($source: ID!, $primary: ID!) {
    gone: contact(id: $source) { id }
    alive: contact(id: $primary) { id name phone mergedContactIds }
    led: resolveContact(id: $source) { status contact { id } path { id } } }"""


@dataclass
class Pair:
    """A source that one client merges into a primary; `answer` once the server has acknowledged it."""

    primary: str
    source: str
    key: str
    answer: dict[str, Any] | None = None


@dataclass
class Round:
    """The pairs of a round, and how many merges were acknowledged before the kill."""

    pairs: list[Pair]
    acknowledged: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)


async def _ask(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    body: dict[str, Any] = answer.json()
    assert "errors" not in body, body
    data: dict[str, Any] = body["data"]
    return data


async def _pairs(client: httpx.AsyncClient, number: int) -> list[Pair]:
    rows = []
    for index in range(PAIRS):
        rows += [{"name": f"Primary {number}-{index}"}, {"name": "Source", "phone": f"+4930{number}{index:05}"}]
    results = (await _ask(client, MAKE, input={"contacts": rows}))["importContacts"]["results"]
    ids = [result["contact"]["id"] for result in results]
    return [Pair(ids[2 * i], ids[2 * i + 1], f"key-{number}-{i}") for i in range(PAIRS)]


async def _merge(client: httpx.AsyncClient, pair: Pair) -> dict[str, Any]:
    given = {"primaryContactId": pair.primary, "sourceContactIds": [pair.source], "idempotencyKey": pair.key}
    payload: dict[str, Any] = (await _ask(client, MERGE, input=given))["mergeContacts"]
    assert payload["userErrors"] == []
    return payload


async def _send_until_killed(server: Server, this: Round, mine: list[Pair], kill_after: int) -> None:
    async with server.client() as client:
        for pair in mine:
            try:
                pair.answer = await _merge(client, pair)
            except httpx.TransportError:
                return
            this.acknowledged += 1
            if this.acknowledged >= kill_after:
                this.enough.set()


async def _round(server: Server, number: int, chance: random.Random) -> Round:
    """Merges from several clients, and the kill as soon as some of them have been acknowledged."""
    async with server.client() as client:
        this = Round(await _pairs(client, number))
    kill_after = chance.randrange(1, PAIRS // 2)
    sending = [
        asyncio.create_task(_send_until_killed(server, this, this.pairs[index::CLIENTS], kill_after))
        for index in range(CLIENTS)
    ]
    await this.enough.wait()
    for _ in range(chance.randrange(30)):
        await asyncio.sleep(0)
    await server.kill()
    await asyncio.gather(*sending)
    return this


async def _check(client: httpx.AsyncClient, pair: Pair) -> None:
    """Whole, or not done; acknowledged: done. The repeat gives the same answer, or does it now."""
    before = await _ask(client, LOOK, source=pair.source, primary=pair.primary)
    if pair.answer is not None:
        assert before["led"]["status"] == "MERGED"
    done = before["led"]["status"] == "MERGED"
    if done:
        _check_merged(before, pair)
    else:
        assert (before["gone"]["id"], before["alive"]["mergedContactIds"]) == (pair.source, [])
        assert before["alive"]["phone"] is None
    again = await _merge(client, pair)
    assert again["mergedContactIds"] == [pair.source]
    if pair.answer is not None:
        assert again == pair.answer
    if done:
        assert [again["merge"]] == before["led"]["path"]
    _check_merged(await _ask(client, LOOK, source=pair.source, primary=pair.primary), pair)


def _check_merged(found: dict[str, Any], pair: Pair) -> None:
    assert found["gone"] is None
    assert found["led"]["contact"] == {"id": pair.primary}
    assert found["alive"]["mergedContactIds"] == [pair.source]
    assert found["alive"]["phone"] is not None, "the survivor's values are written with the pointers"


async def test_nothing_acknowledged_is_lost(database_url: str) -> None:
    """Several rounds of SIGKILL in the middle of merges, each followed by a restart on the same database."""
    chance = random.Random(7)
    torn = 0
    async with running_server(database_url) as server:
        for number in range(ROUNDS):
            this = await _round(server, number, chance)
            await server.start()
            torn += sum(pair.answer is None for pair in this.pairs)
            async with server.client() as client:
                for start in range(0, PAIRS, CLIENTS):
                    await asyncio.gather(*(_check(client, pair) for pair in this.pairs[start : start + CLIENTS]))
        assert torn > 0, "every kill came when all was done: it tested nothing"
        assert await server.stop() == 0
        await check_tables(database_url, server.org, 2 * PAIRS * ROUNDS)


async def check_tables(database_url: str, org: str, contacts: int) -> None:
    """The same invariants that the storms of tests/db check, on what is left."""
    db = Database(database_url)
    org_id = decode_id(ORGANIZATION, org)
    assert org_id is not None
    clock = Clock()
    world = World(db, org_id, Act(Actor(org_id, None, (org_id,), ALL_SCOPES), clock(), lambda: org_id))
    await check_invariants(world)
    assert len(await world.rows()) == contacts
    await db.close()
