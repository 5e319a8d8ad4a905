"""What `onefold doctor` asks a SQLite file. It is only read, and no file appears beside it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from db.findings import Finding, failure, fine, warning
from db.standing import judge_standing

_FEATURES = (
    "CREATE VIRTUAL TABLE probe USING fts5(body, content='', tokenize='trigram', detail='none')",
    "SELECT key, value, type FROM json_each('{\"a\": 1}')",
)
_BUSY_SECONDS = 5.0
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine: some milliseconds
RESTORE = "Stop every onefold, keep a copy of the file and its -wal, and restore the last backup (docs/running.md)."


def library_finding() -> Finding:
    """Whether Python's SQLite has what onefold needs."""
    check, version = "SQLite library", sqlite3.sqlite_version
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in _FEATURES:
            try:
                connection.execute(statement)
            except sqlite3.Error as error:
                cure = "Use a Python whose SQLite is 3.34 or newer, built with FTS5 and JSON."
                return failure(check, f"{version} cannot do what onefold needs: {error}.", cure)
    return fine(check, f"{version}, with trigram search and JSON.")


def file_findings(path: Path, *, seconds: float | None, tick: Callable[[], None] = lambda: None) -> list[Finding]:
    """Whether the file is a whole database of this version's. `seconds`: the most that reading it through may take
    (None: as long as it takes, and indexes are compared with their tables too); `tick` is called now and then."""
    while True:
        unshared = not _log(path).exists()
        findings = _findings(path, seconds, tick)
        if not unshared or not _log(path).exists():
            return findings  # else a server has begun meanwhile, and half of what was read may be older than the rest


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    # A plain read-only connection makes -wal and -shm files and leaves them behind. Without a log nobody has the file
    # open, and "immutable" reads it as it lies.
    mode = "mode=ro" if _log(path).exists() else "mode=ro&immutable=1"
    with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?{mode}", uri=True)) as connection:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000:.0f}")
        yield connection


def _log(path: Path) -> Path:
    return Path(f"{path}-wal")


def _findings(path: Path, seconds: float | None, tick: Callable[[], None]) -> list[Finding]:
    check = "database"
    try:
        with _reading(path) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            tables -= {name for name in tables if name.startswith("sqlite_")}
            opened = fine(check, f"{path} opens, {path.stat().st_size / 1e6:,.1f} MB.")
            return [opened, _standing(connection, tables), *_contents(connection, seconds, tick)]
    except sqlite3.DatabaseError as error:
        code = error.sqlite_errorcode & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            cure = "Look what it is and move it away, or name another file in ONEFOLD_DATABASE_URL."
            return [failure(check, f"{path} is a file, and no SQLite database.", cure)]
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            cure = "Close the program that has it locked (see 'write lock'), then run onefold doctor again."
            return [failure(check, f"{path} is locked: it could not be read within {_BUSY_SECONDS:g} s.", cure)]
        if code == sqlite3.SQLITE_CORRUPT:
            return [failure(check, f"{path} is damaged: {error}.", RESTORE)]
        return [failure(check, f"{path} cannot be read: {error}.", "Check its rights and those of its folder.")]


def _standing(connection: sqlite3.Connection, tables: set[str]) -> Finding:
    row = None
    if "alembic_version" in tables:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return judge_standing(row[0] if row else None, tables - {"alembic_version"})


def _contents(connection: sqlite3.Connection, seconds: float | None, tick: Callable[[], None]) -> list[Finding]:
    begun = time.monotonic()

    def watch() -> bool:
        tick()
        return seconds is not None and time.monotonic() - begun > seconds

    connection.set_progress_handler(watch, _STEPS_BETWEEN_LOOKS)
    pragma = "quick_check" if seconds is not None else "integrity_check"
    try:
        return [_pages(connection, pragma), _references(connection)]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return [warning("contents", f"Not read to the end within {seconds:g} s.", "Run: onefold doctor --deep")]
    finally:
        connection.set_progress_handler(None, 0)


def _pages(connection: sqlite3.Connection, pragma: str) -> Finding:
    said = [text for (text,) in connection.execute(f"PRAGMA {pragma}(10)")]
    if said == ["ok"]:
        return fine("contents", f"Whole ({pragma}).")
    return failure("contents", f"Damaged ({pragma}): {said[0]}", RESTORE)


def _references(connection: sqlite3.Connection) -> Finding:
    # Read by hand: one broken row is enough to know, and a million need not be listed.
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken is None:
        return fine("references", "Every row refers to rows that are there.")
    table, _, parent, _ = broken
    return failure("references", f"A row of {table} refers to one of {parent} that is not there.", RESTORE)
