"""(e) 32 clients that merge, undo and edit the same 60 contacts of one server over HTTP: how long an answer takes."""

import asyncio
import statistics

from db.engine import Database
from gateway.upgrading import upgrade
from tests.benchmarks.measure import show
from tests.support.http_storm import check_storm, make_contacts, storm
from tests.support.server import running_server

CONTACTS = 60
CLIENTS = 32


async def measure_storms(urls: dict[str, str], acts: int) -> None:
    """Each database in turn: clients in this process share the machine with the server."""
    rows: list[list[object]] = []
    for name, url in urls.items():
        database = Database(url)
        await upgrade(database, lambda _made: None)
        await database.close()
        async with running_server(url, script=True) as server:
            ids = await make_contacts(server, CONTACTS)
            await storm(server, ids, clients=CLIENTS, acts=3, seed=1)  # warms up
            begun = asyncio.get_running_loop().time()
            told = await storm(server, ids, clients=CLIENTS, acts=acts, seed=2)
            seconds = asyncio.get_running_loop().time() - begun
            await check_storm(server, told)
            cuts = statistics.quantiles(told.ms, n=100)
            p50, p99 = cuts[49], cuts[98]
            rows.append([name, len(told.ms), len(told.ms) / seconds, len(told.faults), p50, p99, p99 / p50])
    head = ["database", "answers", "a second", "faults", "p50 ms", "p99 ms", "p99 / p50"]
    show(f"(e) {CLIENTS} clients on {CONTACTS} contacts: merge, undo, edit", head, rows)
