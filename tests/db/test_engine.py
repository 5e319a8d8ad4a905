"""The engine's settings as the databases themselves report them, and which failures mean "away, try again"."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosqlite
import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from db.engine import Database, EngineOptions, Transaction
from db.faults import StorageUnavailable
from db.labels import label
from db.organizations import change_settings
from tests.db.world import World
from tests.support.postgres import PostgresServer, _free_port
from tests.support.state import dump


async def test_sqlite_pragmas_hold_on_every_pooled_connection(sqlite_world: World) -> None:
    """Each connection of the pool, not only the first, has the pragmas, and a reader as well as a writer."""

    async def pragmas(tx: Transaction) -> list[Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "cache_size")
        return [(await tx.rows(text(f"PRAGMA {name}")))[0][0] for name in names]

    async def nested(tx: Transaction) -> list[Any]:
        return await pragmas(tx) + await sqlite_world.db.read(pragmas)

    expected = ["wal", 2, 1, 5000, -16000]
    assert await sqlite_world.db.read(nested) == expected * 2
    assert await sqlite_world.db.write(pragmas) == expected


async def test_a_process_that_writes_many_rows_has_more_in_memory(sqlite_world: World) -> None:
    """A larger cache and rarer checkpoints, and as safe as any other."""
    db = Database(str(sqlite_world.db.url), EngineOptions(many_rows=True))
    pragmas = ("cache_size", "wal_autocheckpoint", "synchronous", "foreign_keys", "journal_mode")

    async def look(tx: Transaction) -> list[object]:
        return [(await tx.rows(text(f"PRAGMA {pragma}")))[0][0] for pragma in pragmas]

    assert await db.write(look) == await db.read(look) == [-64_000, 10_000, 2, 1, "wal"]
    await db.close()


async def test_sqlite_writers_begin_immediate_and_readers_do_not(sqlite_world: World) -> None:
    """A writer has the write lock before its first statement; a reader never takes it."""
    db = sqlite_world.db
    begun: list[str] = []
    path = str(db.url.database)

    async def traced(tx: Transaction) -> None:
        """What SQLite itself was told since: the connection's BEGIN too, where that is still owed."""
        bare: Any = (await tx._connection.get_raw_connection()).driver_connection
        await bare.set_trace_callback(lambda sql: begun.append(sql) if sql.startswith("BEGIN") else None)
        await tx.rows(text("SELECT 1"))
        await bare.set_trace_callback(None)

    async def rival_begins(_tx: Transaction) -> bool:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as rival:
            try:
                rival.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                return error.sqlite_errorcode != sqlite3.SQLITE_BUSY
            return True

    async def reading(tx: Transaction) -> bool:
        await traced(tx)
        return await rival_begins(tx)

    assert await db.write(rival_begins) is False
    await db.write(traced)
    assert begun == [], "a writer's BEGIN was sent before"
    assert await db.read(reading) is True
    assert begun == ["BEGIN"]


async def test_a_sqlite_statement_is_one_trip_to_the_thread(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BEGIN goes with the first statement of a reader, and for its end nobody waits."""
    trips: list[object] = []
    waited: Any = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, fn: Any, *arguments: Any, **named: Any) -> Any:
        trips.append(fn)
        return await waited(self, fn, *arguments, **named)

    async def twice(tx: Transaction) -> None:
        await tx.rows(text("SELECT 1"))
        await tx.row(text("SELECT name FROM label"))

    await sqlite_world.db.read(twice)  # the connection is there
    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    await sqlite_world.db.read(twice)
    assert len(trips) == 2


async def test_a_sqlite_reader_has_one_snapshot_and_leaves_it(sqlite_world: World) -> None:
    """What is written between its statements it does not see; the connection's next reader does, also after a fault."""
    db, ids = sqlite_world.db, text("SELECT count(*) FROM contact")

    async def reading(tx: Transaction) -> list[int]:
        before = await tx.rows(ids)
        await sqlite_world.contact(name="between")
        return [before[0][0], (await tx.rows(ids))[0][0]]

    async def failing(tx: Transaction) -> None:
        await tx.rows(ids)
        raise KeyError("a fault of ours")

    assert await db.read(reading) == [0, 0]
    assert await db.read(reading) == [1, 1]
    with pytest.raises(KeyError):
        await db.read(failing)
    assert await db.read(lambda tx: tx.rows(ids)) == [(2,)]


async def test_an_end_that_failed_unheard_does_not_hurt_the_next_reader(sqlite_world: World) -> None:
    """A transaction that is somehow still open on a pooled connection is given up before the next one begins."""
    db = sqlite_world.db

    async def leave_open(tx: Transaction) -> None:
        bare: Any = (await tx._connection.get_raw_connection()).driver_connection
        await bare.execute("BEGIN")

    await db.read(leave_open)
    for _ in range(2):
        assert await db.read(lambda tx: tx.rows(text("SELECT count(*) FROM contact"))) == [(0,)]


async def test_postgres_server_settings(postgres_url: str) -> None:
    """The limits of EngineOptions are the session's own settings."""
    db = Database(postgres_url, EngineOptions(statement_timeout_ms=4321, lock_timeout_ms=1234))

    async def shown(tx: Transaction) -> dict[str, str]:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone")
        return {name: (await tx.rows(text(f"SHOW {name}")))[0][0] for name in names}

    assert await db.read(shown) == {
        "statement_timeout": "4321ms",
        "lock_timeout": "1234ms",
        "idle_in_transaction_session_timeout": "1min",
        "TimeZone": "UTC",
    }
    await db.close()


async def test_a_failed_statement_does_not_show_its_parameters(world: World) -> None:
    """Parameters are personal data: an exception's text, which ends in a log, has none of them."""
    row = {"org_id": UUID(int=7), "id": UUID(int=8), "name": "secret@a.example", "name_key": "k", "color": None}
    with pytest.raises(IntegrityError) as caught:
        await world.db.write(lambda tx: tx.run(insert(label), row | {"created_at": world.act.now}))
    assert "secret@a.example" not in str(caught.value)


async def test_not_a_number_is_never_stored(world: World) -> None:
    """NaN in a JSON column is an error, not a row that poisons every page it is on; nothing is written."""
    before = await dump(world.db)
    for value in (float("nan"), float("inf")):
        changes: dict[str, Any] = {"survivorship": {"name": value}}
        with pytest.raises(StatementError, match="JSON compliant"):
            await world.db.write(lambda tx, changes=changes: change_settings(tx, world.org_id, changes))  # type: ignore[misc]
    assert await dump(world.db) == before


async def test_a_unit_of_work_is_whole(world: World) -> None:
    """Committed when the work returns, rolled back when it raises, and the connection goes back either way."""

    def adding(name: str) -> dict[str, Any]:
        return {"org_id": world.org_id, "id": world.act.new_id(), "name": name, "name_key": name, "color": None}

    async def fail(tx: Transaction) -> None:
        await tx.run(insert(label), adding("lost") | {"created_at": world.act.now})
        raise KeyError("a fault of ours")

    await world.db.write(lambda tx: tx.run(insert(label), adding("kept") | {"created_at": world.act.now}))
    with pytest.raises(KeyError, match="a fault of ours"):
        await world.db.write(fail)
    names = [row[0] for row in await world.db.read(lambda tx: tx.rows(text("SELECT name FROM label")))]
    assert names == ["kept"]
    assert _checked_out(world.db) == 0


async def test_sql_mistakes_are_not_called_unavailable(world: World) -> None:
    """A statement that is wrong is a fault of ours: retrying it would be a lie."""
    for mistake in ("SELECT nothing FROM nowhere", "SELECT ,"):
        with pytest.raises(DBAPIError):
            await world.db.read(lambda tx, sql=mistake: tx.rows(text(sql)))  # type: ignore[misc]
    assert _checked_out(world.db) == 0


async def test_sqlite_locked_by_another_program_is_unavailable(sqlite_world: World) -> None:
    """A lock held past busy_timeout is StorageUnavailable, and the next writer is well once it is gone."""
    db = sqlite_world.db

    def impatient(connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=10")
        cursor.close()

    event.listen(db.engine.sync_engine.pool, "checkout", impatient)
    with closing(sqlite3.connect(str(db.url.database), isolation_level=None)) as rival:
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable):
            await sqlite_world.contact(name="A")
        rival.execute("ROLLBACK")
    await sqlite_world.contact(name="B")
    assert [row.name for row in (await sqlite_world.rows()).values()] == ["B"]


async def test_sqlite_folder_away_is_unavailable(tmp_path: Path) -> None:
    """A database whose folder is gone is away for readers and for writers (who open the lock file first)."""
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/gone/onefold.db")
    with pytest.raises(StorageUnavailable):
        await db.read(lambda tx: tx.rows(text("SELECT 1")))
    with pytest.raises(StorageUnavailable):
        await db.write(lambda tx: tx.rows(text("SELECT 1")))
    await db.close()


async def test_postgres_not_there_is_unavailable() -> None:
    """Nobody listens on the port."""
    db = Database(f"postgresql+asyncpg://postgres@127.0.0.1:{_free_port()}/onefold")
    with pytest.raises(StorageUnavailable):
        await db.read(lambda tx: tx.rows(text("SELECT 1")))
    await db.close()


async def test_a_postgres_database_that_does_not_exist_is_unavailable(postgres: PostgresServer) -> None:
    """A database that does not exist is answered by the server: a wrong setting, never a raw driver's error."""
    db = Database(postgres.url("nobody_made_this"))
    with pytest.raises(StorageUnavailable):
        await db.read(lambda tx: tx.rows(text("SELECT 1")))
    await db.close()


async def test_an_exhausted_pool_is_unavailable(database_url: str) -> None:
    """Whoever waits for a connection longer than pool_timeout is told so, and the pool is well afterwards."""
    db = Database(database_url, EngineOptions(pool_size=1, pool_timeout=0.05))
    overflow = 10  # SQLAlchemy's max_overflow, which we leave as it is

    async def hold(depth: int) -> None:
        async def inside(_tx: Transaction) -> None:
            await hold(depth - 1)

        await db.read(inside if depth else lambda tx: tx.rows(text("SELECT 1")))

    await hold(overflow)
    with pytest.raises(StorageUnavailable):
        await hold(overflow + 1)
    assert _checked_out(db) == 0
    await hold(overflow)
    await db.close()


async def test_postgres_time_limits_are_unavailable(postgres_url: str) -> None:
    """statement_timeout, the client's command_timeout and lock_timeout each end the wait, and the pool goes on."""
    slow = "SELECT pg_sleep(30)"
    for options in (EngineOptions(statement_timeout_ms=50), EngineOptions(command_timeout=0.05)):
        db = Database(postgres_url, options)
        with pytest.raises(StorageUnavailable):
            await db.read(lambda tx: tx.rows(text(slow)))
        assert await db.read(lambda tx: tx.row(text("SELECT 1"))) == (1,)
        await db.close()
    db = Database(postgres_url, EngineOptions(lock_timeout_ms=50))
    locked = text("LOCK TABLE label IN ACCESS EXCLUSIVE MODE")

    async def hold(tx: Transaction) -> None:
        await tx.run(locked)
        with pytest.raises(StorageUnavailable):
            await db.read(lambda other: other.rows(text("SELECT 1 FROM label")))

    await db.write(hold)
    await db.close()


async def test_a_lost_connection_is_replaced(postgres_url: str) -> None:
    """Connections that the server has closed are noticed before use: no call fails because of them."""
    db = Database(postgres_url)
    pid = await db.read(lambda tx: tx.row(text("SELECT pg_backend_pid()")))
    other = Database(postgres_url)
    await other.write(lambda tx: tx.rows(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid and pid[0]}))
    assert await db.read(lambda tx: tx.row(text("SELECT pg_backend_pid()"))) != pid
    await db.close()
    await other.close()


async def test_a_connection_that_fell_silent_is_replaced(postgres_url: str) -> None:
    """Nobody closed it and nobody answers, as when a firewall has forgotten it: idle for a while, it is asked."""
    db = Database(postgres_url, EngineOptions(idle_seconds=0, command_timeout=0.5))
    row = await db.read(lambda tx: tx.row(text("SELECT pg_backend_pid()")))
    assert row is not None
    assert await db.read(lambda tx: tx.row(text("SELECT pg_backend_pid()"))) == row, "asked, and answered"
    os.kill(row[0], signal.SIGSTOP)
    try:
        assert await db.read(lambda tx: tx.row(text("SELECT 1"))) == (1,)
    finally:
        os.kill(row[0], signal.SIGCONT)
    await db.close()


async def test_a_connection_lost_in_the_middle_is_unavailable(postgres_url: str) -> None:
    """Whether the work was carried out is unknown: StorageUnavailable, and the next call works."""
    db, other = Database(postgres_url), Database(postgres_url)

    async def work(tx: Transaction) -> None:
        row = await tx.row(text("SELECT pg_backend_pid()"))
        assert row is not None
        await other.write(lambda o: o.rows(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": row[0]}))
        await tx.rows(text("SELECT 1"))

    with pytest.raises(StorageUnavailable):
        await db.write(work)
    assert await db.read(lambda tx: tx.row(text("SELECT 1"))) == (1,)
    await db.close()
    await other.close()


def _checked_out(db: Database) -> int:
    pool: Any = db.engine.sync_engine.pool
    return int(pool.checkedout())
