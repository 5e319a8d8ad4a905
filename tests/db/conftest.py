"""A world for each test, and PostgreSQL alone where only it has what is tested."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.engine import Database
from tests.db.world import World, open_world
from tests.support.databases import copied_postgres, copy_sqlite
from tests.support.postgres import PostgresServer


@pytest.fixture
async def world(db: Database) -> World:
    """One organisation, on each of the two databases."""
    return await open_world(db)


@pytest.fixture
async def postgres_url(postgres: PostgresServer) -> AsyncIterator[str]:
    """A fresh migrated PostgreSQL database."""
    async with copied_postgres(postgres) as url:
        yield url


@pytest.fixture
async def postgres_world(postgres_url: str) -> AsyncIterator[World]:
    """One organisation on PostgreSQL."""
    database = Database(postgres_url)
    yield await open_world(database)
    await database.close()


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path) -> Path:
    """A fresh migrated SQLite file."""
    return Path(copy_sqlite(sqlite_template, tmp_path).partition(":///")[2])


@pytest.fixture
def sqlite_url(sqlite_path: Path) -> str:
    """Its URL."""
    return f"sqlite+aiosqlite:///{sqlite_path}"


@pytest.fixture
async def sqlite_world(sqlite_url: str) -> AsyncIterator[World]:
    """One organisation on SQLite."""
    database = Database(sqlite_url)
    yield await open_world(database)
    await database.close()
