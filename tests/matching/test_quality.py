"""Floors on the labelled sets (tests/data; docs/matching.md has the figures), and both paths on a whole set."""

from pathlib import Path

import pytest

from gateway.labelled import Labelled, read_folder
from resolvers.matching.cluster import Apart, accept
from resolvers.matching.evaluate import Evaluation, evaluate
from resolvers.matching.features import Features
from resolvers.matching.judge import Terms
from resolvers.matching.normalise import normalise
from resolvers.matching.sweep import ContactSet

DATA = Path(__file__).parent.parent / "data"
SETS = ("contacts-a", "contacts-b")


@pytest.fixture(scope="module", params=SETS)
def labelled(request: pytest.FixtureRequest) -> Labelled:
    """One of the sets."""
    return read_folder(DATA / request.param)


@pytest.fixture(scope="module")
def records(labelled: Labelled) -> dict[str, Features]:
    """Its contacts, normalised."""
    return {contact_id: normalise(facts) for contact_id, facts in labelled.contacts.items()}


@pytest.fixture(scope="module")
def evaluation(labelled: Labelled, records: dict[str, Features]) -> Evaluation:
    """How well it went."""
    return evaluate(records, labelled.entities, labelled.traps)


def test_automatic_merges_are_right(evaluation: Evaluation) -> None:
    assert evaluation.automatic.precision >= 0.999
    assert evaluation.automatic.recall >= 0.48
    assert evaluation.automatic.wrong <= 2


def test_groups_are_right(evaluation: Evaluation) -> None:
    """What merging everything would do: no chain brings in what no pair would."""
    assert evaluation.merged.precision >= 0.999
    assert evaluation.merged.recall >= 0.54
    assert evaluation.merged.wrong <= 2


def test_what_a_person_is_asked_is_worth_the_look(evaluation: Evaluation) -> None:
    assert evaluation.review.precision >= 0.87
    assert evaluation.review.recall >= 0.575


def test_one_contact_and_the_whole_set_agree_on_every_pair(records: dict[str, Features]) -> None:
    """The same counts, so the same scores and decisions, to the last bit."""
    whole, terms = ContactSet(records), Terms(len(records))
    at_once = {(pair.left, pair.right): pair for pair in whole.pairs(terms)}
    single = {(pair.left, pair.right): pair for one in records for pair in whole.pairs_with(one, terms)}
    assert len(at_once) > 4_000
    assert single == at_once


def test_merging_contact_by_contact_makes_no_mistake_that_groups_do_not(
    labelled: Labelled, records: dict[str, Features]
) -> None:
    """mergeContacts without sources, for each contact in turn as the primary."""
    whole, terms, apart = ContactSet(records), Terms(len(records)), Apart(records)
    taken = {
        (min(one, other), max(one, other))
        for one in records
        for other in accept(one, whole.pairs_with(one, terms), apart).sources
    }
    wrong = [pair for pair in taken if labelled.entities[pair[0]] != labelled.entities[pair[1]]]
    assert len(taken) > 1_600
    assert len(wrong) <= 2
