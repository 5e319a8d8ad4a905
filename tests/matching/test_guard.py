"""Each guard by the pair that it is for; what none of them holds back; and what an organisation may change."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from resolvers.matching.candidates import Holders
from resolvers.matching.guard import OPTIONAL, GuardReason
from resolvers.matching.judge import MatchDecision, Terms, held_back, judge
from resolvers.matching.sweep import judge_candidates
from tests.matching.people import TERMS, judged, person, reasons, shared_by

MOBILE = "+4915112345670"
FIXED = "+493012345678"
UNKNOWN = "+12025550143"
ANN = person("Ann Lee", email="ann@firm.org")


def test_one_address_and_one_name_are_merged() -> None:
    found = judged(ANN, person("Lee, Ann", email="ann@firm.org"))
    assert found.decision is MatchDecision.AUTO_MERGE
    assert found.blocked_by == ()


def test_a_mark_of_a_person_keeps_a_pair_out_of_review() -> None:
    found = judge(ANN, ANN, shared_by(1, ANN), TERMS, marked_distinct=True)
    assert found.blocked_by == (GuardReason.MARKED_DISTINCT,)
    assert found.decision is MatchDecision.DIFFERENT
    assert found.probability > 0.99


def test_a_mark_reaches_detection() -> None:
    whole = {"a": ANN, "b": ANN, "c": ANN}
    holders = {"e:ann@firm.org": Holders("abc", ["al"] * 3, 3)}
    found = judge_candidates("b", holders, whole, TERMS, marked_distinct={"a"})
    assert [(pair.left, pair.right, pair.judgement.decision) for pair in found] == [
        ("a", "b", MatchDecision.DIFFERENT),
        ("b", "c", MatchDecision.AUTO_MERGE),
    ]


CASES: list[tuple[GuardReason, dict[str, Any], dict[str, Any]]] = [
    (GuardReason.EXTERNAL_ID_CONFLICT, {"ids": {"crm": "7"}}, {"ids": {"crm": "8"}}),
    (GuardReason.NAME_CONFLICT, {"name": "Bea Lee"}, {"name": "Ann Lee"}),
    (GuardReason.NAME_CONFLICT, {"name": "Ann Brown"}, {"name": "Ann Lee"}),
    (GuardReason.NAME_CONFLICT, {"name": "Bea"}, {"name": "Ann Lee"}),
    (GuardReason.BIRTHDATE_CONFLICT, {"born": "1969-02-03"}, {"born": "1999-02-03"}),
    (GuardReason.GENERATION_SUFFIX, {"name": "Ann Lee Jr."}, {"name": "Ann Lee"}),
    (GuardReason.BLOCKED_DIFFERS, {"blocked": True}, {}),
]


@pytest.mark.parametrize(("reason", "left", "right"), CASES)
def test_what_holds_a_pair_back_whatever_else_agrees(
    reason: GuardReason, left: dict[str, Any], right: dict[str, Any]
) -> None:
    same: dict[str, Any] = {"email": "a.lee@firm.org", "phone": MOBILE, "usernames": {"app": "a_lee_92"}}
    one, other = person(**same | left), person(**same | right)
    assert reasons(one, other) == reasons(other, one) == {reason}
    assert judged(one, other).decision is MatchDecision.REVIEW


@pytest.mark.parametrize("name", ["Lee", "Sam Lee", "Samatha Lee", "S. Lea-Mo"])
def test_a_number_and_a_name_that_fits_two_of_a_household(name: str) -> None:
    one, other = person("Samantha Lee", phone=MOBILE), person(name, phone=MOBILE)
    assert reasons(one, other) & {GuardReason.WEAK_NAME_ON_PHONE, GuardReason.NAME_CONFLICT}
    assert judged(one, other).decision is not MatchDecision.AUTO_MERGE


def test_an_initial_is_enough_on_a_mobile_phone_alone() -> None:
    """The number is one person's there more often; a fixed line is a household's, and an unknown one may be."""
    for number, held in (
        (MOBILE, set()),
        (FIXED, {GuardReason.WEAK_NAME_ON_PHONE}),
        (UNKNOWN, {GuardReason.WEAK_NAME_ON_PHONE}),
    ):
        assert reasons(person("Ann Lee", phone=number), person("A. Lee", phone=number)) == held


def test_what_several_people_share() -> None:
    assert reasons(person(email="info@firm.org"), person(email="info@firm.org")) == {GuardReason.SHARED_IDENTIFIER}
    nameless = person(email="ann@firm.org")
    assert reasons(nameless, ANN, people=4) == {GuardReason.SHARED_IDENTIFIER}
    assert reasons(nameless, ANN, people=2) == {GuardReason.SHARED_IDENTIFIER}
    assert reasons(ANN, ANN, people=2) == set()


def test_no_identifier_of_ones_own() -> None:
    one, other = person("Ann Lee", company="Firm", country="DE"), person("Ann Lee", company="Firm", country="DE")
    assert reasons(one, other) == {GuardReason.NO_STRONG_IDENTIFIER}


def test_name_birthdate_and_street_do_without_an_identifier() -> None:
    same = {"born": "1999-02-03", "street": "Main St. 12", "postal_code": "12345"}
    one, other = person("Ann Lee", **same), person("Ann Lee", **same)
    assert judged(one, other).decision is MatchDecision.AUTO_MERGE
    twin = person("Nan Lee", **same)
    assert judged(one, twin).decision is not MatchDecision.AUTO_MERGE
    moved = person("Ann Lee", phone=MOBILE, **same)
    assert reasons(person("Ann Lee", phone=UNKNOWN, **same), moved) == {GuardReason.NO_STRONG_IDENTIFIER}


def test_a_fixed_line_and_a_side_without_a_name() -> None:
    assert reasons(person("Ann Lee", phone=FIXED), person(phone=FIXED)) == {GuardReason.FIXED_LINE}
    assert reasons(person("Ann Lee", phone=MOBILE), person(phone=MOBILE)) == set()


def test_a_number_given_to_somebody_else_is_an_optional_guard() -> None:
    old = replace(person("Ann Lee", phone=MOBILE), active_from=0, active_to=100)
    later = replace(person(phone=MOBILE), active_from=700, active_to=700)
    soon = replace(later, active_from=600, active_to=700)
    stale = Terms(10_000, guards=OPTIONAL)
    assert reasons(old, later) == set()
    assert reasons(old, later, terms=stale) == reasons(later, old, terms=stale) == {GuardReason.STALE_PHONE}
    assert reasons(old, soon, terms=stale) == set()
    assert reasons(old, replace(later, name=old.name), terms=stale) == set()
    assert reasons(old, replace(later, active_from=None), terms=stale) == set()


def test_a_field_left_out_gives_no_evidence_but_still_speaks_against() -> None:
    one, other = (person("Ann Lee", email="ann@firm.org", born=day) for day in ("1999-02-03", "1969-02-03"))
    terms = Terms(10_000, ignored=frozenset({"birthdate"}))
    found = judged(one, other, terms=terms)
    assert {item.finding.field for item in found.weighed} == {"email", "name"}
    assert found.blocked_by == (GuardReason.BIRTHDATE_CONFLICT,)


def test_a_birthdate_after_the_contact_was_made_speaks_against_a_pair_and_never_for_it() -> None:
    """There is no clock: nobody is known before being born."""
    made = date(2020, 1, 1)
    one, other = (person("Ann Lee", born="2031-05-05", active_from=made) for _ in range(2))
    assert "birthdate" not in {item.finding.field for item in judged(one, other).weighed}
    assert GuardReason.BIRTHDATE_CONFLICT in reasons(one, person("Ann Lee", born="1999-02-03"))


def test_what_only_the_caller_knows_closes_too() -> None:
    found = held_back(judged(ANN, ANN), GuardReason.ROLE_RULE, TERMS)
    assert (found.decision, found.blocked_by) == (MatchDecision.REVIEW, (GuardReason.ROLE_RULE,))
    assert held_back(found, GuardReason.ROLE_RULE, TERMS) == found


def test_no_threshold_opens_a_guard() -> None:
    one, other = person("Ann Lee", email="ann@firm.org"), person("Bea Lee", email="ann@firm.org")
    assert judged(one, other, terms=Terms(10_000, automatic=0.0, review=0.0)).decision is MatchDecision.REVIEW
