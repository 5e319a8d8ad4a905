"""The fixtures of tests/conftest.py and tests/db/conftest.py over hash-partitioned tables: PostgreSQL alone."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from db.engine import Database
from tests.db.world import World, open_world
from tests.partitions.schema import make_partitioned
from tests.support.databases import _run, copy_postgres, run_sql
from tests.support.postgres import PostgresServer

TEMPLATE = "onefold_partitioned"


@pytest.fixture(scope="session")
def partitioned_template(postgres: PostgresServer) -> str:
    """A database to copy."""

    async def make() -> None:
        await run_sql(postgres.admin_url, f"CREATE DATABASE {TEMPLATE}")
        database = Database(postgres.url(TEMPLATE))
        await make_partitioned(database)
        await database.close()

    _run(make())
    return TEMPLATE


@pytest.fixture
async def database_url(postgres: PostgresServer, partitioned_template: str) -> AsyncIterator[str]:
    """A fresh copy, once: there is nothing to partition on SQLite."""
    name = f"parts_{uuid4().hex}"
    await copy_postgres(postgres, name, partitioned_template)
    yield postgres.url(name)
    await run_sql(postgres.admin_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def world(db: Database) -> World:
    """One organisation."""
    return await open_world(db)


@pytest.fixture
async def postgres_world(world: World) -> World:
    """The same, for tests of PostgreSQL's locks."""
    return world
