"""Who wrote a cell by hand, and when: what an undo has to leave standing. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from resolvers.contacts.cells import Cells, Provenance, changed_cells, is_inside, paths_above

# Written by somebody, or kept by an undo: no merge on the same contact may be blamed for it.
_BY_HAND = ("edit", "undo")


def edited(now: datetime, version: int) -> dict[str, Any]:
    """The writer of an edit. `version`: the contact's after it, which puts edits and merges into one order."""
    return {"by": "edit", "at": now.isoformat(), "version": version}


def written_since(writer: Mapping[str, Any] | None, version: int) -> bool:
    """Whether the cell was written by hand after the contact had this version."""
    return writer is not None and writer["by"] in _BY_HAND and writer["version"] > version


def edits_between(before: Cells, after: Cells, writer: dict[str, Any]) -> Provenance:
    """The writer for each cell that changed, and for each object that is no more: a patch that removes an object
    removes whatever would stand in it."""
    changed = list(changed_cells(before, after))
    removed = {path for cell in changed if cell not in after for path in paths_above(cell)}
    gone = [path for path in removed if not any(cell == path or is_inside(cell, path) for cell in after)]
    return dict.fromkeys([*changed, *sorted(gone)], writer)
