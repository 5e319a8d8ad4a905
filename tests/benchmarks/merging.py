"""(b) A merge of 1 source against one of 50: the same number of statements, and near the same time."""

import statistics
import time
from pathlib import Path

from db.engine import Database
from db.migrate import migrate
from tests.benchmarks.measure import show
from tests.benchmarks.organisation import Organisation, fill
from tests.support.statements import recorded

SIZES = (1, 50)


async def measure_merges(folder: Path, urls: dict[str, str], rounds: int) -> None:
    """Interleaved: in each round one merge of each size on each database."""
    databases = {name: Database(url) for name, url in urls.items()}
    try:
        organisations = {}
        for name, db in databases.items():
            await migrate(db)
            organisations[name] = await fill(db, folder, (sum(SIZES) + len(SIZES)) * (rounds + 1))
        times: dict[tuple[str, int], list[float]] = {}
        statements: dict[tuple[str, int], int] = {}
        for _ in range(rounds + 1):
            for name, organisation in organisations.items():
                for size in SIZES:
                    seconds, count = await _merge(organisation, size)
                    times.setdefault((name, size), []).append(seconds)
                    statements[name, size] = count
    finally:
        for db in databases.values():
            await db.close()
    medians = {key: statistics.median(found[1:]) * 1_000 for key, found in times.items()}  # the first one warms up
    rows = [
        [name, size, statements[name, size], medians[name, size], medians[name, size] / medians[name, SIZES[0]]]
        for name, size in medians
    ]
    show("(b) one merge", ["database", "sources", "statements", "median ms", "x one source"], rows)


async def _merge(organisation: Organisation, size: int) -> tuple[float, int]:
    primary, *sources = organisation.ids[: size + 1]
    del organisation.ids[: size + 1]
    with recorded(organisation.db) as statements:
        begun = time.perf_counter()
        await organisation.merge(primary, sources)
        return time.perf_counter() - begun, len(statements)
