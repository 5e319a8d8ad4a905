"""What `onefold serve` does once the database is known to be good."""

import uvicorn

from gateway.app import create_app
from gateway.logs import configure_logging
from gateway.server import uvicorn_config
from gateway.settings import Settings


def serve(settings: Settings, host: str, port: int) -> None:
    """Serves until it is told to stop."""
    configure_logging(settings.log_level.upper(), json=settings.log_format == "json")
    config = uvicorn_config(create_app(settings), host, port, forwarded_allow_ips=settings.forwarded_allow_ips)
    uvicorn.Server(config).run()
