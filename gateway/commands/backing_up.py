"""`onefold backup TARGET`."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from db.backup import BackupFailed, copy_sqlite
from gateway.commands.shell import AsJson, err, fail, out, read_settings, sqlite_path
from gateway.pg_dump import dump_postgresql
from gateway.settings import Settings


def backup_command(
    target: Annotated[Path, typer.Argument(help="The file to write: a SQLite database, or pg_dump's custom format.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the database as it stands now, while servers go on writing.

    The copy is read through and on the disk before it gets its name; nobody but its owner can read it.
    """
    settings = read_settings()
    source = sqlite_path(settings)
    _check(source, target, force)
    begun = time.perf_counter()
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with _private(partial), _progress(quiet=as_json) as show:
            _write(settings, source, (partial, target), show)
            size = partial.stat().st_size
            _keep(partial, target, force)
    except BackupFailed as failed:
        fail(str(failed))
    except OSError as error:
        fail(f"Cannot write {target}: {error.strerror}.")
    seconds = time.perf_counter() - begun
    if as_json:
        typer.echo(json.dumps({"target": str(target), "bytes": size, "seconds": round(seconds, 3)}))
        return
    out.print(f"Wrote {target}: {size / 1e6:,.1f} MB in {seconds:,.1f} s, checked and on the disk.", markup=False)


def _check(source: Path | None, target: Path, force: bool) -> None:
    if source is not None and not source.is_file():
        fail(f"There is no database at {source}. Check ONEFOLD_DATABASE_URL.")
    if target.is_dir():
        fail(f"{target} is a folder. Name the file to write in it.")
    if not target.parent.is_dir():
        fail(f"There is no folder {target.parent}. Make it first.")
    if target.exists() and source is not None and target.samefile(source):
        fail(f"{target} is the database itself. Name another file.")
    if target.exists() and not force:
        fail(f"{target} is there already. Name another file, or replace it with --force.")
    for log in (Path(f"{target}-wal"), Path(f"{target}-journal")):
        if log.exists():  # SQLite would read it into the new file
            fail(
                f"{log} lies there: {target.name} is a database in use, or was when it was stopped. Name another file."
            )
    if source is not None:
        free, needed = shutil.disk_usage(target.parent).free, source.stat().st_size
        if free < needed:
            fail(f"{target.parent} has {free / 1e6:,.0f} MB free; the copy needs {needed / 1e6:,.0f} MB. Make room.")


@contextmanager
def _private(partial: Path) -> Iterator[None]:
    """An empty file that only its owner can read; what is left under this name is taken away, however it ends."""
    os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield
    finally:
        for left in (partial, Path(f"{partial}-journal"), Path(f"{partial}-wal"), Path(f"{partial}-shm")):
            left.unlink(missing_ok=True)


def _write(
    settings: Settings, source: Path | None, places: tuple[Path, Path], show: Callable[[int, int], None]
) -> None:
    partial, target = places
    if source is None:
        dump_postgresql(settings.database_url, partial, shown=target)
    else:
        copy_sqlite(source, partial, show)


def _keep(partial: Path, target: Path, force: bool) -> None:
    """On the disk under its name: first the file's content, then the folder's entry."""
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    if target.exists() and not force:
        raise BackupFailed(f"{target} has appeared meanwhile. Name another file, or replace it with --force.")
    partial.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("Copying"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task("copy", total=None)  # pg_dump does not say how far it is
        yield lambda copied, total: bar.update(task, completed=copied, total=total)
