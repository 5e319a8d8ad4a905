"""Groups and what one merge takes: best first, never two people in one."""

from collections.abc import Sequence

from resolvers.matching.cluster import LARGEST_GROUP, MOST_SOURCES, Apart, accept, clusters
from resolvers.matching.features import Features
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import Judgement, MatchDecision, Terms
from resolvers.matching.sweep import ContactSet, Pair
from tests.matching.people import person

PHONE, OTHER_PHONE = "+4915112345670", "+4915112345671"


def pair(left: str, right: str, bits: float = 10, decision: MatchDecision = MatchDecision.AUTO_MERGE) -> Pair[str]:
    """As judged, with no evidence: grouping does not look at it."""
    left, right = sorted((left, right))
    return Pair(left, right, Judgement(bits, 1.0, 0.0, (), (), decision))


def of(**names: str | None) -> Apart[str]:
    """Contacts by id, each with a name or without."""
    return Apart({contact_id: person(name) for contact_id, name in names.items()})


def test_two_that_are_two_people_never_share_a_group() -> None:
    """B fits A and C; the better pair wins, and C stays out."""
    apart = of(a="Ann Lee", b="Lee", c="Bea Lee")
    assert clusters([pair("a", "b", 9), pair("b", "c", 8)], apart) == [("a", "b")]
    assert clusters([pair("a", "b", 8), pair("b", "c", 9)], apart) == [("b", "c")]


def test_a_chain_that_nothing_contradicts_is_one_group() -> None:
    apart = of(a="Ann Lee", b="A. Lee", c="Lee, Ann")
    assert clusters([pair("b", "c"), pair("a", "b")], apart) == [("a", "b", "c")]


def test_pairs_to_be_reviewed_join_nothing() -> None:
    apart = of(a="Ann Lee", b="Ann Lee")
    assert clusters([pair("a", "b", decision=MatchDecision.REVIEW)], apart) == []


def test_a_mark_of_a_person_keeps_groups_apart_too() -> None:
    records = {contact_id: person("Ann Lee") for contact_id in "abc"}
    apart = Apart(records, marked=[("c", "a")])
    assert clusters([pair("a", "b", 9), pair("b", "c", 8)], apart) == [("a", "b")]


def test_a_nameless_contact_of_two_people_belongs_to_neither() -> None:
    apart = of(a="Ann Lee", b=None, c="Bea Lee", d="Lee, Ann")
    assert clusters([pair("a", "b", 9), pair("b", "c", 8), pair("a", "d", 7)], apart) == [("a", "d")]


def test_a_group_is_never_larger_than_one_merge_takes() -> None:
    ids = [f"c{place:03}" for place in range(80)]
    apart = Apart({contact_id: person() for contact_id in ids})
    groups = clusters([pair("c000", other) for other in ids[1:]], apart)
    assert [len(group) for group in groups] == [LARGEST_GROUP]


def test_one_merge_takes_the_best_first_and_at_most_fifty() -> None:
    ids = [f"c{place:03}" for place in range(60)]
    apart = Apart({contact_id: person("Ann Lee") for contact_id in ids})
    found = accept("c000", [pair("c000", other, bits=place) for place, other in enumerate(ids[1:])], apart)
    assert found.sources == tuple(reversed(ids[10:]))
    assert len(found.sources) == MOST_SOURCES
    assert found.left_over == dict.fromkeys(reversed(ids[1:10]))


def test_one_merge_takes_no_two_people() -> None:
    apart = of(a="Lee", b="Ann Lee", c="Bea Lee", d="Ann Lee")
    found = accept("a", [pair("a", "b", 9), pair("a", "c", 8), pair("a", "d", 7)], apart)
    assert found.sources == ("b", "d")
    assert found.left_over == {"c": GuardReason.NAME_CONFLICT}


def test_a_nameless_primary_of_two_people_takes_neither() -> None:
    apart = of(a=None, b="Ann Lee", c="Bea Lee")
    found = accept("a", [pair("a", "b", 9), pair("a", "c", 8)], apart)
    assert found.sources == ()
    assert found.left_over == {"b": GuardReason.AMBIGUOUS, "c": GuardReason.AMBIGUOUS}
    assert accept("a", [pair("a", "b", 9)], apart).sources == ("b",)


def test_nothing_that_must_be_reviewed_is_taken() -> None:
    apart = of(a="Ann Lee", b="Ann Lee")
    found = accept("a", [pair("a", "b", decision=MatchDecision.REVIEW)], apart)
    assert (found.sources, found.left_over) == ((), {})


def records(people: Sequence[Features]) -> dict[str, Features]:
    return {f"c{place:04}": features for place, features in enumerate(people)}


def test_nameless_leads_of_one_address_gather_around_the_one_with_a_name() -> None:
    """Two hundred are more than the key's cap: a star, and not twenty thousand pairs."""
    leads = [person(email="ann.lee@gmail.com") for _ in range(199)]
    contacts = records([*leads[:50], person("Ann Lee", email="ann.lee@gmail.com"), *leads[50:]])
    whole = ContactSet(contacts)
    pairs = list(whole.pairs(Terms(200)))
    assert len(pairs) == 199
    assert {pair.judgement.decision for pair in pairs} == {MatchDecision.AUTO_MERGE}
    assert all("c0050" in (pair.left, pair.right) for pair in pairs)
    assert [len(group) for group in clusters(pairs, Apart(contacts))] == [LARGEST_GROUP]
    assert len(accept("c0050", whole.pairs_with("c0050", Terms(200)), Apart(contacts)).sources) == MOST_SOURCES


def test_a_phone_that_bridges_two_people_merges_neither() -> None:
    contacts = records(
        [
            person("Ann Lee", email="ann@firm.org", phone=PHONE),
            person("Bea Brown", email="bea@firm.org", phone=OTHER_PHONE),
            person(phone=[PHONE, OTHER_PHONE]),
        ]
    )
    whole = ContactSet(contacts)
    pairs = list(whole.pairs_with("c0002", Terms(200)))
    assert {pair.judgement.decision for pair in pairs} == {MatchDecision.AUTO_MERGE}
    found = accept("c0002", pairs, Apart(contacts))
    assert (found.sources, set(found.left_over.values())) == ((), {GuardReason.AMBIGUOUS})
    assert clusters(whole.pairs(Terms(200)), Apart(contacts)) == []
