"""A shell on each of the two databases: migrated, or not even made yet."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.commands.process import Shell
from tests.conftest import DIALECTS
from tests.support.databases import copy_postgres, copy_sqlite, run_sql
from tests.support.postgres import PostgresServer

# A command is a process of its own: seconds of CPU for each. What these test is the command and not its statements,
# which the other tests run on both databases; so on every change they run on SQLite, and on PostgreSQL at night.
_AT_NIGHT = {"again", "backup", "bad_settings", "csv", "demo", "doctor", "errors", "history", "jobs"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks those before `-m "not nightly"` chooses."""
    for item in items:
        named = item.path.stem.removeprefix("test_").removeprefix("import_")
        if item.path.parent.name == "commands" and named in _AT_NIGHT and "[postgresql" in item.name:
            item.add_marker(pytest.mark.nightly)


@pytest.fixture(params=DIALECTS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """On a fresh migrated database."""
    if request.param == "sqlite":
        yield Shell(tmp_path, copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path))
    else:
        yield from _on_postgres(request.getfixturevalue("postgres"), tmp_path, migrated=True)


@pytest.fixture(params=DIALECTS)
def bare_shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """Where nobody has run `onefold migrate`: no SQLite file, not even its folder; an empty PostgreSQL database."""
    if request.param == "sqlite":
        yield Shell(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/data/onefold.db")
    else:
        yield from _on_postgres(request.getfixturevalue("postgres"), tmp_path, migrated=False)


@pytest.fixture
def sqlite_shell(sqlite_template: Path, tmp_path: Path) -> Shell:
    """On SQLite alone, for what does not depend on the database."""
    return Shell(tmp_path, copy_sqlite(sqlite_template, tmp_path))


def _on_postgres(server: PostgresServer, folder: Path, *, migrated: bool) -> Iterator[Shell]:
    name = f"onefold_{uuid4().hex}"
    made = copy_postgres(server, name) if migrated else run_sql(server.admin_url, f"CREATE DATABASE {name}")
    asyncio.run(made)
    try:
        yield Shell(folder, server.url(name))
    finally:
        asyncio.run(run_sql(server.admin_url, f"DROP DATABASE {name} WITH (FORCE)"))
