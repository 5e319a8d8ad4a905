"""What `onefold worker` does once the database is known to be good."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from db.engine import Database
from gateway.clock import system_clock
from gateway.courier import courier_for, delivering
from gateway.database import hear_notices
from gateway.logs import configure_logging
from gateway.settings import Settings
from gateway.worker import Pace, Worker, working
from resolvers.ids import IdSource


def working_on_jobs(settings: Settings, workers: int) -> Callable[[Database], Awaitable[None]]:
    """Works until SIGTERM or SIGINT, then finishes the pieces under way."""
    configure_logging(settings.log_level.upper(), json=settings.log_format == "json")

    async def work(db: Database) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        new_id = IdSource(system_clock)
        pace = Pace(lease=settings.job_lease_seconds)
        await hear_notices(db, settings)
        courier = courier_for(settings, db, system_clock, new_id)
        async with working([Worker(db, system_clock, new_id, pace) for _ in range(workers)]), delivering(courier):
            await stop.wait()

    return work
