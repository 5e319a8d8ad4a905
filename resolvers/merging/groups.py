"""Groups of one transaction: how many of them may be merged at once, as if they came one by one. Pure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

Group = tuple[UUID, Sequence[UUID]]  # a primary and its sources


def at_once(groups: Sequence[Group], canonical: Mapping[UUID, UUID]) -> int:
    """How many of the first groups: up to one of which something leads to a source of a group before it, for that leads
    elsewhere then. `canonical`: where each named id leads now. The groups name no id twice."""
    moved: set[UUID] = set()
    for place, (primary, sources) in enumerate(groups):
        if any(canonical.get(one) in moved for one in (primary, *sources)):
            return place
        moved.update(sources)
    return len(groups)
