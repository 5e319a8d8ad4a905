"""One writer at a time on SQLite, first come first served, in this process and between processes.

SQLite's own waiting is a poll with back-off: with four processes its p99 was 1,231 ms, with a lock file that the
kernel queues on, 118 ms. Only PostgreSQL has no use for this file.
"""

import asyncio
import fcntl
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from db.faults import StorageUnavailable, storage_fault


class WriterLock:
    """A fair lock: asyncio's queue inside the process, `flock` on a file beside the database between processes."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._queue = asyncio.Lock()
        self._file: int | None = None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Holds the lock. Raises StorageUnavailable after the time-out."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._queue.acquire()
        except TimeoutError as error:
            raise StorageUnavailable("WriterQueue") from error
        try:
            with storage_fault():  # such as a folder that is gone
                handle = await self._lock_file()
            try:
                yield
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)
        finally:
            self._queue.release()

    def close(self) -> None:
        """Lets go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    async def _lock_file(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await self._wait_for_file()
        return self._file

    async def _wait_for_file(self) -> None:
        """Waits in the kernel's queue, in a thread. The thread waits on a copy of the handle: when we give up and
        close ours, a lock that it is granted later dies with the copy."""
        assert self._file is not None
        copy = os.dup(self._file)
        loop = asyncio.get_running_loop()
        granted: asyncio.Future[None] = loop.create_future()

        def grant() -> None:
            if not granted.done():
                granted.set_result(None)

        def wait() -> None:
            fcntl.flock(copy, fcntl.LOCK_EX)
            os.close(copy)
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(grant)

        threading.Thread(target=wait, daemon=True, name="onefold-writer-lock").start()
        try:
            async with asyncio.timeout(self._timeout):
                await granted
        except BaseException as error:  # a cancellation too: the lock must not come to a handle that stays open
            self.close()
            if isinstance(error, TimeoutError):
                raise StorageUnavailable("WriterLock") from error
            raise
