"""A copy of a SQLite database as it stands at one moment, made while others write.

SQLite's backup calls inside one read transaction: it copies pages as they lie (VACUUM INTO builds the file anew, the
search index too, and tells nothing of its progress), in steps, so that progress shows and a signal is heard, and the
snapshot held open keeps a writer's commit from starting the copy over. In WAL mode readers and writers do not wait for
each other; the log only grows until the copy is done.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

_PAGES = 2_000  # in one step: 8 MB


class BackupFailed(Exception):
    """The copy could not be made, or is not whole; the message is a sentence for a person."""


def copy_sqlite(source: Path, target: Path, progress: Callable[[int, int], None]) -> str | None:
    """Fills the empty file `target`, on the disk when this returns; the migration that the copy stands at.

    `progress` gets (pages copied, pages in all). Raises BackupFailed.
    """
    try:
        with closing(_open(source)) as reading, closing(_open(target)) as writing:
            reading.execute("PRAGMA busy_timeout=5000")
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # here the snapshot begins
            reading.backup(writing, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total))
        return _check(target)
    except sqlite3.Error as error:
        raise BackupFailed(f"{source} could not be copied: {error}. See: onefold doctor") from error


def _open(path: Path, mode: str = "rw") -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode={mode}", uri=True, isolation_level=None)


def _check(target: Path) -> str | None:
    """Reads the copy through. Immutable: nobody else has it, and no log shall appear beside it."""
    with closing(_open(target, "ro&immutable=1")) as copy:
        said = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            raise BackupFailed(f"The copy is not whole ({said}). See: onefold doctor --deep")
        if copy.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone() is None:
            return None
        row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
