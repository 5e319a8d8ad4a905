"""What `onefold import` tells of single lines: the map of refs to contacts, and bad lines on stderr."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import orjson
import typer

from gateway.importer import Hear
from gateway.line_reader import Line, Unreadable
from gateway.strict_json import loads_strict
from resolvers.contacts.importing import Outcome
from resolvers.ids import CONTACT, encode_id

BAD_LINES_SHOWN = 20


@contextmanager
def told_lines(map_file: Path | None, *, quiet: bool) -> Iterator[Hear]:
    """A listener for `import_file`. The map has the id that a ref's contact was given when it was first imported:
    an id leads to the survivor for ever, so the map is the same whenever it is written. Raises OSError."""
    with ExitStack() as files:
        write = _map_writer(files.enter_context(map_file.open("w", encoding="utf-8", newline=""))) if map_file else None
        shown = 0

        def hear(number: int, line: Line, outcome: Outcome) -> None:
            nonlocal shown
            if write is not None and outcome.contact_id is not None:
                write(number, _ref(line), encode_id(CONTACT, outcome.contact_id))
            if outcome.errors and not quiet:
                shown += 1
                if shown <= BAD_LINES_SHOWN:
                    typer.echo(_sentence(number, outcome), err=True)
                elif shown == BAD_LINES_SHOWN + 1:
                    typer.echo("Further bad lines are in the errors file alone.", err=True)

        yield hear


def _map_writer(file: IO[str]) -> Callable[[int, str | None, str], None]:
    if Path(file.name).suffix.lower() == ".csv":
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("line", "ref", "contactId"))

        def write_row(line: int, ref: str | None, contact: str) -> None:
            table.writerow((line, ref, contact))

        return write_row

    def write(line: int, ref: str | None, contact: str) -> None:
        file.write(orjson.dumps({"line": line, "ref": ref, "contactId": contact}).decode() + "\n")

    return write


def _ref(line: Line) -> str | None:
    """As the file gives it; None for a line that is known by its content."""
    if isinstance(line, Unreadable):
        return None
    row = loads_strict(line)  # a contact was made of it, so it can be read
    ref = row.get("ref") if isinstance(row, dict) else None
    return None if ref is None else str(ref)


def _sentence(number: int, outcome: Outcome) -> str:
    told = (f"{'.'.join(error.field)}: {error.message}" if error.field else error.message for error in outcome.errors)
    return f"line {number}: {' '.join(told)}"
