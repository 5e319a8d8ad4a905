"""What `onefold serve` does once the database is known to be good."""

from gateway.app import create_app
from gateway.database import open_database
from gateway.logs import configure_logging
from gateway.server import OnefoldServer, uvicorn_config
from gateway.settings import Settings


def serve(settings: Settings, host: str, port: int) -> None:
    """Serves until it is told to stop."""
    configure_logging(settings.log_level.upper(), json=settings.log_format == "json")
    db = open_database(settings)
    app = create_app(settings, database=db)
    config = uvicorn_config(app, host, port, forwarded_allow_ips=settings.forwarded_allow_ips)
    OnefoldServer(config, on_stop=db.notices.stop).run()
