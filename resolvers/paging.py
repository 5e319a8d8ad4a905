"""Cursors and page arguments, in one place for every connection.

A cursor is opaque to clients: a version, what the page is ordered by, the value there, and the id. It is decoded
strictly and never trusted for the organisation, which stands in every statement.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from resolvers.errors import CodedError, ErrorCode

T = TypeVar("T")
DEFAULT_PAGE = 20
MAXIMUM_PAGE = 100
_VERSION = 1
_CURSOR_LENGTH = 4_096


@dataclass(frozen=True)
class PageArguments:
    """`first`/`after` or `last`/`before`, checked: `limit` 1 to 100."""

    limit: int
    backward: bool
    after: str | None
    before: str | None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows of one page with their cursors, and whether there are more on either side."""

    rows: Sequence[T]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool


def read_page(
    first: int | None, after: str | None, last: int | None = None, before: str | None = None
) -> PageArguments:
    """Raises BAD_USER_INPUT, naming the argument."""
    if first is not None and last is not None:
        raise bad_argument("first", "Ask for first or for last, not for both.")
    for name, value in (("first", first), ("last", last)):
        if value is not None and not 1 <= value <= MAXIMUM_PAGE:
            raise bad_argument(name, f"{name} must lie between 1 and {MAXIMUM_PAGE}, not at {value}.")
    return PageArguments(first or last or DEFAULT_PAGE, last is not None, after, before)


def bad_argument(name: str, message: str) -> CodedError:
    """An argument of a query that cannot be used."""
    return CodedError(ErrorCode.BAD_USER_INPUT, message, argument=name)


def encode_cursor(order: str, value: Any, row_id: UUID) -> str:
    """A cursor at this row of a page ordered so."""
    shown = value.isoformat() if isinstance(value, datetime) else value.hex if isinstance(value, UUID) else value
    return base64.urlsafe_b64encode(orjson.dumps([_VERSION, order, shown, row_id.hex])).decode().rstrip("=")


def decode_cursor(cursor: str | None, argument: str, order: str, read: Callable[[Any], Any]) -> tuple[Any, UUID] | None:
    """(value, id) of a cursor of this order. Raises BAD_USER_INPUT for any other text."""
    if cursor is None:
        return None
    try:
        if len(cursor) > _CURSOR_LENGTH or not cursor.isascii():
            raise ValueError("no cursor has this form")
        padded = cursor + "=" * (-len(cursor) % 4)
        version, of_order, value, row_id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if version != _VERSION or of_order != order:
            raise ValueError("of another order")
        return read(value), UUID(hex=row_id)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        message = f"{argument} is no cursor of this list in this order. Take one from pageInfo or edges, unchanged."
        raise bad_argument(argument, message) from None


def cut_page(rows: Sequence[T], page: PageArguments, cursor: Callable[[T], str]) -> Page[T]:
    """A page out of rows that hold one more than the limit when there are more."""
    more = len(rows) > page.limit
    if more:
        rows = rows[1:] if page.backward else rows[: page.limit]
    return Page(
        rows=rows,
        cursors=[cursor(row) for row in rows],
        has_next=page.before is not None if page.backward else more,
        has_previous=more if page.backward else page.after is not None,
    )
