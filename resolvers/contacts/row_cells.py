"""A contact's row as cells, and cells as a row."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from db.contacts import ContactRow
from resolvers.contacts.cells import ATTRIBUTES, SCALARS, Cells, leaves, object_of
from resolvers.contacts.values import moment_text

_DATES = {"birthdate": date.fromisoformat, "firstSeenAt": datetime.fromisoformat}


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
    values: dict[str, Any] = {}
    for name, column in SCALARS.items():
        value = cells.get(name)
        values[column] = _DATES[name](value) if value is not None and name in _DATES else value
    values["is_admin"] = bool(cells.get("isAdmin"))
    blocked, unsubscribed = cells["blocked"], cells["unsubscribed"]
    values |= {
        "blocked": blocked["value"],
        "blocked_at": _time(blocked["at"]),
        "unsubscribed": unsubscribed["value"],
        "unsubscribed_at": _time(unsubscribed["at"]),
        "unsubscribe_reason": unsubscribed["reason"],
        "unsubscribe_feedback": unsubscribed["feedback"],
    }
    for name, column in ATTRIBUTES.items():
        values[column] = object_of(name, cells)
    return replace(row, **values)


def _iso(value: datetime | None) -> str | None:
    return moment_text(value) if value else None


def _text(value: date) -> str:
    return moment_text(value) if isinstance(value, datetime) else value.isoformat()


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
