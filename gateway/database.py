"""The database that the settings name."""

from db.engine import Database, EngineOptions
from gateway.settings import Settings


def open_database(settings: Settings, *, many_rows: bool = False) -> Database:
    """Nothing is connected before it is used. `many_rows`: for a command that does nothing but write a lot."""
    options = EngineOptions(
        pool_size=settings.database_pool_size,
        statement_timeout_ms=settings.database_statement_timeout_ms,
        lock_timeout_ms=settings.database_lock_timeout_ms,
        many_rows=many_rows,
    )
    return Database(settings.database_url, options)


async def hear_notices(db: Database, settings: Settings) -> None:
    """Hears of what other processes have written; on SQLite those are looked for from time to time."""
    if db.dialect == "postgresql":
        await db.notices.listen(settings.database_direct_url or settings.database_url)
