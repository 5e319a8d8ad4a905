"""What every command shares: settings, a database for its time, output for people or programs, and errors."""

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from db.engine import Database
from db.faults import StorageUnavailable
from db.migrate import current_revision, head_revision
from gateway.database import open_database
from gateway.settings import Settings
from resolvers.errors import CodedError, Refused

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object on stdout.")]

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def read_settings() -> Settings:
    """The settings, or an exit that names the wrong one."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"ONEFOLD_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        fail("A setting cannot be used. " + "; ".join(lines))
    except SettingsError as error:
        # It names the field and not the value: 'error parsing value for field "allowed_origins" from source …'
        named = re.search(r'field "(\w+)"', str(error))
        name = f"ONEFOLD_{named[1].upper()}" if named else "One"
        fail(f"A setting cannot be used. {name}: lists are written as JSON; see docs/configuration.md.")


def run(
    settings: Settings,
    work: Callable[[Database], Awaitable[T]],
    *,
    create: bool = False,
    migrated: bool = True,
    many_rows: bool = False,
) -> T:
    """Runs `work` on the database of the settings. `create`: it may not be there yet, and a SQLite file's folder is
    made; else it has to be `migrated`, unless `work` judges that itself."""
    _check_place(settings, create)
    try:
        return asyncio.run(
            _with_database(open_database(settings, many_rows=many_rows), work, migrated=migrated and not create)
        )
    except Refused as refused:
        fail(" ".join(error.message for error in refused.errors))
    except CodedError as error:
        fail(error.message)
    except StorageUnavailable:
        place = sqlite_path(settings)
        if place is not None:
            fail(f"{place} cannot be used as a database. Check ONEFOLD_DATABASE_URL, its folder and its rights.")
        fail("The database does not answer. Check ONEFOLD_DATABASE_URL and that the server runs.", code=2)


@contextmanager
def counting(what: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """How many contacts are done, on a terminal, while it takes."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.update(task, completed=done)


def answer(as_json: bool, data: dict[str, Any], last_line: str, sentence: str) -> None:
    """For programs one JSON object; for people a sentence, then the thing itself alone on the last line."""
    if as_json:
        typer.echo(json.dumps(data))
        return
    out.print(sentence, markup=False)
    typer.echo(last_line)


def fail(message: str, code: int = 1) -> NoReturn:
    """Says what is wrong on stderr and ends."""
    err.print(message, style="red", markup=False)
    raise typer.Exit(code)


async def _with_database(database: Database, work: Callable[[Database], Awaitable[T]], *, migrated: bool) -> T:
    try:
        if migrated and await current_revision(database) != head_revision():
            fail("The migrations of the database are not those of this version. Run: onefold migrate")
        return await work(database)
    finally:
        # aiosqlite's thread is no daemon: a command that fails without closing would hang.
        await database.close()


def _check_place(settings: Settings, create: bool) -> None:
    path = sqlite_path(settings)
    if path is None or path.exists():
        return
    if not create:
        fail(f"There is no database at {path}. Make it: onefold migrate (or look around first: onefold demo).")
    with suppress(OSError):  # then the database cannot be opened, and that is said
        path.parent.mkdir(parents=True, exist_ok=True)
        # It will hold personal data: for its owner alone. SQLite gives the files beside it the same rights.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def sqlite_path(settings: Settings) -> Path | None:
    """The file of a SQLite database."""
    scheme, _, place = settings.database_url.partition(":///")
    return Path(place.partition("?")[0]) if scheme.startswith("sqlite") and place else None
