"""A backup made while a real server merges in a loop: whole, current, and served by another server, old ids and all."""

import asyncio
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.support.server import Server, running_server

MAKE = """mutation ($input: ImportContactsInput!) { importContacts(input: $input) {
    results { contact { id } userErrors { code message } } } }"""
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    mergedContactIds userErrors { code } } }"""
COUNT = "{ contacts(first: 1) { totalCount } }"
PAIRS = 150  # contacts made at once: twice as many
BEFORE, AFTER = 20, 20  # merges answered before the backup begins, and at least so many while it runs or after


async def _ask(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def _pairs(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    rows = [{"name": f"{what} {n}"} for n in range(PAIRS) for what in ("Primary", "Source")]
    results = (await _ask(client, MAKE, input={"contacts": rows}))["importContacts"]["results"]
    ids = [result["contact"]["id"] for result in results]
    return list(zip(ids[::2], ids[1::2], strict=True))


async def _led(client: httpx.AsyncClient, ids: list[str]) -> list[Any]:
    """What each of these ids leads to, 25 to a request."""
    found: list[Any] = []
    for start in range(0, len(ids), 25):
        asked = enumerate(ids[start : start + 25])
        fields = " ".join(f'a{n}: resolveContact(id: "{id_}") {{ status contact {{ id }} }}' for n, id_ in asked)
        found += (await _ask(client, f"{{ {fields} }}")).values()
    return found


def _restore(url: str, copy: Path) -> str:
    """The address of a database that the backup was restored to."""
    if url.startswith("sqlite"):
        return f"sqlite+aiosqlite:///{copy}"
    server, _, name = url.replace("+asyncpg", "").rpartition("/")
    subprocess.run(["createdb", f"--maintenance-db={server}/postgres", f"{name}_b"], check=True)
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={server}/{name}_b", copy], check=True)
    return f"{url}_b"


async def _back_up_amid_merges(server: Server, copy: Path, pairs: list[tuple[str, str]]) -> tuple[int, int]:
    """(merges answered before the backup began, in all): those before must be in the copy, all others may."""
    begun = asyncio.Event()
    done = asyncio.Event()
    answered = 0

    async def merge() -> None:
        nonlocal answered
        async with server.client() as client:
            for primary, source in pairs:
                given = {"primaryContactId": primary, "sourceContactIds": [source]}
                payload = (await _ask(client, MERGE, input=given))["mergeContacts"]
                assert payload == {"mergedContactIds": [source], "userErrors": []}
                answered += 1
                if answered >= BEFORE:
                    begun.set()
                if done.is_set() and answered >= before + AFTER:
                    return

    before = 0
    merging = asyncio.create_task(merge())
    await asyncio.wait({merging, asyncio.create_task(begun.wait())}, return_when=asyncio.FIRST_COMPLETED)
    before = answered
    await asyncio.to_thread(server.onefold, "backup", str(copy))
    done.set()
    await merging
    return before, answered


async def test_a_backup_amid_merges(database_url: str, tmp_path: Path) -> None:
    """What was answered before the backup began is in it; each merge is in it whole or not at all."""
    copy = tmp_path / "copy.backup"
    async with running_server(database_url) as server:
        async with server.client() as client:
            pairs = await _pairs(client)
        before, answered = await _back_up_amid_merges(server, copy, pairs)
        assert answered > before >= BEFORE
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(copy)) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
    url = await asyncio.to_thread(_restore, database_url, copy)
    async with running_server(url) as again:  # it starts: the migrations of the copy are current
        again.token = server.token
        async with again.client() as client:
            led = await _led(client, [source for _, source in pairs])
            count = (await _ask(client, COUNT))["contacts"]["totalCount"]
    merged = [index for index, found in enumerate(led) if found["status"] == "MERGED"]
    assert merged == list(range(len(merged))), "merges are there in the order in which they were answered"
    assert before <= len(merged) <= answered
    assert count == 2 * PAIRS - len(merged)
    assert [led[index]["contact"]["id"] for index in merged] == [pairs[index][0] for index in merged]
