"""The database that the settings name."""

from db.engine import Database, EngineOptions
from gateway.settings import Settings


def open_database(settings: Settings) -> Database:
    """Nothing is connected before it is used."""
    options = EngineOptions(
        pool_size=settings.database_pool_size,
        statement_timeout_ms=settings.database_statement_timeout_ms,
        lock_timeout_ms=settings.database_lock_timeout_ms,
    )
    return Database(settings.database_url, options)
