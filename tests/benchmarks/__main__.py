"""`make bench`: ratios from one interleaved run, on SQLite and PostgreSQL. `--quick`: small numbers, a minute."""

import argparse
import asyncio
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.hanging import measure_hanging
from tests.benchmarks.importing import measure_history, measure_import
from tests.benchmarks.merging import measure_merges
from tests.benchmarks.paging import measure_pages
from tests.benchmarks.storming import measure_storms
from tests.benchmarks.undoing import measure_undos
from tests.support.databases import run_sql
from tests.support.postgres import PostgresServer, running_postgres

PARTS = ("import", "history", "merge", "page", "undo", "storm", "hanging")


def main() -> None:
    """Runs the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the contacts, and fewer rounds")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--sqlite", action="store_true", help="SQLite alone")
    arguments = parser.parse_args()
    scale = 10 if arguments.quick else 1
    parts = arguments.only or PARTS
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the PostgreSQL server ends too
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onefold-bench-")))
        # As in earnest: nothing that makes it faster and less safe.
        server = None if arguments.sqlite else stack.enter_context(running_postgres("-c max_connections=100"))
        if "import" in parts:
            measure_import(folder, _urls(folder, server, "import"), (10_000 // scale, 100_000 // scale))
        if "history" in parts:
            measure_history(folder, _urls(folder, server, "history"), (100_000 // scale, 1_000_000 // scale))
        if "merge" in parts:
            asyncio.run(measure_merges(folder, _urls(folder, server, "merge"), rounds=30 // scale))
        if "page" in parts:
            sizes = (10_000 // scale, 100_000 // scale)
            asyncio.run(measure_pages(folder, _urls(folder, server, "page"), sizes, rounds=50 // scale))
        if "undo" in parts:
            asyncio.run(measure_undos(folder, _urls(folder, server, "undo"), rounds=30 // scale))
        if "hanging" in parts:
            urls = _urls(folder, server, "hanging")
            asyncio.run(measure_hanging(folder, urls, each=20_000 // (scale * scale), pages=500 // scale))
        if "storm" in parts:
            asyncio.run(measure_storms(_urls(folder, server, "storm"), acts=60 // scale))


def _urls(folder: Path, server: PostgresServer | None, part: str) -> dict[str, str]:
    """An empty database of each kind."""
    urls = {"SQLite": f"sqlite+aiosqlite:///{folder}/{part}.db"}
    if server is not None:
        asyncio.run(run_sql(server.admin_url, f"CREATE DATABASE bench_{part}"))
        urls["PostgreSQL"] = server.url(f"bench_{part}")
    return urls


if __name__ == "__main__":
    main()
