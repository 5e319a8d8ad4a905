"""`onefold import FILE`: JSON Lines, one contact a line, streamed in batches.

A line has the fields of CreateContactInput and a `ref`, its name within the file's source. A ref that was imported
before is skipped, also when its contact was merged, edited or erased since: the same file twice changes nothing.
A line without `ref` is known by its content. Each bad line is reported and the rest go on.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import orjson

from db.engine import Database
from gateway.strict_json import RefusedJson, loads_strict
from resolvers.access import Act
from resolvers.contacts.importing import Line, Outcome, import_lines
from resolvers.errors import ErrorCode, UserError
from resolvers.ids import ORGANIZATION, encode_id

BATCH = 1_000
LINE_BYTES = 1_000_000
REF_LENGTH = 255
_BOM = b"\xef\xbb\xbf"


@dataclass
class ImportReport:
    """How many lines were made contacts, were here before, or were wrong."""

    created: int = 0
    skipped: int = 0
    failed: int = 0


@dataclass(frozen=True)
class ImportTarget:
    """Where lines go: an organisation, and the source whose refs they have."""

    db: Database
    act: Act
    org_id: UUID
    source: str


@dataclass(frozen=True)
class _Read:
    """A line as read: `line` when it is sound, else what is wrong with it."""

    number: int
    line: Line | None
    error: UserError | None
    row: Any


async def import_file(
    target: ImportTarget,
    path: Path,
    *,
    errors_file: Path | None,
    progress: Callable[[int, ImportReport], None] = lambda _bytes, _report: None,
) -> ImportReport:
    """Imports a file; `progress` is told the bytes read so far. Raises OSError when the file cannot be read."""
    report = ImportReport()
    with ExitStack() as files:
        file = files.enter_context(path.open("rb"))
        errors = files.enter_context(errors_file.open("wb")) if errors_file else None
        for batch in _batches(file, encode_id(ORGANIZATION, target.org_id)):
            await _import_batch(target, batch, report, errors)
            progress(file.tell(), report)
    return report


async def _import_batch(
    target: ImportTarget, batch: list[_Read], report: ImportReport, errors: IO[bytes] | None
) -> None:
    lines = [read.line for read in batch if read.line is not None]
    outcomes = iter(await import_lines(target.db, target.act, target.org_id, target.source, lines))
    for read in batch:
        outcome = next(outcomes) if read.line is not None else Outcome(errors=(read.error,) if read.error else ())
        if outcome.skipped:
            report.skipped += 1
        elif outcome.contact is not None:
            report.created += 1
        else:
            report.failed += 1
            if errors is not None:
                errors.write(_error_line(read, outcome))


def _batches(file: IO[bytes], organization: str) -> Iterator[list[_Read]]:
    batch: list[_Read] = []
    number = 0
    while text := file.readline(LINE_BYTES + 1):
        number += 1
        if len(text) > LINE_BYTES and not text.endswith(b"\n"):
            while (rest := file.readline(LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            batch.append(_bad(number, f"The line is longer than {LINE_BYTES} bytes.", None))
        elif text.removeprefix(_BOM if number == 1 else b"").strip():
            batch.append(_read(number, text.removeprefix(_BOM if number == 1 else b"").strip(), organization))
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(number: int, text: bytes, organization: str) -> _Read:
    try:
        row = loads_strict(text)
    except RefusedJson as error:
        return _bad(number, f"Not JSON: {error.msg}", text.decode(errors="replace"))
    if not isinstance(row, dict):
        return _bad(number, "A line must be a JSON object.", row)
    if row.get("organizationId") not in (None, organization):
        return _bad(number, f"The line belongs to another organization than {organization}.", row, "organizationId")
    ref = row.pop("ref", None)
    if ref is not None and not (isinstance(ref, str | int) and 0 < len(str(ref)) <= REF_LENGTH):
        return _bad(number, f"ref must be a string or number of 1 to {REF_LENGTH} characters.", row, "ref")
    known_as = str(ref) if ref is not None else "content:" + _content_hash(row)
    return _Read(number, Line(known_as, row), None, row if ref is None else {"ref": ref, **row})


def _content_hash(row: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _bad(number: int, message: str, row: Any, field: str | None = None) -> _Read:
    error = UserError(ErrorCode.BAD_USER_INPUT, message, (field,) if field else None)
    return _Read(number, None, error, row)


def _error_line(read: _Read, outcome: Outcome) -> bytes:
    problems = [
        {"code": error.code, "field": list(error.field) if error.field else None, "message": error.message}
        for error in outcome.errors
    ]
    return orjson.dumps({"line": read.number, "errors": problems, "row": read.row}) + b"\n"
