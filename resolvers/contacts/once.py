"""What several contacts of a tree hold alike is shown once. Pure."""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID


class _Given(Protocol):
    @property
    def contact_id(self) -> UUID: ...

    @property
    def created_at(self) -> datetime: ...


G = TypeVar("G", bound=_Given)


def each_once(rows: Sequence[G], root: UUID, key: Callable[[G], Hashable]) -> list[G]:
    """Equal things of a tree (`rows`, oldest first) as one: the survivor's own, else the oldest."""
    groups: dict[Hashable, list[G]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    shown = [next((row for row in equal if row.contact_id == root), equal[0]) for equal in groups.values()]
    return sorted(shown, key=lambda row: (row.contact_id != root, row.created_at))
