"""aiosqlite below SQLAlchemy, with one trip to a connection's thread for a statement.

SQLAlchemy's own adapter goes there four times a statement (cursor, execute, fetch, close), four times for BEGIN and
twice at the end. A trip wakes two threads that share one interpreter, and costs more than what most statements do.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT
from sqlalchemy.util.concurrency import await_

_Statement = Callable[[sqlite3.Cursor], object]


class _Answer(NamedTuple):
    """What a cursor still tells when it is closed."""

    description: Any = None
    rowcount: int = -1
    lastrowid: Any = None


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that exists in the connection's thread only while its statement runs."""

    __slots__ = ()
    _awaitable_cursor_close = False
    _adapt_connection: Any
    _cursor: Any

    def __init__(self, adapt_connection: Any) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._cursor = _Answer()
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()

    def execute(self, operation: Any, parameters: Any = None) -> None:
        """A statement with its rows."""
        self._send(lambda cursor: cursor.execute(operation, parameters or ()))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        """A statement once for each of the parameters."""
        self._send(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def close(self) -> None:
        """It is closed."""
        self._rows.clear()

    def _send(self, statement: _Statement) -> None:
        rows, self._cursor = self._adapt_connection.send(statement)
        self._rows = deque(rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    """A reader's BEGIN goes with its first statement, and for the end of its transaction nobody waits: whoever has the
    connection next stands behind it in the thread's queue."""

    __slots__ = ("_begin_owed", "_open", "_reads")
    _cursor_cls = _Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._reads = False
        self._begin_owed = False
        self._open = False  # a transaction may be open

    def begin_reading(self) -> None:
        """A deferred transaction, which takes no lock before it reads."""
        self._reads = self._begin_owed = True

    def send(self, statement: _Statement) -> tuple[Sequence[Any], _Answer]:
        """Runs it in the connection's thread: its rows, and what else its cursor told."""
        begins, self._begin_owed = self._begin_owed, False
        self._open = True
        bare: Any = self._connection
        try:
            answer: tuple[Sequence[Any], _Answer] = await_(bare._execute(_run, bare, statement, begins))
        except Exception as error:  # noqa: BLE001 - raised again, as SQLAlchemy's adapters raise it
            self._handle_exception(error)
        return answer

    def commit(self) -> None:
        """Also of nothing."""
        self._end(super().commit, sqlite3.Connection.commit)

    def rollback(self) -> None:
        """Also of nothing."""
        self._end(super().rollback, sqlite3.Connection.rollback)

    def _end(self, waiting: Callable[[], None], later: Callable[[sqlite3.Connection], None]) -> None:
        if not self._open:
            pass
        elif self._reads:
            bare: Any = self._connection
            bare._tx.put_nowait((None, lambda: later(bare._conn)))
        else:
            waiting()
        self._reads = self._begin_owed = self._open = False


def _run(connection: aiosqlite.Connection, statement: _Statement, begins: bool) -> tuple[Sequence[Any], _Answer]:
    bare = connection._conn
    cursor = bare.cursor()
    try:
        if begins:
            if bare.in_transaction:  # a reader's end that failed, and nobody waited for
                bare.rollback()
            cursor.execute("BEGIN")
        statement(cursor)
        rows = cursor.fetchall() if cursor.description else ()
        return rows, _Answer(cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    """SQLAlchemy's adapter, with connections of ours."""

    def connect(self, *arguments: Any, **options: Any) -> _Connection:
        """In the thread that the connection will have."""
        return _Connection(self, super().connect(*arguments, **options)._connection)


def sqlite_driver() -> _Driver:
    """For `create_async_engine(module=…)`."""
    return _Driver(aiosqlite, sqlite3)


def begin_reading(connection: Connection) -> None:
    """For the event "begin" of a reader."""
    ours: Any = connection.connection.dbapi_connection
    ours.begin_reading()
