"""Lines of an import file, from bytes to rows that are ready to be written. Runs here or in a worker process."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.strict_json import RefusedJson, loads_strict
from resolvers.access import Act, Actor
from resolvers.contacts.preparing import ImportTerms, PreparedRow, prepare_line
from resolvers.errors import ErrorCode, UserError
from resolvers.history.importing import Prepared
from resolvers.history.line_kinds import KINDS
from resolvers.history.preparing import prepare_thing
from resolvers.ids import IdSource

LINE_BYTES = 1_000_000
REF_LENGTH = 255

# One a process: ids rise within it, and differ between processes by their random bits.
_new_id = IdSource(lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Unreadable:
    """A record of a file in another form than JSON Lines that could not be read: why not, and what stood there."""

    reason: str
    text: str


Line = bytes | Unreadable


def read_lines(terms: ImportTerms, actor: Actor, now: datetime, lines: Sequence[Line]) -> list[Prepared]:
    """One prepared row a line, in order; a line that is wrong has its errors."""
    act = Act(actor, now, _new_id)
    return [_read(act, terms, line) for line in lines]


def _read(act: Act, terms: ImportTerms, line: Line) -> Prepared:
    if isinstance(line, Unreadable):
        return _bad(line.reason)
    if len(line) > LINE_BYTES:
        return _bad(f"The line is longer than {LINE_BYTES} bytes.")
    try:
        row = loads_strict(line)
    except RefusedJson as error:
        return _bad(f"Not JSON: {error.msg}")
    if not isinstance(row, dict):
        return _bad("A line must be a JSON object.")
    ref = row.pop("ref", None)
    if ref is not None and not _is_ref(ref):
        return _bad(f"ref must be a string or a whole number of 1 to {REF_LENGTH} characters.", "ref")
    named = str(ref) if ref is not None else _content_ref(row)
    kind = row.get("type")
    if kind is None or kind == "contact":
        row.pop("type", None)
        return prepare_line(act, terms, row, named)
    if not isinstance(kind, str) or kind not in KINDS:
        return _bad(f"type must be contact (or left out) or one of {', '.join(KINDS)}.", "type")
    return prepare_thing(act, terms, kind, row, named)


def _is_ref(ref: Any) -> bool:
    is_text = isinstance(ref, str) or (isinstance(ref, int) and not isinstance(ref, bool))
    return is_text and 0 < len(str(ref)) <= REF_LENGTH


def _content_ref(row: dict[str, Any]) -> str:
    """A line without a ref is known by its content; no ref that a file can give is as long."""
    return "content:".ljust(REF_LENGTH + 1) + hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _bad(message: str, field: str | None = None) -> PreparedRow:
    return PreparedRow(errors=(UserError(ErrorCode.BAD_USER_INPUT, message, (field,) if field else None),))
