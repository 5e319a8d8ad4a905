"""kill -9 of a real `onefold import` in the middle of a file: run again, it goes on, and nothing is there twice."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

from sqlalchemy import func, select

from db.contacts import contact
from db.engine import Database
from db.imports import import_ref
from gateway.line_readers import POOL_FROM_BYTES, READERS
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


def _forks_of(pid: int) -> set[Path]:
    """Processes whose parent it is, as /proc has them; none where there is no /proc."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.add(stat.parent)
    return found


async def _end(processes: set[Path]) -> bool:
    """Whether they end within some seconds."""
    for _ in range(500):
        if not any(_runs(process) for process in processes):
            return True
        await asyncio.sleep(0.02)
    return False


def _runs(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_killed_import_goes_on(database_url: str, tmp_path: Path) -> None:
    """Killed once some batches are on the disk: whole batches are there, and the processes that read for it are gone;
    the second run skips them and makes the rest; the map that it writes names every line's contact."""
    file, map_file = tmp_path / "people.csv", tmp_path / "map.jsonl"
    rows = (f"{number},Name {number},n{number}@x.example,{'x' * 80}\n" for number in range(LINES))
    file.write_text("ref,name,email,title\n" + "".join(rows))
    assert file.stat().st_size > POOL_FROM_BYTES
    db = Database(database_url)
    async with running_server(database_url, start=False) as server:
        command = ["import", str(file), "--org", server.org]
        with (tmp_path / "said").open("wb") as said_first:
            first = start_onefold(*command, cwd=tmp_path, env=server.environment, stdout=said_first, stderr=said_first)
        # Nothing tells another process that a batch is written.
        while (await _counts(db))[0] == 0 and first.poll() is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        readers = _forks_of(first.pid)
        assert len(readers) == READERS or sys.platform != "linux"
        first.kill()
        await asyncio.to_thread(first.wait, 30)
        assert await _end(readers)
        landed, refs = await _counts(db)
        assert 0 < landed == refs < LINES, "the kill came too late: it tested nothing"
        said = json.loads(server.onefold(*command, "--map", str(map_file), "--json").stdout)
        assert (said["created"], said["skipped"], said["failed"]) == (LINES - landed, landed, 0)
        assert await _counts(db) == (LINES, LINES)
    await db.close()
    entries = [json.loads(line) for line in map_file.read_text().splitlines()]
    assert [entry["ref"] for entry in entries] == [str(number) for number in range(LINES)]
    assert len({decode_id(CONTACT, entry["contactId"]) for entry in entries}) == LINES
