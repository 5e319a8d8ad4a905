"""The database: an engine set up for its dialect, and units of work that a cancellation cannot tear.

Every unit of work (a session's connection, its transaction and the commit) runs in a task of its own behind
`asyncio.shield`: a request that is cancelled leaves its transaction whole or not begun, and never leaves
SQLite's write lock held by a connection that the pool believes to be free.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
import structlog
from sqlalchemy import Connection, Executable, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from db.base import encode_json
from db.faults import StorageUnavailable, storage_fault
from db.metrics import WAIT_FOR_TURN, WAIT_TO_READ, WAIT_TO_WRITE
from db.notices import Notices
from db.postgres_pool import watch_connections
from db.sqlite_driver import begin_reading, sqlite_driver
from db.writer_lock import WriterLock

log = structlog.get_logger()

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


@dataclass(frozen=True)
class EngineOptions:
    """Pool and time limits. Seconds; PostgreSQL only where not said otherwise."""

    pool_size: int = 10
    pool_timeout: float = 3.0
    connect_timeout: float = 5.0
    command_timeout: float = 15.0
    idle_seconds: float = 30.0  # a connection that nobody used for longer is asked whether it still is one
    statement_timeout_ms: int = 15_000
    lock_timeout_ms: int = 10_000
    writer_timeout: float = 15.0  # SQLite: how long a writer waits for its turn
    many_rows: bool = False  # SQLite: a process of its own that does nothing but write a lot


class Transaction:
    """One open transaction: the only thing that the statements of `db/` run on."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name
        self.woken: set[UUID] = set()

    def wake(self, org_id: UUID) -> None:
        """Tells who watches this organisation (db/notices.py), once this transaction is committed."""
        self.woken.add(org_id)

    async def rows(self, statement: Executable, parameters: Parameters = None) -> Sequence[Any]:
        """All rows of one statement."""
        return (await self._connection.execute(statement, parameters)).all()

    async def row(self, statement: Executable, parameters: Parameters = None) -> Any | None:
        """The first row, or None."""
        return (await self._connection.execute(statement, parameters)).first()

    async def run(self, statement: Executable, parameters: Parameters = None) -> int:
        """A statement without an answer; the number of rows it touched."""
        return (await self._connection.execute(statement, parameters)).rowcount

    async def run_driver_sql(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """A statement in the driver's own spelling, once for each row (db/bulk.py)."""
        await self._connection.exec_driver_sql(sql, list(rows))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """A SAVEPOINT; the value is the way back to it, which also lets go of the row locks taken since."""
        nested = await self._connection.begin_nested()
        try:
            yield nested.rollback
        except BaseException:
            if nested.is_active:
                await nested.rollback()
            raise
        if nested.is_active:
            await nested.commit()

    async def is_unique(self, write: Callable[[], Awaitable[object]]) -> bool:
        """Does the writing; False, with nothing written, where a unique key is taken, also by a sooner rival."""
        try:
            async with self.savepoint():
                await write()
        except IntegrityError:
            return False
        return True


def url_problem(url: str) -> str | None:
    """What keeps a URL from being a database of ours, in a sentence that quotes nothing of it; None if nothing does."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return f"it is no URL of a database. {_FORMS}"
    if parsed.drivername not in ("sqlite+aiosqlite", "postgresql+asyncpg"):
        return f"onefold does not know this database or driver. {_FORMS}"
    if parsed.drivername == "sqlite+aiosqlite" and parsed.database in (None, "", ":memory:"):
        return f"a database in memory would be gone with each connection; name a file. {_FORMS}"
    if parsed.drivername == "postgresql+asyncpg" and not parsed.query.keys() <= _PARAMETERS:
        return f"something behind its `?` is no parameter of asyncpg; there is `?ssl=require`. {_FORMS}"
    return None


_PARAMETERS = {*inspect.signature(asyncpg.connect).parameters, "prepared_statement_cache_size"}
_AT_ONCE = {"isolation_level": "AUTOCOMMIT"}
_FORMS = "Write sqlite+aiosqlite:///./data/onefold.db or postgresql+asyncpg://user:password@host/name."


class Database:
    """An async engine and the two ways to use it: `read` and `write`."""

    def __init__(self, url: str, options: EngineOptions | None = None) -> None:
        self.url = make_url(url)
        self.options = options or EngineOptions()
        self.engine = _create_engine(url, self.options)
        self._writing = self.engine.execution_options(onefold_writes=True)
        self.notices = Notices()
        # BEGIN and COMMIT around reads are two round trips, and at READ COMMITTED each statement has its own snapshot.
        self._reading = self.engine if self.dialect == "sqlite" else self.engine.execution_options(**_AT_ONCE)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._file: Path | None = None
        self._turn: WriterLock | None = None
        if self.dialect == "sqlite":
            self._file = Path(str(self.url.database))
            self._turn = WriterLock(Path(f"{self.url.database}.lock"), self.options.writer_timeout)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs `work`, which only reads: on SQLite in one snapshot; on PostgreSQL each statement sees what is
        committed, and nothing is held between two. Raises StorageUnavailable when the database is away."""
        return await self._apart(self._read(work))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs `work` in one transaction: committed when it returns, rolled back when it raises."""
        return await self._apart(self._write(work))

    def connections_in_use(self) -> int:
        """How many are at work now."""
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    def write_later(self, work: Callable[[Transaction], Awaitable[None]]) -> None:
        """The same in the background, for what nobody waits for: a failure is noted in the log."""
        self._start(self._write(work)).add_done_callback(_note_unheard)

    async def inspect(self, look: Callable[[Connection], T]) -> T:
        """Runs a synchronous look at the database's own state, such as its migration."""
        return await self._apart(self._inspect(look))

    @asynccontextmanager
    async def for_migrations(self) -> AsyncIterator[AsyncConnection]:
        """A bare connection of a writer that has its turn; it begins its own transactions."""
        self._check_place()
        async with self._turn.held() if self._turn else nullcontext(), self._writing.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Waits for the work under way, then lets go of every connection."""
        await self.notices.close()
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self.engine.dispose()
        if self._turn:
            self._turn.close()

    async def _apart(self, work: Coroutine[Any, Any, T]) -> T:
        task = self._start(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_note_unheard)
            raise

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _inspect(self, look: Callable[[Connection], T]) -> T:
        self._check_place()
        with storage_fault():
            async with self.engine.connect() as connection:
                return await connection.run_sync(look)

    async def _read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        self._check_place()
        with storage_fault():
            begun = perf_counter()
            async with self._reading.begin() as connection:
                WAIT_TO_READ.observe(perf_counter() - begun)
                return await work(Transaction(connection))

    async def _write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        if self._turn is None:
            return await self._commit(work)
        begun = perf_counter()
        async with self._turn.held():
            WAIT_FOR_TURN.observe(perf_counter() - begun)
            return await self._commit(work)

    async def _commit(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        self._check_place()
        with storage_fault():
            begun = perf_counter()
            async with self._writing.begin() as connection:
                WAIT_TO_WRITE.observe(perf_counter() - begun)
                tx = Transaction(connection)
                done = await work(tx)
        for org_id in tx.woken:
            self.notices.wake(org_id)
        return done

    def _check_place(self) -> None:
        # aiosqlite's thread outlives a connection that could not be opened, and may speak to a loop that is closed.
        if self._file is not None and (self._file.is_dir() or not self._file.parent.is_dir()):
            raise StorageUnavailable("NoPlace")


def _note_unheard(task: asyncio.Task[Any]) -> None:
    """The caller has left: nobody else will hear of a failure. Its message may quote values, so its class is noted."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("unit of work failed after its caller had left", error=type(error).__qualname__)


def _create_engine(url: str, options: EngineOptions) -> AsyncEngine:
    shared: dict[str, Any] = {
        "json_serializer": encode_json,
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # parameters are personal data, and an exception's text ends in a log
        "pool_size": options.pool_size,
        "pool_timeout": options.pool_timeout,
    }
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_async_engine(url, module=sqlite_driver(), **shared)
        more = _MANY_ROWS if options.many_rows else ()
        event.listen(engine.sync_engine, "connect", lambda connection, _record: _prepare_sqlite(connection, more))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    limits = {
        "statement_timeout": str(options.statement_timeout_ms),
        "lock_timeout": str(options.lock_timeout_ms),
        "idle_in_transaction_session_timeout": "60000",
        "timezone": "UTC",
    }
    connect = {
        "timeout": options.connect_timeout,
        "command_timeout": options.command_timeout,
        "server_settings": limits,
    }
    engine = create_async_engine(url, connect_args=connect, **shared)
    watch_connections(engine, options.idle_seconds)
    return engine


# Hashes fall anywhere in a tree: of what stays in memory, and in the log until its checkpoint, a page is written once
# for many rows (decision 0007 has the figures).
_MANY_ROWS = ("cache_size=-64000", "wal_autocheckpoint=10000")


def _prepare_sqlite(connection: Any, more: Sequence[str]) -> None:
    # The driver's own transaction handling lost updates: BEGIN is ours (see _begin_sqlite).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "cache_size=-16000",
        *more,
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A deferred writer that has read first fails with "database is locked" instead of waiting.
    if connection.get_execution_options().get("onefold_writes", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        begin_reading(connection)
