"""Processes that read the lines of a large file while this one writes: `line_reader.read_lines` runs in them.

They are forks where that is safe, so that nothing is loaded twice: loading took each of them two seconds of CPU. A fork
copies the locks of other threads as they stand, so it is made before there are any, ahead of the event loop.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread

from gateway.tune import settle_memory

READERS = 2  # a line takes nearly three times as long to read and to normalise as to write
POOL_FROM_BYTES = 2_000_000  # a smaller file is read before it pays


@contextmanager
def line_readers(path: Path) -> Iterator[ProcessPoolExecutor | None]:
    """For a command that has no threads yet; None for a small file. They end with this process, however it ends."""
    if path.stat().st_size < POOL_FROM_BYTES:
        yield None
        return
    settle_memory()  # and is so in the forks
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(READERS, context, initializer=_begin)
    try:
        pool.submit(os.getpid)  # forks them now
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells all of them; the writer decides
    settle_memory()
    os.nice(5)  # whoever has the write lock, or answers requests, goes first
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A pool's process would wait for work for ever when its parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
