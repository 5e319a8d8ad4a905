"""Bringing a database to the newest migration, and telling whether it is there."""

from collections.abc import Callable
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.faults import storage_fault
from db.planner import teach_planner

_LOCK = 7_465_302  # any constant: keeps two `onefold migrate` on one PostgreSQL apart


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration for this application; migrations run on the connection given."""
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def head_revision() -> str | None:
    """The newest migration that this version of onefold knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


async def current_revision(database: Database) -> str | None:
    """The migration that the database stands at; None for an empty one. Raises StorageUnavailable."""
    return await database.inspect(_current)


async def migrate(database: Database, revision: str = "head") -> str | None:
    """Runs every migration that is missing, in one transaction; the one that the database stood at before."""
    with storage_fault():
        async with database.for_migrations() as connection:
            await _without_foreign_keys(connection)
            async with connection.begin():
                if database.dialect == "postgresql":
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                before = await connection.run_sync(_current)
                await connection.run_sync(_upgrade, revision)
                if database.dialect == "sqlite":
                    await _check_foreign_keys(connection)
                    await teach_planner(connection)
    await database.engine.dispose()  # no connection keeps a statement prepared for the old tables
    return before


async def _without_foreign_keys(connection: AsyncConnection) -> None:
    # Alembic rebuilds a table on SQLite by copy and drop: with foreign keys on, that can delete all children.
    # The switch does nothing inside a transaction, so it is thrown on the bare connection.
    if connection.dialect.name == "sqlite":
        bare: Any = (await connection.get_raw_connection()).driver_connection
        await bare.execute("PRAGMA foreign_keys=OFF")


async def _check_foreign_keys(connection: AsyncConnection) -> None:
    broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
    if broken:
        raise RuntimeError(f"the migration would leave {len(broken)} rows without what they refer to")


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(configuration(connection), revision)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def ours(dialect: str) -> Callable[..., bool]:
    """What autogenerate compares on this dialect: each has its own indexes of texts and attributes (db/search.py,
    db/attributes.py)."""

    def is_ours(thing: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
        owner = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
        if str(owner).startswith(("contact_search", "contact_attribute")):
            return False
        return dialect != "sqlite" or name not in ("ix_contact_search", "ix_contact_attributes")

    return is_ours
