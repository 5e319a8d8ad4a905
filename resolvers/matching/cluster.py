"""Groups of contacts out of judged pairs, without chaining: two that a hard guard holds apart never share one.

A with B and B with C does not make A with C: plain connected components are how a household becomes one person.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic

from resolvers.matching.contact import ContactId
from resolvers.matching.features import Features
from resolvers.matching.guard import GuardReason, hard_reasons
from resolvers.matching.judge import MatchDecision
from resolvers.matching.sweep import Pair

MOST_SOURCES = 50
LARGEST_GROUP = MOST_SOURCES + 1


@dataclass(frozen=True)
class Accepted(Generic[ContactId]):
    """The sources to merge, best first; and those that are duplicates by themselves but are left over, with the
    reason: AMBIGUOUS, why it is another person than one that was taken, or None for the limit of 50."""

    sources: tuple[ContactId, ...]
    left_over: Mapping[ContactId, GuardReason | None]


class Apart(Generic[ContactId]):
    """Who must never share a group: by what a person said (`marked`, pairs in any order) and by hard guards."""

    def __init__(
        self, records: Mapping[ContactId, Features], marked: Collection[tuple[ContactId, ContactId]] = ()
    ) -> None:
        self._records: Mapping[ContactId, Features] = records
        self._marked: set[frozenset[ContactId]] = {frozenset(pair) for pair in marked}
        self._known: dict[frozenset[ContactId], GuardReason | None] = {}

    def why(self, left: ContactId, right: ContactId) -> GuardReason | None:
        """The first reason why these are two people; None when nothing says so."""
        pair = frozenset((left, right))
        if pair not in self._known:
            reasons = hard_reasons(self._records[left], self._records[right])
            marked = [GuardReason.MARKED_DISTINCT] if pair in self._marked else []
            self._known[pair] = next(iter(marked + reasons), None)
        return self._known[pair]

    def __call__(self, left: ContactId, right: ContactId) -> bool:
        return self.why(left, right) is not None

    def is_nameless(self, contact_id: ContactId) -> bool:
        """Nothing of its own can contradict a name."""
        return self._records[contact_id].name is None


def accept(primary: ContactId, pairs: Iterable[Pair[ContactId]], apart: Apart[ContactId]) -> Accepted[ContactId]:
    """Whom an automatic merge into `primary` takes, of its judged pairs: AUTO_MERGE only, best first, at most 50, none
    that is another person than one already taken. A nameless primary whose duplicates are several people (a phone that
    two share) takes none: there is no telling whose it is. `pairs` may come in any order."""
    best = _best_first(pair for pair in pairs if pair.judgement.decision is MatchDecision.AUTO_MERGE)
    others = [pair.right if pair.left == primary else pair.left for pair in best]
    if apart.is_nameless(primary) and _several_people(others, apart):
        return Accepted((), dict.fromkeys(others, GuardReason.AMBIGUOUS))
    taken: list[ContactId] = []
    left_over: dict[ContactId, GuardReason | None] = {}
    for other in others:
        conflict = next((reason for one in taken if (reason := apart.why(other, one))), None)
        if conflict:
            left_over[other] = conflict
        elif len(taken) == MOST_SOURCES:
            left_over[other] = None
        else:
            taken.append(other)
    return Accepted(tuple(taken), left_over)


def clusters(pairs: Iterable[Pair[ContactId]], apart: Apart[ContactId]) -> list[tuple[ContactId, ...]]:
    """Groups of two to 51, each by rising id, ordered by their first id; the order of `pairs` does not matter. Best
    pairs first, and two groups join only when no pair across them is two people. A nameless contact that belongs to
    two people alike belongs to neither."""
    best = _best_first(pair for pair in pairs if pair.judgement.decision is MatchDecision.AUTO_MERGE)
    ambiguous = _ambiguous(best, apart)
    group_of: dict[ContactId, list[ContactId]] = {}
    for pair in best:
        if pair.left in ambiguous or pair.right in ambiguous:
            continue
        one = group_of.setdefault(pair.left, [pair.left])
        other = group_of.setdefault(pair.right, [pair.right])
        if one is other or len(one) + len(other) > LARGEST_GROUP:
            continue
        if any(apart(left, right) for left in one for right in other):
            continue
        one += other
        group_of.update(dict.fromkeys(other, one))
    found = {id(group): tuple(sorted(group)) for group in group_of.values() if len(group) > 1}
    return sorted(found.values())


def _best_first(pairs: Iterable[Pair[ContactId]]) -> list[Pair[ContactId]]:
    return sorted(pairs, key=lambda pair: (-pair.judgement.bits, pair.left, pair.right))


def _ambiguous(best: Sequence[Pair[ContactId]], apart: Apart[ContactId]) -> set[ContactId]:
    """Nameless contacts with several people among their duplicates."""
    others: dict[ContactId, list[ContactId]] = {}
    for pair in best:
        for one, other in ((pair.left, pair.right), (pair.right, pair.left)):
            if apart.is_nameless(one):
                others.setdefault(one, []).append(other)
    return {one for one, found in others.items() if _several_people(found, apart)}


def _several_people(contact_ids: Sequence[ContactId], apart: Callable[[ContactId, ContactId], bool]) -> bool:
    return any(apart(left, right) for left, right in combinations(contact_ids, 2))
