"""`make bench`: ratios from one interleaved run, on SQLite and PostgreSQL. `--quick`: small numbers, a minute."""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.bulk import measure_bulk, measure_threads
from tests.benchmarks.detecting import measure_detection
from tests.benchmarks.hanging import measure_hanging
from tests.benchmarks.importing import measure_history, measure_import
from tests.benchmarks.listening import measure_listening
from tests.benchmarks.matching import measure_matching
from tests.benchmarks.merging import measure_merges
from tests.benchmarks.paging import measure_pages
from tests.benchmarks.serving import measure_serving
from tests.benchmarks.storming import measure_storms
from tests.benchmarks.undoing import measure_undos
from tests.benchmarks.writing import measure_writing
from tests.support.databases import run_sql
from tests.support.postgres import PostgresServer, running_postgres

_CONTACTS = 1_000_000


def main() -> None:
    """Runs the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the contacts, and fewer rounds")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--sqlite", action="store_true", help="SQLite alone")
    parser.add_argument("--contacts", type=int, help=f"among how many contacts to detect; {_CONTACTS:,} unless said")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the PostgreSQL server ends too
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onefold-bench-")))
        # As in earnest: nothing that makes it faster and less safe.
        server = None if arguments.sqlite else stack.enter_context(running_postgres("-c max_connections=100"))
        scale = 10 if arguments.quick else 1
        run = Run(folder, server, scale, arguments.contacts or _CONTACTS // scale)
        for part in arguments.only or PARTS:
            PARTS[part](run)


@dataclass(frozen=True)
class Run:
    """Where to measure, and how much: `scale` divides the numbers of the full size."""

    folder: Path
    server: PostgresServer | None
    scale: int
    contacts: int

    def urls(self, part: str) -> dict[str, str]:
        """An empty database of each kind."""
        urls = {"SQLite": f"sqlite+aiosqlite:///{self.folder}/{part}.db"}
        if self.server is not None:
            asyncio.run(run_sql(self.server.admin_url, f"CREATE DATABASE bench_{part}"))
            urls["PostgreSQL"] = self.server.url(f"bench_{part}")
        return urls


def _import(run: Run) -> None:
    measure_import(run.folder, run.urls("import"), (10_000 // run.scale, 100_000 // run.scale))


def _history(run: Run) -> None:
    measure_history(run.folder, run.urls("history"), (100_000 // run.scale, 1_000_000 // run.scale))


def _merge(run: Run) -> None:
    asyncio.run(measure_merges(run.folder, run.urls("merge"), rounds=30 // run.scale))


def _page(run: Run) -> None:
    sizes = (10_000 // run.scale, 100_000 // run.scale)
    asyncio.run(measure_pages(run.folder, run.urls("page"), sizes, rounds=50 // run.scale))


def _undo(run: Run) -> None:
    asyncio.run(measure_undos(run.folder, run.urls("undo"), rounds=30 // run.scale))


def _storm(run: Run) -> None:
    asyncio.run(measure_storms(run.urls("storm"), acts=60 // run.scale))


def _hanging(run: Run) -> None:
    each = 20_000 // (run.scale * run.scale)
    asyncio.run(measure_hanging(run.folder, run.urls("hanging"), each, pages=500 // run.scale))


def _bulk(run: Run) -> None:
    asyncio.run(measure_bulk(run.urls("bulk"), 10_000 if run.scale == 1 else 3_000))
    asyncio.run(measure_threads(run.folder, run.urls("threads"), 10_000 if run.scale == 1 else 3_000))


def _writing(run: Run) -> None:
    asyncio.run(measure_writing(run.folder, run.urls("writing"), rounds=30 // run.scale))


def _detecting(run: Run) -> None:
    drawn = 2_000 // run.scale
    asyncio.run(measure_detection(run.urls("detecting"), run.contacts, run.contacts // 50, drawn))


def _serving(run: Run) -> None:
    asyncio.run(measure_serving(run.urls("serving"), rounds=20 if run.scale == 1 else 5))


def _listening(run: Run) -> None:
    asyncio.run(measure_listening(run.urls("listening"), 1_000 // run.scale, merges=20 if run.scale == 1 else 5))


PARTS: dict[str, Callable[[Run], None]] = {
    "import": _import,
    "history": _history,
    "merge": _merge,
    "page": _page,
    "undo": _undo,
    "hanging": _hanging,
    "storm": _storm,
    "bulk": _bulk,
    "detecting": _detecting,
    "writing": _writing,
    "serving": _serving,
    "listening": _listening,
    "matching": lambda run: measure_matching(),
}


if __name__ == "__main__":
    main()
