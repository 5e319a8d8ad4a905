"""One pair of contacts, judged: probability, decision, evidence and what holds it back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from resolvers.matching.compare import compare
from resolvers.matching.features import Features
from resolvers.matching.findings import KeyCounts
from resolvers.matching.guard import GuardReason, guards_of
from resolvers.matching.score import MODEL, Weighed, prior_bits, probability_of, total_bits, weigh


class MatchDecision(StrEnum):
    """What follows (schema.graphql: MatchDecision)."""

    AUTO_MERGE = "AUTO_MERGE"
    REVIEW = "REVIEW"
    DIFFERENT = "DIFFERENT"


@dataclass(frozen=True)
class Terms:
    """An organisation's own: how many living contacts, the two thresholds, fields that are not looked at, and guards
    it adds (guard.OPTIONAL). Two people's mark and the other guards are not its to remove."""

    contacts: int
    automatic: float = MODEL.automatic
    review: float = MODEL.review
    ignored: frozenset[str] = frozenset()
    guards: frozenset[GuardReason] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """`bits` = `prior` + the weights of `weighed`; `probability` is that of `bits`."""

    bits: float
    probability: float
    prior: float
    weighed: tuple[Weighed, ...]
    blocked_by: tuple[GuardReason, ...]
    decision: MatchDecision


def judge(
    left: Features, right: Features, counts: KeyCounts, terms: Terms, *, marked_distinct: bool = False
) -> Judgement:
    """Symmetric in everything but the sides of the values shown. `counts` as in compare.compare."""
    # Guards look at everything: to ignore a field takes its evidence away, never a reason against.
    findings = compare(left, right, counts)
    weighed = weigh((item for item in findings if item.field not in terms.ignored), terms.contacts)
    prior = prior_bits(terms.contacts)
    bits = total_bits(prior, weighed)
    blocked_by = guards_of(left, right, findings, terms.guards)
    if marked_distinct:
        blocked_by = (GuardReason.MARKED_DISTINCT, *blocked_by)
    probability = probability_of(bits)
    return Judgement(bits, probability, prior, weighed, blocked_by, decide(probability, blocked_by, terms))


def decide(probability: float, blocked_by: Iterable[GuardReason], terms: Terms) -> MatchDecision:
    """AUTO_MERGE from the automatic threshold when nothing holds the pair back, REVIEW from the other one, unless a
    person has said that these are two."""
    reasons = set(blocked_by)
    if probability < terms.review or GuardReason.MARKED_DISTINCT in reasons:
        return MatchDecision.DIFFERENT
    if reasons or probability < terms.automatic:
        return MatchDecision.REVIEW
    return MatchDecision.AUTO_MERGE


def from_the_other_side(judgement: Judgement) -> Judgement:
    """The same of right and left."""
    turned = [
        item._replace(finding=item.finding._replace(left=item.finding.right, right=item.finding.left))
        for item in judgement.weighed
    ]
    return replace(judgement, weighed=tuple(turned))


def held_back(judgement: Judgement, reason: GuardReason, terms: Terms) -> Judgement:
    """The same with one more reason against: what only the caller knows, such as AMBIGUOUS or ROLE_RULE."""
    if reason in judgement.blocked_by:
        return judgement
    blocked_by = (*judgement.blocked_by, reason)
    return replace(judgement, blocked_by=blocked_by, decision=decide(judgement.probability, blocked_by, terms))
