"""A CSV file as the lines of JSON that `onefold import` reads: a header of the API's names, nested ones with dots.

The header line decides between comma, semicolon and tab. A value may hold line breaks inside quotes; a record is named
by the line that it begins on. What is empty is left out. After a record that cannot be read, the next line is tried.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import IO, Any

import orjson

from gateway.line_reader import LINE_BYTES, Unreadable
from resolvers.contacts.inputs import CREATE_FIELDS

_LINES = 1_000  # of one record: an open quote must not swallow a file
_BOOLEANS = {"blocked", "unsubscribed", "isAdmin"}
_ATTRIBUTES = {"customAttributes", "metadata", "additionalAttributes"}
_ADDRESS = ("line1", "line2", "city", "region", "postalCode", "country")
_KINDS = ("EMAIL", "PHONE", "EXTERNAL_ID", "USERNAME")
_PLAIN = sorted({"ref", *CREATE_FIELDS} - _ATTRIBUTES - {"address", "identifiers", "channels"})
_TRUTH = {"true": True, "false": False}


class BadHeader(Exception):
    """The first line names what is no field; the message says which, and what was probably meant."""


@dataclass
class _Feed:
    """The lines of a file, one after another, of which some may be put back; `number` is the last one's."""

    file: IO[bytes]
    number: int = 0
    taken: list[str] = field(default_factory=list)  # by the record that is being read
    _back: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _LINES or sum(map(len, self.taken)) > LINE_BYTES:
            raise csv.Error(f"it is longer than {_LINES} lines or {LINE_BYTES} characters; is a quote not closed?")
        line = self._back.pop() if self._back else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def put_back(self) -> None:
        """All lines of the record but its first."""
        self.number -= len(self.taken) - 1
        self._back += reversed(self.taken[1:])
        del self.taken[1:]

    def _read(self) -> str:
        text = self.file.readline(LINE_BYTES + 2)
        if len(text) > LINE_BYTES and not text.endswith(b"\n"):
            while (rest := self.file.readline(LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
        encoding = "utf-8" if self.number else "utf-8-sig"
        return text.decode(encoding, errors="surrogateescape")


def csv_lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | Unreadable]]:
    """(number of its first line, the record as JSON) of each record that is not blank. Raises BadHeader."""
    feed = _Feed(file)
    delimiter, names = _header(feed)
    while True:
        number = feed.number + 1
        values = _record(feed, delimiter)
        if values is None:
            return
        if isinstance(values, Unreadable):
            yield number, values
        elif any(value.strip() for value in values):
            yield number, _as_json(names, values, feed.taken)


def _record(feed: _Feed, delimiter: str) -> list[str] | Unreadable | None:
    """The next record; None at the end of the file."""
    feed.taken = []
    try:
        # A reader for each record: after an error it would go on in the middle of it.
        return next(csv.reader(feed, delimiter=delimiter, strict=True))
    except StopIteration:
        return None
    except csv.Error as error:
        feed.put_back()
        return Unreadable(f"Not CSV: {error}.", _shown(feed.taken))


def _header(feed: _Feed) -> tuple[str, list[str]]:
    first = feed.file.readline(LINE_BYTES)
    feed.file.seek(0)
    outside = b"".join(first.split(b'"')[::2])  # what stands in quotes does not count
    delimiter = max(",;\t", key=lambda mark: outside.count(mark.encode()))
    names = _record(feed, delimiter)
    if names is None or isinstance(names, Unreadable):
        raise BadHeader("The file's first line must name its columns, such as: ref,name,email,phone")
    names = [name.strip() for name in names]
    for place, name in enumerate(names, 1):
        _check_name(name, place)
        if name and not name.startswith("identifiers.") and names.index(name) + 1 < place:
            raise BadHeader(f"Column {place}, {name}, is there twice. Take one out.")
    return delimiter, names


def _check_name(name: str, place: int) -> None:
    head, *rest = name.split(".")
    if not name or (not rest and name in _PLAIN):
        return
    if head in _ATTRIBUTES and rest and all(rest):
        return
    if (head == "address" and len(rest) == 1 and rest[0] in _ADDRESS) or (
        head == "identifiers" and rest and rest[0] in _KINDS
    ):
        return
    known = [*_PLAIN, *(f"address.{part}" for part in _ADDRESS), *(f"identifiers.{kind}" for kind in _KINDS)]
    near = get_close_matches(name.lower().replace(" ", ""), [n.lower() for n in known], 1)
    meant = [n for n in known if near and n.lower() == near[0]]
    hint = f" Did you mean {meant[0]}?" if meant else " Attributes of your own: customAttributes.NAME."
    raise BadHeader(f"Column {place}, {name[:100]!r}, is no field of a contact.{hint}")


def _as_json(names: Sequence[str], values: Sequence[str], taken: Sequence[str]) -> bytes | Unreadable:
    extra = [value for value in values[len(names) :] if value.strip()]
    if len(values) < len(names) or extra:
        reason = f"The record has {len(values)} values and the header {len(names)} columns. Is a line cut off?"
        return Unreadable(reason, _shown(taken))
    row: dict[str, Any] = {}
    for place, (name, value) in enumerate(zip(names, values, strict=False), 1):
        if not value.strip():
            continue
        if not name:
            return Unreadable(f"Column {place} has a value and no name in the header. Name it.", _shown(taken))
        if not _put(row, name, value):
            return Unreadable(f"{name} holds a value and more below it. Give one of the two.", _shown(taken))
    try:
        return orjson.dumps(row)
    except orjson.JSONEncodeError:  # a byte that is no UTF-8 was kept as a lone surrogate
        return Unreadable("Not UTF-8. Save the file as CSV UTF-8.", _shown(taken))


def _put(row: dict[str, Any], name: str, value: str) -> bool:
    """Puts a value in its place; False when something else is there."""
    head, *rest = name.split(".")
    if head == "identifiers":
        system = ".".join(rest[1:]) or None
        row.setdefault(head, []).append({"kind": rest[0], "value": value, "system": system})
        return True
    for part in rest:
        inner: Any = row.setdefault(head, {})
        if not isinstance(inner, dict):
            return False
        row, head = inner, part
    if head in row:
        return False
    row[head] = _TRUTH.get(value.strip().lower(), value) if name in _BOOLEANS else value
    return True


def _shown(taken: Sequence[str]) -> str:
    return "".join(taken)[:10_000].encode(errors="replace").decode()
