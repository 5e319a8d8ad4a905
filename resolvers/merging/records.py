"""What a merge changed, as its event keeps it: {cell: {value, writer}} before and after. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from resolvers.contacts.cells import same
from resolvers.merging.survivorship import Candidate, Choice, Survival


@dataclass(frozen=True)
class Changes:
    """`before` and `after` of an event; a cell that is absent has no `value`, one without a writer is the base's."""

    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]


def record_changes(merge_id: UUID, candidates: Sequence[Candidate], survival: Survival) -> Changes:
    """The changes of a survival among these candidates, the primary first."""
    primary = candidates[0]
    before, after = {}, {}
    for cell, choice in survival.changes.items():
        before[cell] = stand(primary.cells, cell, primary.provenance.get(cell))
        after[cell] = stand(survival.cells, cell, _writer(choice, merge_id)) | {
            "beat": _beaten(cell, choice, candidates)
        }
    return Changes(before, after)


def stand(cells: Mapping[str, Any], cell: str, writer: dict[str, Any] | None) -> dict[str, Any]:
    """How a cell stands: its value, if it has one, and who wrote it."""
    return ({"value": cells[cell]} if cell in cells else {}) | {"writer": writer}


def _writer(choice: Choice, merge_id: UUID) -> dict[str, Any]:
    """Who wrote a cell: this merge, from which source, and when that value was last written there."""
    return {
        "by": "merge",
        "merge": merge_id.hex,
        "source": choice.contact_id.hex,
        "at": choice.written_at.isoformat(),
        "rule": choice.rule.value,
    }


def _beaten(cell: str, choice: Choice, candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """What the others had in this cell, kept because a source may change once it is its own contact again."""
    return [
        {"contact": candidate.contact_id.hex, "value": candidate.cells[cell]}
        for candidate in candidates
        if cell in candidate.cells and (choice.absent or not same(candidate.cells[cell], choice.value))
    ]
