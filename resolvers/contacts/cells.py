"""A contact as cells: named values, each with a writer. Survivorship, provenance and undo work on cells.

Pure. A cell's name is that of the API's field; the leaves of attribute objects are cells of their own, named by a
JSON pointer without its first slash (RFC 6901 escapes): `customAttributes/address/city`. A leaf is a scalar, an
array or an empty object, so that an object and its cells can be turned into each other without loss.

`blocked` and `unsubscribed` are each one cell with their time, reason and feedback: a consent is one statement,
and half of one must never stand beside half of another.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

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
CONSENTS = ("blocked", "unsubscribed")
ATTRIBUTES = {
    "customAttributes": "custom_attributes",
    "metadata": "metadata",
    "additionalAttributes": "additional_attributes",
}


def is_attribute(cell: str) -> bool:
    """Whether the cell is a leaf of one of the attribute objects."""
    return "/" in cell


def group_of(cell: str) -> str:
    """What is decided together with the cell: itself, or all leaves under its top-level attribute key."""
    head, _, rest = cell.partition("/")
    return f"{head}/{rest.partition('/')[0]}" if rest else cell


def key_group(attributes: str, key: str) -> str:
    """The group of a top-level key of an attribute object."""
    return f"{attributes}/{_escape(key)}"


def is_inside(cell: str, above: str) -> bool:
    """Whether the cell is a leaf somewhere below that path."""
    return cell.startswith(f"{above}/")


def paths_above(cell: str) -> list[str]:
    """The paths of the objects that an attribute leaf lies in, outermost first, without the attribute object."""
    parts = cell.split("/")
    return ["/".join(parts[:length]) for length in range(2, len(parts))]


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


def leaves(prefix: str, value: Mapping[str, Any]) -> Cells:
    """The cells of an attribute object."""
    leaves: Cells = {}
    open_objects: list[tuple[str, Mapping[str, Any]]] = [(prefix, value)]
    while open_objects:
        path, members = open_objects.pop()
        for key, member in members.items():
            pointer = f"{path}/{_escape(key)}"
            if isinstance(member, dict) and member:
                open_objects.append((pointer, member))
            else:
                leaves[pointer] = member
    return leaves


def object_of(name: str, cells: Mapping[str, Any]) -> dict[str, Any]:
    """The attribute object of that name, built out of its cells: the inverse of `leaves`."""
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
