"""Migrations on both databases: from nothing, from every step with rows in the tables, twice, two at a time."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, text
from sqlalchemy.types import Boolean, Date, DateTime, Float, Integer, LargeBinary

from db.engine import Database
from db.migrate import configuration, current_revision, head_revision, migrate, ours
from db.tables import metadata
from resolvers.contacts.create import create_contact
from tests.conftest import DIALECTS
from tests.db.world import check_invariants, open_world
from tests.support.databases import run_sql
from tests.support.postgres import PostgresServer
from tests.support.state import dump

# Oldest first. A new migration joins these tests by being there.
REVISIONS = [
    script.revision for script in reversed(list(ScriptDirectory.from_config(configuration()).walk_revisions()))
]


@pytest.fixture(params=DIALECTS)
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database without a table, once on each of the two."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/empty.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"empty_{uuid4().hex}"
    await run_sql(server.admin_url, f"CREATE DATABASE {name}")
    yield server.url(name)
    await run_sql(server.admin_url, f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


async def test_from_nothing_to_the_newest(empty_url: str) -> None:
    """head_revision is where an empty database gets to, and it works."""
    async with _opened(empty_url) as db:
        assert await current_revision(db) is None
        await migrate(db)
        assert await current_revision(db) == head_revision() == REVISIONS[-1]
        world = await open_world(db)
        a, b = await world.contacts(2)
        await world.merge(a, [b])
        await check_invariants(world)


async def test_tables_are_as_declared(empty_url: str) -> None:
    """The drift check: what the migrations make is what the models say, to the last index and type."""

    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "include_object": ours(connection.dialect.name)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with _opened(empty_url) as db:
        await migrate(db)
        async with db.engine.connect() as connection:
            assert await connection.run_sync(differences) == []


async def test_check_constraints_are_as_declared(empty_url: str) -> None:
    """Autogenerate does not compare them: names and number are those of the models."""
    declared = {str(c.name) for t in metadata.sorted_tables for c in t.constraints if str(c.name).startswith("ck_")}
    sql = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace",
    }
    async with _opened(empty_url) as db:
        await migrate(db)
        async with db.engine.connect() as connection:
            found = " ".join(str(row[0]) for row in await connection.execute(text(sql[db.dialect])))
    assert {name for name in found.replace("(", " ").split() if name.startswith("ck_")} == declared


async def test_again_changes_nothing(empty_url: str) -> None:
    """Upgrading a current database that is in use: every row and the revision stay."""
    async with _opened(empty_url) as db:
        await migrate(db)
        world = await open_world(db)
        a, b = await world.contacts(2)
        await world.merge(a, [b])
        before = await dump(db)
        await migrate(db)
        assert await dump(db) == before
        assert await current_revision(db) == head_revision()


@pytest.mark.parametrize("start", REVISIONS)
async def test_from_every_earlier_step_with_rows(empty_url: str, start: str) -> None:
    """Each migration meets tables with rows, loses none of them, and leaves no reference broken."""
    async with _opened(empty_url) as db:
        await migrate(db, start)
        assert await current_revision(db) == start
        counts = await _fill(db)
        for revision in REVISIONS[REVISIONS.index(start) :]:
            await migrate(db, revision)
            assert await current_revision(db) == revision
        async with db.engine.connect() as connection:
            left = await connection.run_sync(_counted)
            if db.dialect == "sqlite":
                assert (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all() == []
        assert {table: left.get(table) for table in counts} == counts
        world = await open_world(db)  # and the application works on what came out
        a, b = await world.contacts(2)
        await world.merge(a, [b])


async def _fill(db: Database) -> dict[str, int]:
    """A row in every table that there is, whatever its columns: keys refer to each other by being equal."""

    def fill(connection: Connection) -> dict[str, int]:
        reflected = MetaData()
        reflected.reflect(connection, only=lambda name, _meta: not name.startswith(("alembic", "contact_search")))
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))  # contact and merge_event are a cycle
        for table in reflected.tables.values():
            connection.execute(table.insert(), {c.name: _value(table, c) for c in table.c if _is_needed(table, c)})
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = DEFAULT"))
        return {table.name: 1 for table in reflected.tables.values()}

    async with db.for_migrations() as connection:
        if db.dialect == "sqlite":
            bare: Any = (await connection.get_raw_connection()).driver_connection
            await bare.execute("PRAGMA foreign_keys=OFF")
        async with connection.begin():
            counts = await connection.run_sync(fill)
    await db.engine.dispose()
    return counts


def _is_needed(table: Table, column: Any) -> bool:
    return not column.nullable or (table.name, column.name) in {
        ("merge_event", "primary_contact_id"),
        ("merge_source", "contact_id"),
    }


_ENUMS = {
    "role_rule": "ANY",
    "identifier_rule": "SHARED",
    "status": "OPEN",
    "job.status": "QUEUED",
    "webhook_delivery.status": "PENDING",
    "job.kind": "UNDO",
    "merge_event.kind": "CONTACTS",
    "kind": "EMAIL",
    "direction": "INBOUND",
    "author": "AGENT",
    "type": "OTHER",
}


def _value(table: Table, column: Any) -> Any:
    one = UUID(int=1)
    kind = column.type
    for name in (f"{table.name}.{column.name}", column.name):
        if name in _ENUMS:
            return _ENUMS[name]
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | Float):
        return 1
    if isinstance(kind, DateTime | Date):
        return _moment(kind)
    if isinstance(kind, LargeBinary):
        return b"x"
    if type(kind).__name__ in ("JSON", "JSONB"):
        return {}
    if type(kind).__name__ == "UUID":
        return one
    return one.hex if getattr(kind, "length", None) == 32 else "x"


def _moment(kind: Any) -> Any:
    if not isinstance(kind, DateTime):
        return date(2026, 1, 1)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return now if kind.timezone else now.replace(tzinfo=None)


def _counted(connection: Connection) -> dict[str, int]:
    reflected = MetaData()
    reflected.reflect(connection, only=lambda name, _meta: not name.startswith("contact_search"))
    return {
        name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()) for name in reflected.tables
    }


async def test_two_at_once(empty_url: str) -> None:
    """Two `onefold migrate` of one new version started together: both end well, the tables are made once."""
    async with _opened(empty_url) as first, _opened(empty_url) as second:
        await asyncio.gather(migrate(first), migrate(second))
        assert await current_revision(first) == await current_revision(second) == head_revision()
        world = await open_world(second)
        await create_contact(first, world.act, {"name": "A"}, world.org_id)


async def test_a_database_that_is_ahead_is_told_apart(empty_url: str) -> None:
    """A newer version has migrated it: its revision is not ours, and nothing is changed by asking."""
    async with _opened(empty_url) as db:
        await migrate(db)
        async with db.engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert await current_revision(db) == "9999" != head_revision()


def test_there_is_one_line_of_migrations() -> None:
    """One first, one last, each after exactly one other: two branches would leave databases apart."""
    script = ScriptDirectory.from_config(configuration())
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    for earlier, later in itertools.pairwise(REVISIONS):
        assert script.get_revision(later).down_revision == earlier
