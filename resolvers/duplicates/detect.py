"""Which contacts mergeContacts takes when nobody names them: found inside the transaction that merges them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from db.engine import Transaction
from db.organizations import SettingsRow
from resolvers.access import Act
from resolvers.duplicates.judging import Judged, judge_contacts
from resolvers.matching.cluster import accept
from resolvers.matching.explain import evidence_of


@dataclass(frozen=True)
class Detection:
    """Why a source was taken: how probable it is that both are one person, and why (columns of merge_source)."""

    probability: float
    evidence: list[dict[str, Any]]


@dataclass(frozen=True)
class Detected:
    """The contacts to merge, best first, and how many duplicates are left over by a limit, a guard or a conflict.
    `reasons`: of each that was detected. `versions`: what each contact was at when it was looked at."""

    source_ids: tuple[UUID, ...]
    remaining: int = 0
    reasons: Mapping[UUID, Detection] = field(default_factory=dict)
    versions: Mapping[UUID, int] = field(default_factory=dict)

    def holds_for(self, rows: Mapping[UUID, ContactRow]) -> bool:
        """Whether nobody has changed one of them since; `rows`: as they stand, locked."""
        return all(row.version == self.versions.get(contact, row.version) for contact, row in rows.items())


async def find_duplicates(
    tx: Transaction, act: Act, settings: SettingsRow, primary_id: UUID, min_probability: float | None
) -> Detected:
    """AUTO_MERGE only, best first, no two of them two people, at most 50. Four statements."""
    judged = (await judge_contacts(tx, act, settings, [primary_id], min_probability))[primary_id]
    accepted = accept(primary_id, judged.pairs, judged.apart) if judged.pairs else None
    sources = accepted.sources if accepted else ()
    return Detected(
        source_ids=sources,
        remaining=len(accepted.left_over) + _held_back(judged) if accepted else 0,
        reasons={
            other: Detection(judgement.probability, [asdict(evidence) for evidence in evidence_of(judgement)])
            for other, judgement in judged.candidates()
            if other in sources
        },
        versions={contact: judged.known[contact].version for contact in (primary_id, *sources) if judged.pairs},
    )


def _held_back(judged: Judged) -> int:
    """Those as probable as the ones that are merged, which a guard keeps for a person's eye."""
    return sum(
        judgement.probability >= judged.terms.automatic and bool(judgement.blocked_by)
        for _, judgement in judged.candidates()
    )
