"""kill -9 of a real `onefold import` in the middle of a file: run again, it goes on, and nothing is there twice."""

import asyncio
import json
from pathlib import Path

from sqlalchemy import func, select

from db.contacts import contact
from db.engine import Database
from db.imports import import_ref
from resolvers.ids import CONTACT, decode_id
from tests.support.forks import start_onefold
from tests.support.server import running_server

LINES = 20_000


async def _counts(db: Database) -> tuple[int, int]:
    """(contacts, refs) that are committed."""
    wanted = select(
        select(func.count()).select_from(contact).scalar_subquery(),
        select(func.count()).select_from(import_ref).scalar_subquery(),
    )
    (row,) = await db.read(lambda tx: tx.rows(wanted))
    return row[0], row[1]


async def test_a_killed_import_goes_on(database_url: str, tmp_path: Path) -> None:
    """Killed once some batches are on the disk: whole batches are there; the second run skips them and makes the rest;
    the map that it writes names every line's contact."""
    file, map_file = tmp_path / "people.csv", tmp_path / "map.jsonl"
    rows = (f"{number},Name {number},n{number}@x.example\n" for number in range(LINES))
    file.write_text("ref,name,email\n" + "".join(rows))
    db = Database(database_url)
    async with running_server(database_url, start=False) as server:
        command = ["import", str(file), "--org", server.org]
        with (tmp_path / "said").open("wb") as said_first:
            first = start_onefold(*command, cwd=tmp_path, env=server.environment, stdout=said_first, stderr=said_first)
        # Nothing tells another process that a batch is written.
        while (await _counts(db))[0] == 0 and first.poll() is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        first.kill()
        await asyncio.to_thread(first.wait, 30)
        landed, refs = await _counts(db)
        assert 0 < landed == refs < LINES, "the kill came too late: it tested nothing"
        said = json.loads(server.onefold(*command, "--map", str(map_file), "--json").stdout)
        assert (said["created"], said["skipped"], said["failed"]) == (LINES - landed, landed, 0)
        assert await _counts(db) == (LINES, LINES)
    await db.close()
    entries = [json.loads(line) for line in map_file.read_text().splitlines()]
    assert [entry["ref"] for entry in entries] == [str(number) for number in range(LINES)]
    assert len({decode_id(CONTACT, entry["contactId"]) for entry in entries}) == LINES
