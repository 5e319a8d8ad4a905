"""A merge worked out in full before a row is written: the survivor's new row, the event and its sources. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from db.merges import MergeRow, SourceRow
from resolvers.access import Act
from resolvers.contacts.derived import identifiers_in, with_derived
from resolvers.contacts.row_cells import cells_of, with_cells
from resolvers.duplicates.detect import Detection
from resolvers.matching.score import MODEL
from resolvers.merging.records import record_changes
from resolvers.merging.rows import new_merge
from resolvers.merging.survivorship import Candidate, Override, Policy, survive


@dataclass(frozen=True)
class MergePlan:
    """Everything that a merge writes."""

    survivor: ContactRow
    event: MergeRow
    sources: tuple[SourceRow, ...]


@dataclass(frozen=True)
class MergeTerms:
    """What a merge is decided by and recorded with, beside its contacts."""

    policy: Policy
    detected: bool
    reason: str | None = None
    min_probability: float | None = None
    reasons: Mapping[UUID, Detection] = field(default_factory=dict)


def plan_merge(act: Act, primary: ContactRow, sources: Sequence[ContactRow], terms: MergeTerms) -> MergePlan:
    """Survivorship over living rows: the primary and the sources in the order in which blanks are filled."""
    made = new_merge(act, primary.org_id, "CONTACTS", terms.reason)
    candidates = [candidate_of(row) for row in (primary, *sources)]
    survival = survive(candidates[0], candidates[1:], terms.policy)
    changed = record_changes(made.id, candidates, survival)
    survivor = replace(
        with_cells(primary, survival.cells),
        provenance=primary.provenance | {cell: after["writer"] for cell, after in changed.after.items()},
        updated_at=max(act.now, primary.updated_at),
        version=primary.version + 1,
        last_activity_sort=max(row.last_activity_sort for row in (primary, *sources)),
    )
    identifiers = [identifier for row in (primary, *sources) for identifier in identifiers_in(row)]
    event = replace(
        made,
        primary_contact_id=primary.id,
        primary_version=survivor.version,
        detected=terms.detected,
        policy=dict(terms.policy.rules),
        overrides=[_stored(override) for override in terms.policy.overrides],
        min_probability=terms.min_probability,
        before=changed.before,
        after=changed.after,
        model_version=str(MODEL.version) if terms.detected else None,
    )
    rows = tuple(_source(event, position, row.id, terms.reasons.get(row.id)) for position, row in enumerate(sources))
    return MergePlan(with_derived(survivor, identifiers), event, rows)


def candidate_of(row: ContactRow) -> Candidate:
    """A row as survivorship sees it."""
    return Candidate(row.id, cells_of(row), row.provenance, row.base_at)


def policy_of(event: MergeRow) -> Policy:
    """What a merge was decided by, as it was stored with it."""
    overrides = [
        Override(UUID(stored["contact"]), stored.get("field"), stored.get("customAttribute"))
        for stored in event.overrides
    ]
    return Policy(event.policy, overrides)


def _stored(override: Override) -> dict[str, Any]:
    if override.field is not None:
        return {"contact": override.contact_id.hex, "field": override.field}
    return {"contact": override.contact_id.hex, "customAttribute": override.custom_attribute}


def _source(event: MergeRow, position: int, contact_id: UUID, why: Detection | None) -> SourceRow:
    return SourceRow(
        org_id=event.org_id,
        merge_id=event.id,
        position=position,
        contact_id=contact_id,
        evidence=why.evidence if why else [],
        probability=why.probability if why else None,
    )
