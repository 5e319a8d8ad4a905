"""What `onefold serve` does once the database is known to be good."""

import signal
from types import FrameType
from typing import NoReturn

from gateway.app import create_app
from gateway.database import open_database
from gateway.draining import Drain
from gateway.logs import configure_logging
from gateway.server import OnefoldServer, uvicorn_config
from gateway.settings import Settings


def serve(settings: Settings, host: str, port: int) -> None:
    """Serves until it is told to stop; then ends the process: with 0 after SIGTERM, as a service that was asked to."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn sends the process the signal again once everything is answered; by default that would kill it.
        signal.signal(number, _end)
    configure_logging(settings.log_level.upper(), json=settings.log_format == "json")
    db = open_database(settings)
    drain = Drain()
    app = create_app(settings, database=db, drain=drain)
    config = uvicorn_config(app, host, port, forwarded_allow_ips=settings.forwarded_allow_ips)
    OnefoldServer(config, drain, on_stop=db.notices.stop).run()


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0 if number == signal.SIGTERM else 128 + number)
