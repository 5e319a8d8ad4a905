"""A merge worked out in full before a row is written: the survivor's new row, the event and its sources. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from db.merges import MergeRow, SourceRow
from resolvers.access import Act
from resolvers.contacts.cells import same
from resolvers.contacts.derived import identifiers_in, with_derived
from resolvers.contacts.row_cells import cells_of, with_cells
from resolvers.merging.survivorship import Candidate, Choice, Rule, survive


@dataclass(frozen=True)
class MergePlan:
    """Everything that a merge writes."""

    survivor: ContactRow
    event: MergeRow
    sources: tuple[SourceRow, ...]


@dataclass(frozen=True)
class MergeTerms:
    """What a merge is decided by and recorded with, beside its contacts."""

    policy: Mapping[str, str]
    detected: bool
    reason: str | None = None
    min_probability: float | None = None
    job_id: UUID | None = None


def plan_merge(act: Act, primary: ContactRow, sources: Sequence[ContactRow], terms: MergeTerms) -> MergePlan:
    """Survivorship over living rows: the primary and the sources in the order in which blanks are filled."""
    merge_id = act.new_id()
    candidates = [candidate_of(row) for row in (primary, *sources)]
    survival = survive(candidates[0], candidates[1:], terms.policy)
    gone = Choice(None, primary.id, Rule.MERGED_BY_KEY, act.now)  # an empty object of the primary's that got members
    writers = {cell: _writer(choice or gone, merge_id) for cell, choice in survival.changes.items()}
    survivor = replace(
        with_cells(primary, survival.cells),
        provenance=primary.provenance | writers,
        updated_at=max(act.now, primary.updated_at),
        version=primary.version + 1,
        last_activity_sort=max(row.last_activity_sort for row in (primary, *sources)),
    )
    identifiers = [identifier for row in (primary, *sources) for identifier in identifiers_in(row)]
    event = MergeRow(
        org_id=primary.org_id,
        id=merge_id,
        kind="CONTACTS",
        primary_contact_id=primary.id,
        primary_conversation_id=None,
        primary_version=survivor.version,
        detected=terms.detected,
        policy=dict(terms.policy),
        overrides=[],
        min_probability=terms.min_probability,
        before={cell: _cell(candidates[0].cells, cell, primary.provenance.get(cell)) for cell in writers},
        after={
            cell: _cell(survival.cells, cell, writer) | {"beat": _beaten(cell, survival.changes[cell], candidates)}
            for cell, writer in writers.items()
        },
        actor=act.actor.label,
        actor_key_id=act.actor.key_id,
        reason=terms.reason,
        model_version=None,
        job_id=terms.job_id,
        request_id=act.request_id or None,
        created_at=act.now,
        undone_at=None,
        undone_by=None,
    )
    rows = tuple(_source(event, position, row.id) for position, row in enumerate(sources))
    return MergePlan(with_derived(survivor, identifiers), event, rows)


def candidate_of(row: ContactRow) -> Candidate:
    """A row as survivorship sees it."""
    return Candidate(row.id, cells_of(row), row.provenance, row.base_at)


def _writer(choice: Choice, merge_id: UUID) -> dict[str, Any]:
    """Who wrote a cell: this merge, from which source, and when that value was last written there."""
    return {
        "by": "merge",
        "merge": merge_id.hex,
        "source": choice.contact_id.hex,
        "at": choice.written_at.isoformat(),
        "rule": choice.rule.value,
    }


def _cell(cells: Mapping[str, Any], cell: str, writer: dict[str, Any] | None) -> dict[str, Any]:
    """A cell as an event keeps it; one that is absent has no value."""
    return ({"value": cells[cell]} if cell in cells else {}) | {"writer": writer}


def _beaten(cell: str, choice: Choice | None, candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    """What the others had in this cell, kept because a source may change once it is its own contact again."""
    if choice is None:
        return []
    return [
        {"contact": candidate.contact_id.hex, "value": candidate.cells[cell]}
        for candidate in candidates
        if cell in candidate.cells and not same(candidate.cells[cell], choice.value)
    ]


def _source(event: MergeRow, position: int, contact_id: UUID) -> SourceRow:
    return SourceRow(
        org_id=event.org_id,
        merge_id=event.id,
        position=position,
        contact_id=contact_id,
        conversation_id=None,
        evidence=[],
        probability=None,
        undone_at=None,
        undone_by=None,
    )
