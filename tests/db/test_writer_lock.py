"""SQLite's writers take turns: fairly in one process, by the kernel's queue between processes."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import Database, EngineOptions, Transaction
from db.faults import StorageUnavailable
from db.writer_lock import WriterLock

ADDS = 60

# Adds to one number, reading first: a writer that did not wait its turn would lose the other's additions.
ADDER = """
import asyncio, sys
from sqlalchemy import text
from db.engine import Database

async def add(tx):
    value = (await tx.row(text("SELECT value FROM counter")))[0]
    await tx.run(text("UPDATE counter SET value = :value"), {"value": value + 1})

async def main():
    db = Database(sys.argv[1])
    await asyncio.gather(*(db.write(add) for _ in range(int(sys.argv[2]))))
    await db.close()

asyncio.run(main())
"""

# Holds the lock until it is killed; says so first.
HOLDER = """
import asyncio, sys
from pathlib import Path
from db.writer_lock import WriterLock

async def main():
    async with WriterLock(Path(sys.argv[1]), 5).held():
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_writers_of_one_process_come_in_the_order_of_asking(sqlite_url: str) -> None:
    """First come, first served, and never two at once."""
    db = Database(sqlite_url)
    order: list[int] = []
    inside = 0

    async def write(number: int) -> None:
        async def work(tx: Transaction) -> None:
            nonlocal inside
            inside += 1
            assert inside == 1
            await tx.rows(text("SELECT 1"))
            order.append(number)
            inside -= 1

        await db.write(work)

    await asyncio.gather(*(write(number) for number in range(30)))
    assert order == list(range(30))
    await db.close()


async def test_two_processes_lose_nothing(sqlite_url: str) -> None:
    """Read, then write, from two processes at once: every addition is there."""
    db = Database(sqlite_url)
    await db.write(lambda tx: tx.run(text("CREATE TABLE counter (value INTEGER)")))
    await db.write(lambda tx: tx.run(text("INSERT INTO counter VALUES (0)")))
    running = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", ADDER, sqlite_url, str(ADDS), stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in running:
        _, complaint = await process.communicate()
        assert process.returncode == 0, complaint
    assert await db.read(lambda tx: tx.row(text("SELECT value FROM counter"))) == (2 * ADDS,)
    await db.close()


@asynccontextmanager
async def _holder(path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process that has the lock."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


def _waiting_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "onefold-writer-lock"]


async def test_a_writer_that_waits_too_long_gives_up_for_good(tmp_path: Path) -> None:
    """It raises StorageUnavailable, and a lock that the kernel grants it later is not kept."""
    path = tmp_path / "a.lock"
    lock = WriterLock(path, 0.05)
    async with _holder(path) as holder:
        for _ in range(2):
            with pytest.raises(StorageUnavailable):
                async with lock.held():
                    raise AssertionError("another process has it")
        waiting = _waiting_threads()
        assert len(waiting) == 2
        holder.kill()
        await holder.wait()
        for thread in waiting:
            await asyncio.to_thread(thread.join)
    other = WriterLock(path, 5)
    async with other.held():
        pass
    other.close()
    async with lock.held():
        pass
    lock.close()


async def test_a_lock_whose_holder_is_killed_goes_to_the_next(tmp_path: Path) -> None:
    """kill -9 of the holder: the writer that waits in the kernel's queue gets it."""
    path = tmp_path / "a.lock"
    lock = WriterLock(path, 20)
    async with _holder(path) as holder:
        entered = asyncio.Event()

        async def write() -> None:
            async with lock.held():
                entered.set()

        writing = asyncio.create_task(write())
        while not _waiting_threads():  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert not entered.is_set()
        holder.kill()
        await writing
        assert entered.is_set()
    lock.close()


async def test_a_database_with_the_lock_held_elsewhere_is_unavailable(sqlite_url: str, sqlite_path: Path) -> None:
    """The writer is told within writer_timeout; readers do not notice; afterwards writing works."""
    db = Database(sqlite_url, EngineOptions(writer_timeout=0.05))
    async with _holder(Path(f"{sqlite_path}.lock")) as holder:
        with pytest.raises(StorageUnavailable):
            await db.write(lambda tx: tx.run(text("SELECT 1")))
        assert await db.read(lambda tx: tx.row(text("SELECT count(*) FROM contact"))) == (0,)
        waiting = _waiting_threads()
        holder.kill()
        await holder.wait()
        for thread in waiting:
            await asyncio.to_thread(thread.join)
    await db.write(lambda tx: tx.run(text("SELECT 1")))
    await db.close()


async def test_a_queue_that_stands_still_is_unavailable(tmp_path: Path) -> None:
    """Inside the process too: the second gives up, the third gets its turn when the first is done."""
    lock = WriterLock(tmp_path / "a.lock", 0.05)
    async with lock.held():
        with pytest.raises(StorageUnavailable):
            async with lock.held():
                raise AssertionError("the first has it")
    async with lock.held():
        pass
    lock.close()


async def test_a_cancelled_waiter_does_not_take_the_lock_with_it(tmp_path: Path) -> None:
    """A command that is stopped while it waits (`onefold migrate`): the lock is free once the holder is gone."""
    path = tmp_path / "a.lock"
    lock = WriterLock(path, 20)

    async def wait() -> None:
        async with lock.held():
            raise AssertionError("another process has it")

    async with _holder(path) as holder:
        waiter = asyncio.create_task(wait())
        while not (waiting := _waiting_threads()):  # noqa: ASYNC110
            await asyncio.sleep(0)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        holder.kill()
        await holder.wait()
        await asyncio.to_thread(waiting[0].join)
    other = WriterLock(path, 1)
    async with other.held():
        pass
    other.close()
    lock.close()


async def test_the_lock_file_is_the_owner_s_alone(tmp_path: Path) -> None:
    """It stands beside the database, readable by nobody else, and no child process inherits it."""
    path = tmp_path / "a.lock"
    lock = WriterLock(path, 1)
    async with lock.held():
        assert lock._file is not None
        assert os.fstat(lock._file).st_mode & 0o777 == 0o600
        assert not os.get_inheritable(lock._file)
    lock.close()
