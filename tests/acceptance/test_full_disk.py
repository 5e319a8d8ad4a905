"""The disk fills up below a real `onefold serve`, and is emptied again."""

import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from db.engine import Database
from tests.support.databases import TEMPLATE, copy_sqlite, run_sql
from tests.support.postgres import PostgresServer
from tests.support.server import running_server
from tests.support.small_disk import fill, small_disk

MAKE = "mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } userErrors { code } } }"
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    merged { id } mergedContactIds userErrors { code } } }"""
COUNT = "{ contacts(first: 1) { totalCount } }"
_MEGABYTES = 48  # PostgreSQL's template takes some 12 of them


@asynccontextmanager
async def _sqlite(disk: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    yield copy_sqlite(request.getfixturevalue("sqlite_template"), disk)


@asynccontextmanager
async def _postgresql(disk: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A database whose files lie on the disk, and whose log lies elsewhere."""
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"full_{uuid4().hex}"
    place = disk / "tablespace"
    place.mkdir(mode=0o700)
    owner = (server.folder / "data").stat()
    os.chown(place, owner.st_uid, owner.st_gid)
    await run_sql(server.admin_url, f"CREATE TABLESPACE {name} LOCATION '{place}'")
    try:
        await run_sql(server.admin_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} TABLESPACE {name}")
        yield server.url(name)
    finally:
        await run_sql(server.admin_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await run_sql(server.admin_url, f"DROP TABLESPACE {name}")


@pytest.mark.parametrize(("place", "code"), [(_sqlite, "SQLITE_FULL"), (_postgresql, "53100")])
async def test_a_full_disk(request: pytest.FixtureRequest, place: Any, code: str) -> None:
    """UNAVAILABLE, whole, and the log says why; reads go on; what was answered is there; with room, service goes on."""
    with small_disk(_MEGABYTES) as disk:
        async with place(disk, request) as url, running_server(url, ONEFOLD_JOB_WORKERS="0") as server:
            async with server.client() as client:
                a, b = [await _make(client, {}) for _ in range(2)]
                filler = fill(disk)
                made = await _until_full(client)
                merge = {"primaryContactId": a, "sourceContactIds": [b], "idempotencyKey": "once"}
                assert (await _send(client, COUNT))["data"]["contacts"]["totalCount"] == 2 + len(made)
                assert [await _is_there(client, one) for one in (a, b, *made)] == [True] * (2 + len(made))
                assert (await client.get("/readyz")).status_code == 200
                assert f'"code":"{code}"' in server.stderr
                filler.unlink()
                merged = (await _send(client, MERGE, input=merge))["data"]["mergeContacts"]
                assert merged == {"merged": {"id": a}, "mergedContactIds": [b], "userErrors": []}
                made.append(await _make(client, _large()))
                assert (await _send(client, COUNT))["data"]["contacts"]["totalCount"] == 1 + len(made)
                assert "Traceback" not in server.stderr
            assert await server.stop() == 0
            await _check_whole(url)


async def _send(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    body: dict[str, Any] = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    return body


async def _make(client: httpx.AsyncClient, given: dict[str, Any]) -> str:
    body = await _send(client, MAKE, input=given)
    return str(body["data"]["createContact"]["contact"]["id"])


def _large() -> dict[str, Any]:
    """60 KB that no database can press together."""
    return {"metadata": {"noise": random.randbytes(30_000).hex()}}


async def _until_full(client: httpx.AsyncClient) -> list[str]:
    """Makes large contacts until one is refused, three times in a row; those that were made."""
    made: list[str] = []
    refused = 0
    while refused < 3:
        assert len(made) < 500, "the disk does not get full"
        body = await _send(client, MAKE, input=_large())
        if "errors" in body:
            assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAVAILABLE"], body
            refused += 1
        else:
            made.append(body["data"]["createContact"]["contact"]["id"])
            refused = 0
    return made


async def _is_there(client: httpx.AsyncClient, contact: str) -> bool:
    body = await _send(client, "query ($id: ID!) { contact(id: $id) { id metadata } }", id=contact)
    return bool(body["data"]["contact"]["id"] == contact)


async def _check_whole(url: str) -> None:
    database = Database(url)
    if database.dialect == "sqlite":
        assert await database.read(lambda tx: tx.row(text("PRAGMA integrity_check"))) == ("ok",)
    await database.close()
