"""A contact's row as cells, and cells as a row."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from db.contacts import ContactRow
from resolvers.contacts.cells import ATTRIBUTES, SCALARS, Cells, leaves, object_of
from resolvers.contacts.values import moment_text

_DATES: dict[str, Callable[[str], Any]] = {
    "birthdate": date.fromisoformat,
    "first_seen_at": datetime.fromisoformat,
}


def cells_of(row: ContactRow) -> Cells:
    """The cells of a row, values as JSON (dates as ISO 8601). Absent cells are blank scalars or absent keys."""
    cells: Cells = {}
    for name, column in SCALARS.items():
        value = getattr(row, column)
        if value is not None:
            cells[name] = _text(value) if isinstance(value, date) else value
    cells["blocked"] = {"value": row.blocked, "at": _iso(row.blocked_at)}
    cells["unsubscribed"] = {
        "value": row.unsubscribed,
        "at": _iso(row.unsubscribed_at),
        "reason": row.unsubscribe_reason,
        "feedback": row.unsubscribe_feedback,
    }
    for name, column in ATTRIBUTES.items():
        cells.update(leaves(name, getattr(row, column)))
    return cells


def with_cells(row: ContactRow, cells: Mapping[str, Any]) -> ContactRow:
    """The row with exactly these cells as its values."""
    objects: dict[str, Any] = {column: object_of(name, cells) for name, column in ATTRIBUTES.items()}
    return replace(row, **column_values(cells), **objects)


def column_values(cells: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of all cells that are no leaves of attribute objects."""
    values: dict[str, Any] = {column: cells.get(name) for name, column in SCALARS.items()}
    for column, read in _DATES.items():
        if values[column] is not None:
            values[column] = read(values[column])
    values["is_admin"] = bool(values["is_admin"])
    blocked, unsubscribed = cells["blocked"], cells["unsubscribed"]
    return values | {
        "blocked": blocked["value"],
        "blocked_at": _time(blocked["at"]),
        "unsubscribed": unsubscribed["value"],
        "unsubscribed_at": _time(unsubscribed["at"]),
        "unsubscribe_reason": unsubscribed["reason"],
        "unsubscribe_feedback": unsubscribed["feedback"],
    }


def _iso(value: datetime | None) -> str | None:
    return moment_text(value) if value else None


def _text(value: date) -> str:
    return moment_text(value) if isinstance(value, datetime) else value.isoformat()


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
