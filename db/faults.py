"""Which failures of a database mean "away, busy or full: try again", and which are faults of ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class StorageUnavailable(Exception):
    """The database cannot be reached, is full, or did not answer in time.

    At COMMIT the outcome is unknown: the caller repeats with the same idempotency key, we never retry blindly.
    """


_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
}
# Classes and codes of PostgreSQL's SQLSTATE: connection, login, no such database, resources, shutdown, then lock and
# statement time-outs, deadlock, serialization, idle in transaction.
_SQLSTATE = ("08", "28", "3D", "53", "57P", "58", "55P03", "57014", "40P01", "40001", "25P03")


@contextmanager
def storage_fault() -> Iterator[None]:
    """Turns a driver's "away, busy or full" into StorageUnavailable; everything else passes as it is."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or _is_passing(error.orig):
            raise StorageUnavailable(type(error.orig).__name__) from error
        raise
    except (PoolTimeout, TimeoutError, OSError) as error:
        raise StorageUnavailable(type(error).__name__) from error


def _is_passing(cause: BaseException | None) -> bool:
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE  # the low byte is the primary code
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_SQLSTATE)
    return isinstance(cause.__cause__ if cause else None, (OSError, TimeoutError))
