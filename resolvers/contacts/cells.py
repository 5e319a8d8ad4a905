"""A contact as cells: named values, each with a writer. Survivorship, provenance and undo work on cells.

Pure. A cell's name is that of the API's field; the leaves of attribute objects are cells of their own, named by a
JSON pointer without its first slash (RFC 6901 escapes): `customAttributes/address/city`. A leaf is a scalar, an
array or an empty object, so that an object and its cells can be turned into each other without loss.

`blocked` and `unsubscribed` are each one cell with their time, reason and feedback: a consent is one statement,
and half of one must never stand beside half of another.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeAlias

from db.contacts import ContactRow

Cells: TypeAlias = dict[str, Any]
Provenance: TypeAlias = dict[str, dict[str, Any]]

# API name -> column
SCALARS = {
    "role": "role",
    "name": "name",
    "avatarUrl": "avatar_url",
    "company": "company",
    "title": "title",
    "email": "email",
    "phone": "phone",
    "address": "address",
    "language": "language",
    "timezone": "timezone",
    "birthdate": "birthdate",
    "isAdmin": "is_admin",
    "availabilityStatus": "availability_status",
    "firstSeenAt": "first_seen_at",
}
ATTRIBUTES = {
    "customAttributes": "custom_attributes",
    "metadata": "metadata",
    "additionalAttributes": "additional_attributes",
}
_DATES = {"birthdate": date.fromisoformat, "firstSeenAt": datetime.fromisoformat}


def cells_of(row: ContactRow) -> Cells:
    """The cells of a row, values as JSON (dates as ISO 8601). Absent cells are blank scalars or absent keys."""
    cells: Cells = {}
    for name, column in SCALARS.items():
        value = getattr(row, column)
        if value is not None:
            cells[name] = value.isoformat() if isinstance(value, date) else value
    cells["blocked"] = {"value": row.blocked, "at": _iso(row.blocked_at)}
    cells["unsubscribed"] = {
        "value": row.unsubscribed,
        "at": _iso(row.unsubscribed_at),
        "reason": row.unsubscribe_reason,
        "feedback": row.unsubscribe_feedback,
    }
    for name, column in ATTRIBUTES.items():
        cells.update(_leaves(name, getattr(row, column)))
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
        values[column] = _object(name, cells)
    return replace(row, **values)


def is_attribute(cell: str) -> bool:
    """Whether the cell is a leaf of one of the attribute objects."""
    return "/" in cell


def attribute_cell(name: str, *keys: str) -> str:
    """The cell of a path of keys inside an attribute object."""
    return "/".join((name, *(_escape(key) for key in keys)))


def changed_cells(before: Cells, after: Cells) -> Iterator[str]:
    """The names whose value differs or that stand on one side only, sorted."""
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after or not same(before[name], after[name]):
            yield name


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: True is not 1."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def _leaves(prefix: str, value: dict[str, Any]) -> Cells:
    leaves: Cells = {}
    open_objects = [(prefix, value)]
    while open_objects:
        path, members = open_objects.pop()
        for key, member in members.items():
            pointer = f"{path}/{_escape(key)}"
            if isinstance(member, dict) and member:
                open_objects.append((pointer, member))
            else:
                leaves[pointer] = member
    return leaves


def _object(name: str, cells: Mapping[str, Any]) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for pointer, value in cells.items():
        head, *path = pointer.split("/")
        if head != name or not path:
            continue
        place = built
        for key in path[:-1]:
            place = place.setdefault(_unescape(key), {})
        place[_unescape(path[-1])] = value
    return built


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unescape(key: str) -> str:
    return key.replace("~1", "/").replace("~0", "~")


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
