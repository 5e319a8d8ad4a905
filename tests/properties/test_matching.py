"""What holds for any contacts whatever: symmetry, sums, guards that only close, groups that ignore the order."""

import math
import random

import orjson
from hypothesis import given
from hypothesis import strategies as st

from resolvers.matching.block import coarse_of, keys_of
from resolvers.matching.cluster import LARGEST_GROUP, Apart, accept, clusters
from resolvers.matching.contact import ContactFacts
from resolvers.matching.explain import evidence_of, guards_as_sentences
from resolvers.matching.features import Features, from_json, to_json
from resolvers.matching.guard import HARD, OPTIONAL
from resolvers.matching.judge import Judgement, MatchDecision, Terms, judge
from resolvers.matching.normalise import normalise
from resolvers.matching.score import MODEL
from resolvers.matching.sweep import ContactSet
from tests.matching.people import shared_by
from tests.properties.contact_facts import FACTS

CONTACTS = FACTS.map(normalise)
SETS = st.lists(CONTACTS, max_size=12).map(lambda found: {f"c{place:02}": item for place, item in enumerate(found)})
SIZES = st.sampled_from([0, 100, 10_000, 10**7])


def gist(judgement: Judgement) -> object:
    """All but the sides of the values."""
    found = [(item.finding.field, item.finding.level, item.finding.people, item.weight) for item in judgement.weighed]
    return judgement.bits, judgement.probability, judgement.decision, judgement.blocked_by, sorted(found)


@given(CONTACTS, CONTACTS, SIZES, st.integers(0, 5))
def test_a_pair_is_judged_alike_from_both_sides(left: Features, right: Features, contacts: int, people: int) -> None:
    counts = shared_by(people, left, right)
    terms = Terms(contacts, guards=OPTIONAL)
    assert gist(judge(left, right, counts, terms)) == gist(judge(right, left, counts, terms))


@given(CONTACTS, CONTACTS, SIZES)
def test_the_prior_and_the_weights_shown_give_the_probability_shown(
    left: Features, right: Features, contacts: int
) -> None:
    found = judge(left, right, {}, Terms(contacts))
    bits = found.prior + sum(evidence.weight for evidence in evidence_of(found))
    assert math.isclose(found.probability, 1 / (1 + 2.0**-bits), rel_tol=1e-9)
    assert math.isclose(found.prior, math.log2(MODEL.prior_matches / max(contacts, MODEL.fewest_contacts)))


@given(CONTACTS, CONTACTS)
def test_every_finding_and_every_guard_has_a_sentence(left: Features, right: Features) -> None:
    found = judge(left, right, {}, Terms(100, guards=OPTIONAL), marked_distinct=True)
    sentences = [evidence.explanation for evidence in evidence_of(found)]
    sentences += [guard.explanation for guard in guards_as_sentences(found)]
    assert all(sentences)
    assert not any("{" in sentence for sentence in sentences)


@given(CONTACTS, CONTACTS, st.floats(0, 1), st.floats(0, 1))
def test_a_guard_never_opens_anything(left: Features, right: Features, automatic: float, review: float) -> None:
    """Whatever the thresholds: a pair held back is not merged, and more guards or a mark only ever close."""
    order = [MatchDecision.DIFFERENT, MatchDecision.REVIEW, MatchDecision.AUTO_MERGE]
    terms = Terms(100, automatic, review)
    found = judge(left, right, {}, terms)
    stricter = judge(left, right, {}, Terms(100, automatic, review, guards=OPTIONAL))
    marked = judge(left, right, {}, terms, marked_distinct=True)
    assert not (found.blocked_by and found.decision is MatchDecision.AUTO_MERGE)
    assert order.index(stricter.decision) <= order.index(found.decision)
    assert set(found.blocked_by) <= set(stricter.blocked_by)
    assert marked.decision is MatchDecision.DIFFERENT


@given(SETS, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_pairs(contacts: dict[str, Features], chance: random.Random) -> None:
    pairs = list(ContactSet(contacts).pairs(Terms(100)))
    mixed = list(pairs)
    chance.shuffle(mixed)
    groups = clusters(pairs, Apart(contacts))
    assert clusters(mixed, Apart(contacts)) == groups
    assert len([one for group in groups for one in group]) == len({one for group in groups for one in group})


@given(SETS)
def test_no_group_and_no_merge_holds_two_people(contacts: dict[str, Features]) -> None:
    apart = Apart(contacts)
    whole = ContactSet(contacts)
    groups = clusters(whole.pairs(Terms(100)), apart)
    groups += [accept(one, whole.pairs_with(one, Terms(100)), apart).sources for one in contacts]
    for group in groups:
        assert len(group) <= LARGEST_GROUP
        assert not any(apart.why(one, other) in HARD for one in group for other in group if one != other)


@given(SETS)
def test_one_contact_and_the_whole_set_judge_every_pair_alike(contacts: dict[str, Features]) -> None:
    whole = ContactSet(contacts)
    at_once = {(pair.left, pair.right): pair for pair in whole.pairs(Terms(100))}
    single = {(pair.left, pair.right): pair for one in contacts for pair in whole.pairs_with(one, Terms(100))}
    assert single == at_once


@given(FACTS)
def test_what_is_stored_is_what_is_compared(facts: ContactFacts) -> None:
    features = normalise(facts)
    stored = from_json(orjson.loads(orjson.dumps(to_json(features))))
    assert stored == features
    assert keys_of(stored) == keys_of(features)
    assert coarse_of(stored) == coarse_of(features)
