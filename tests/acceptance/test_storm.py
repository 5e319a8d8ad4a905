"""Merges, undos and edits of the same contacts by many clients of a real server, and kill -9 in the middle of them."""

import asyncio
import json
import random

import pytest

from tests.acceptance.test_kill import check_tables
from tests.support.http_storm import EXPECTED, Told, check_storm, make_contacts, storm
from tests.support.server import Server, running_server

CONTACTS = 60
CLIENTS = 32


def _check_told(server: Server, told: Told) -> None:
    """No fault and no deadlock: refusals are all that may come back."""
    assert told.faults == []
    assert set(told.refused) <= EXPECTED
    assert {"mergeContacts", "undoMerge", "updateContact"} <= set(told.done)
    logged = [json.loads(line) for line in server.stderr.splitlines() if line.startswith("{")]
    assert [line for line in logged if line["level"] in ("error", "critical")] == []
    assert "deadlock" not in server.stderr.lower()


async def _storm(database_url: str, acts: int, seed: int) -> None:
    async with running_server(database_url) as server:
        ids = await make_contacts(server, CONTACTS)
        told = await storm(server, ids, clients=CLIENTS, acts=acts, seed=seed)
        await check_storm(server, told)
        _check_told(server, told)
        await server.stop()
        await check_tables(database_url, server.org, CONTACTS)


async def _kills(database_url: str, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    kept = Told([])
    async with running_server(database_url) as server:
        kept.ids = await make_contacts(server, CONTACTS)
        for number in range(rounds):
            sending = asyncio.create_task(storm(server, kept.ids, clients=8, acts=1_000, seed=seed + number))
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            await server.kill()
            told = await sending
            kept.keys += told.keys
            assert told.done, "the kill came before anything was acknowledged: it tested nothing"
            await server.start()
            await check_storm(server, kept)
        await server.stop()
        await check_tables(database_url, server.org, CONTACTS)


async def test_a_storm_over_http(database_url: str) -> None:
    """32 clients on 60 contacts."""
    await _storm(database_url, 5, 1)


async def test_kill_in_the_middle_of_undos(database_url: str) -> None:
    """Nothing acknowledged is lost, nothing is half done."""
    await _kills(database_url, 1, 11)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", [2, 3, 4])
async def test_a_long_storm_over_http(database_url: str, seed: int) -> None:
    """The same for longer."""
    await _storm(database_url, 80, seed)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
async def test_twenty_kills(database_url: str) -> None:
    """The same for longer."""
    await _kills(database_url, 20, 31)
