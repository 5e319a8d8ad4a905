"""Fixtures for every test: a real server of each database, and a fresh migrated database for each test."""

import gc
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from db.engine import Database
from tests.support.api import Api, open_api
from tests.support.databases import copied_postgres, copy_sqlite, make_postgres_template, make_sqlite_template
from tests.support.postgres import PostgresServer, running_postgres

DIALECTS = ["sqlite", "postgresql"]
LONG = {"test_undo_oracle.py", "test_lifecycle_postgres.py", "test_import_kill.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with many tests first, as xdist has them, but before all others the few whose tests are long: begun last,
    one of them would keep a single worker busy while the others are done. tests/run.sh tells xdist to keep to it."""
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.name not in LONG, -sizes[item.path]))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: frozen, it is not walked again each time that a test's garbage is collected."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of this process, with a migrated template database."""
    with running_postgres() as server:
        make_postgres_template(server)
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    return make_sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=DIALECTS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A fresh migrated database, once on each of the two."""
    if request.param == "sqlite":
        yield copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    async with copied_postgres(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open database."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def api(db: Database, database_url: str) -> AsyncIterator[Api]:
    """The whole application over a fresh database."""
    opened = await open_api(db, database_url)
    async with opened.http:
        yield opened
