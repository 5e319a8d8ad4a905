"""How good the model is on labelled contacts: precision, recall, and false merges by kind of trap."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from resolvers.matching.cluster import Apart, clusters
from resolvers.matching.features import Features
from resolvers.matching.judge import MatchDecision, Terms
from resolvers.matching.sweep import ContactSet, Pair


@dataclass(frozen=True)
class Quality:
    """Of pairs that were called one person: how many are, how many are not, and how many such pairs there are in all.
    `false_by_trap`: the false ones by the kind of trap that they are ("" for none)."""

    right: int
    wrong: int
    existing: int
    false_by_trap: Mapping[str, int] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Of the pairs called one person, the part that is; 1 when none was called so."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs that are one person, the part that was found; 1 when there is none."""
        return self.right / self.existing if self.existing else 1.0


@dataclass(frozen=True)
class Evaluation:
    """`automatic`: pairs decided AUTO_MERGE. `review`: those and REVIEW. `merged`: pairs that share a cluster, which is
    what merging all would do. `compared`: pairs looked at, out of the blocking keys. `curve`: the quality of "from this
    probability on", without guards and with them, by rising threshold."""

    contacts: int
    people: int
    compared: int
    automatic: Quality
    review: Quality
    merged: Quality
    curve: Sequence[tuple[float, Quality, Quality]]


# Dense where the thresholds lie: near 1 most of all.
STEPS = (
    0.01,
    *(step / 20 for step in range(1, 19)),
    0.92,
    0.94,
    0.95,
    0.96,
    0.97,
    0.98,
    0.985,
    0.99,
    0.995,
    0.999,
    0.9999,
)


def evaluate(
    records: Mapping[str, Features],
    entities: Mapping[str, str],
    traps: Mapping[tuple[str, str], str],
    terms: Terms | None = None,
) -> Evaluation:
    """Raises KeyError when a contact has no entity. `traps` by (lower id, higher id)."""
    terms = terms or Terms(len(records))
    sizes = Counter(entities[contact_id] for contact_id in records)
    scale = _Scale(entities, traps, sum(size * (size - 1) // 2 for size in sizes.values()))
    pairs = list(ContactSet(records).pairs(terms))
    groups = clusters(pairs, Apart(records))
    return Evaluation(
        contacts=len(records),
        people=len(sizes),
        compared=len(pairs),
        automatic=scale.quality(_ids(pair for pair in pairs if pair.judgement.decision is MatchDecision.AUTO_MERGE)),
        review=scale.quality(_ids(pair for pair in pairs if pair.judgement.decision is not MatchDecision.DIFFERENT)),
        merged=scale.quality(pair for group in groups for pair in combinations(group, 2)),
        curve=[(step, *_at(scale, pairs, step)) for step in STEPS],
    )


def _at(scale: "_Scale", pairs: Sequence[Pair[str]], threshold: float) -> tuple[Quality, Quality]:
    over = [pair for pair in pairs if pair.judgement.probability >= threshold]
    return scale.quality(_ids(over)), scale.quality(_ids(pair for pair in over if not pair.judgement.blocked_by))


def _ids(pairs: Iterable[Pair[str]]) -> list[tuple[str, str]]:
    return [(pair.left, pair.right) for pair in pairs]


@dataclass(frozen=True)
class _Scale:
    entities: Mapping[str, str]
    traps: Mapping[tuple[str, str], str]
    existing: int

    def quality(self, pairs: Iterable[tuple[str, str]]) -> Quality:
        right, traps = 0, Counter[str]()
        for left, other in pairs:
            if self.entities[left] == self.entities[other]:
                right += 1
            else:
                traps[self.traps.get((left, other), "")] += 1
        return Quality(right, traps.total(), self.existing, dict(sorted(traps.items())))
