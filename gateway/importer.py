"""`onefold import FILE`: JSON Lines or CSV (gateway/csv_lines.py), streamed in batches.

A line has the fields of CreateContactInput and a `ref`, its name within the file's source; one with a `type` is
something that hangs on a contact, and names what it belongs to (resolvers/history/line_kinds.py). A ref that was
imported before is skipped, also when its contact was merged, edited or erased since: the same file twice changes
nothing. A line without `ref` is known by its content. Each bad line is reported and the rest go on.

Reading lines costs more than writing them, so for a large file two more processes (line_readers.py) read the next
batches while this one writes.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

import orjson

from db.engine import Database
from db.planner import refresh_statistics
from gateway.line_reader import LINE_BYTES, Line, Unreadable, read_lines
from gateway.line_readers import READERS
from gateway.strict_json import RefusedJson, loads_strict
from resolvers.access import Act
from resolvers.contacts.importing import Outcome, import_terms
from resolvers.contacts.preparing import ImportTerms
from resolvers.errors import ErrorCode
from resolvers.history.importing import Prepared, import_lines
from resolvers.history.preparing import PreparedThing

BATCH = 500  # lines of the first transaction; then as many as keep other writers waiting for HELD seconds
FEWEST, MOST = 250, 2_000
HELD = 0.2
_BOM = b"\xef\xbb\xbf"


@dataclass
class ImportReport:
    """How many lines were made contacts, were here before, or were wrong; `read`: bytes of the file so far."""

    created: int = 0
    skipped: int = 0
    failed: int = 0
    read: int = 0


@dataclass(frozen=True)
class ImportTarget:
    """Where lines go: an organisation, and the source whose refs they have."""

    db: Database
    act: Act
    org_id: UUID
    source: str
    keep: bool = True  # False: everything is tried and nothing is written


Records = Callable[[IO[bytes]], Iterator[tuple[int, Line]]]
# (number of the line, the line, what became of it), after each batch was written.
Hear = Callable[[int, Line, Outcome], None]


def json_lines(file: IO[bytes]) -> Iterator[tuple[int, Line]]:
    """Each line that is not blank, with its number."""
    for number, text in enumerate(_lines(file), 1):
        line = (text.removeprefix(_BOM) if number == 1 else text).strip()
        if line:
            yield number, line


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of the file; of one that is too long only as much as shows it."""
    while text := file.readline(LINE_BYTES + 2):
        if len(text) > LINE_BYTES and not text.endswith(b"\n"):
            while (rest := file.readline(LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
        yield text


@dataclass(frozen=True)
class Reading:
    """How a file is read: taken apart into lines, JSON Lines if not said, which `readers` read, if there are any
    (line_readers.py: for a large file)."""

    records: Records = json_lines
    readers: ProcessPoolExecutor | None = None


class _Pace:
    """How many lines the next transaction takes: no other writer of the database comes in while one lasts. Time that
    was spent waiting for others counts too, which errs on their side."""

    def __init__(self) -> None:
        self.lines = BATCH

    def took(self, lines: int, seconds: float) -> None:
        """So many lines were written in so many seconds."""
        fitting = int(lines * HELD / max(seconds, 0.001))
        self.lines = min(max((self.lines + fitting) // 2, FEWEST), MOST)


@dataclass(frozen=True)
class _Batch:
    """Lines with their numbers in the file, and where the file stands behind them."""

    numbers: Sequence[int]
    lines: Sequence[Line]
    end: int


async def import_file(
    target: ImportTarget,
    path: Path,
    *,
    errors_file: Path | None,
    progress: Callable[[ImportReport], None] = lambda _report: None,
    reading: Reading | None = None,
    hear: Hear | None = None,
) -> ImportReport:
    """`hear` is told of each line.

    Raises OSError when the file cannot be read, LookupError for an unknown organisation, and what `records` raises.
    """
    report = ImportReport()
    tried: set[str] = set()
    terms = await import_terms(target.db, target.org_id, target.source)
    with ExitStack() as files:
        file = files.enter_context(path.open("rb"))
        errors = files.enter_context(errors_file.open("wb")) if errors_file else None
        pace, way = _Pace(), reading or Reading()
        async for batch, rows in _prepared(way.readers, target, terms, _batches(file, way.records, pace)):
            begun = time.perf_counter()
            outcomes = await import_lines(target.db, target.act, terms, rows, keep=target.keep)
            while outcomes is None:  # the organisation's settings were changed meanwhile
                terms = await import_terms(target.db, target.org_id, target.source)
                anew = _read(target, terms, batch)
                outcomes = await import_lines(target.db, target.act, terms, anew, keep=target.keep)
            pace.took(len(batch.lines), time.perf_counter() - begun)
            if target.keep:
                await refresh_statistics(target.db)
            else:
                outcomes = _once(outcomes, rows, tried)
            _note(report, batch, outcomes, errors, hear)
            progress(report)
    return report


async def _prepared(
    pool: ProcessPoolExecutor | None, target: ImportTarget, terms: ImportTerms, batches: Iterator[_Batch]
) -> AsyncIterator[tuple[_Batch, list[Prepared]]]:
    """Batches with their rows; with a pool the next ones are read while one is written. While the pool's processes are
    still starting, batches are read here."""
    if pool is None:
        for batch in batches:
            yield batch, _read(target, terms, batch)
        return
    started = pool.submit(os.getpid)
    ahead: list[tuple[_Batch, Future[list[Prepared]]]] = []
    for batch in batches:
        if not started.done():
            yield batch, _read(target, terms, batch)
            continue
        ahead.append((batch, pool.submit(read_lines, terms, target.act.actor, target.act.now, batch.lines)))
        if len(ahead) > READERS + 1:
            first, rows = ahead.pop(0)
            yield first, await asyncio.wrap_future(rows)
    for batch, rows in ahead:
        yield batch, await asyncio.wrap_future(rows)


def _read(target: ImportTarget, terms: ImportTerms, batch: _Batch) -> list[Prepared]:
    return read_lines(terms, target.act.actor, target.act.now, batch.lines)


def _once(outcomes: list[Outcome], rows: Sequence[Prepared], tried: set[str]) -> list[Outcome]:
    """What was only tried is not there to be found by a later batch: a ref that came before is skipped here, and what
    belongs to one has what it belongs to."""
    judged = []
    for outcome, row in zip(outcomes, rows, strict=True):
        lost = bool(outcome.errors) and outcome.errors[0].code is ErrorCode.NOT_FOUND
        if lost and isinstance(row, PreparedThing) and row.parent_ref in tried:
            outcome = Outcome(thing_id=row.thing_id)
        made = (outcome.contact_id or outcome.thing_id) is not None and not outcome.skipped
        judged.append(Outcome(skipped=True) if made and row.ref in tried else outcome)
        if made and row.ref is not None:
            tried.add(row.ref)
    return judged


def _batches(file: IO[bytes], records: Records, pace: _Pace) -> Iterator[_Batch]:
    numbers: list[int] = []
    lines: list[Line] = []
    for number, line in records(file):
        numbers.append(number)
        lines.append(line)
        if len(lines) >= pace.lines:
            yield _Batch(numbers, lines, file.tell())
            numbers, lines = [], []
    if lines:
        yield _Batch(numbers, lines, file.tell())


def _note(
    report: ImportReport, batch: _Batch, outcomes: Sequence[Outcome], errors: IO[bytes] | None, hear: Hear | None
) -> None:
    report.read = batch.end
    for number, line, outcome in zip(batch.numbers, batch.lines, outcomes, strict=True):
        if hear is not None:
            hear(number, line, outcome)
        if outcome.skipped:
            report.skipped += 1
        elif outcome.contact_id is not None or outcome.thing_id is not None:
            report.created += 1
        else:
            report.failed += 1
            if errors is not None:
                errors.write(_error_line(number, line, outcome))


def _error_line(number: int, line: Line, outcome: Outcome) -> bytes:
    problems = [
        {"code": error.code, "field": list(error.field) if error.field else None, "message": error.message}
        for error in outcome.errors
    ]
    return orjson.dumps({"line": number, "errors": problems, "row": _as_sent(line)}) + b"\n"


def _as_sent(line: Line) -> object:
    """The line as JSON where it is, else as text; of one that is too long its beginning."""
    if isinstance(line, Unreadable):
        return line.text
    try:
        return loads_strict(line) if len(line) <= LINE_BYTES else line[:200].decode(errors="replace")
    except RefusedJson:
        return line[:10_000].decode(errors="replace")
