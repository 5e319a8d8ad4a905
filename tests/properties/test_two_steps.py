"""Merging in two steps gives what merging at once gives: whoever merges late is not worse off."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import assume, given

from db.contacts import ContactRow
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.cells import same
from resolvers.contacts.row_cells import cells_of
from resolvers.ids import IdSource
from resolvers.merging.plan import MergeTerms, plan_merge
from resolvers.merging.survivorship import Policy
from tests.properties.strategies import MOMENTS, make_row, rows
from tests.properties.test_survivorship import policies

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ACT = Act(Actor(UUID(int=7), "tests", (UUID(int=9),), ALL_SCOPES), NOW, IdSource(lambda: NOW))


def merged(policy: dict[str, str], primary: ContactRow, *sources: ContactRow) -> ContactRow:
    """The survivor's row as a merge plans it."""
    return plan_merge(ACT, primary, sources, MergeTerms(Policy(policy), detected=False)).survivor


def without_reasons(row: ContactRow) -> dict[str, Any]:
    """The cells, but for the words beside a consent (see the last test)."""
    cells = cells_of(row)
    return cells | {"unsubscribed": {key: cells["unsubscribed"][key] for key in ("value", "at")}}


@given(rows(1), rows(2), rows(3), policies)
def test_two_steps_are_one(a: ContactRow, b: ContactRow, c: ContactRow, policy: dict[str, str]) -> None:
    """(A<-B)<-C and A<-[B,C], under any policy."""
    steps = merged(policy, merged(policy, a, b), c)
    assert same(without_reasons(steps), without_reasons(merged(policy, a, b, c)))


def test_an_equal_value_written_later_makes_a_value_younger() -> None:
    """MOST_RECENT: B says what A says, but later. C, in between, is older than what both say, also in two steps."""
    january, february, march = MOMENTS[:3]
    a = make_row(1, base_at=january, name="Ada")
    b = make_row(2, base_at=march, name="Ada")
    c = make_row(3, base_at=february, name="Chlöe")
    policy = {"name": "MOST_RECENT"}
    assert merged(policy, a, b, c).name == "Ada"
    assert merged(policy, merged(policy, a, b), c).name == "Ada"


@given(rows(1), rows(2), rows(3))
def test_a_tree_of_merges_is_one(a: ContactRow, b: ContactRow, c: ContactRow) -> None:
    """A<-(B<-C) and A<-[B,C] by the default rules; only an admin among C and B is no matter of A."""
    steps = merged({}, a, merged({}, b, c))
    assert same(without_reasons(steps), without_reasons(merged({}, a, b, c)))


@given(rows(1), rows(2), rows(3), policies)
def test_derived_columns_are_the_same(a: ContactRow, b: ContactRow, c: ContactRow, policy: dict[str, str]) -> None:
    """Order of names and the latest activity do not depend on the way either."""
    steps, once = merged(policy, merged(policy, a, b), c), merged(policy, a, b, c)
    assert (steps.last_activity_sort, steps.search_text) == (once.last_activity_sort, once.search_text)
    if same(cells_of(steps).get("name"), cells_of(once).get("name")):
        assert steps.name_sort == once.name_sort


@given(rows(1), rows(2), rows(3))
def test_words_beside_a_consent_in_two_steps(a: ContactRow, b: ContactRow, c: ContactRow) -> None:
    """When one contact alone gave a reason or feedback, it is kept whichever way the merges go."""
    giving = [row for row in (a, b, c) if row.unsubscribe_reason or row.unsubscribe_feedback]
    assume(len(giving) == 1)
    for survivor in (merged({}, merged({}, a, b), c), merged({}, a, merged({}, b, c)), merged({}, a, b, c)):
        assert survivor.unsubscribe_reason == giving[0].unsubscribe_reason
        assert survivor.unsubscribe_feedback == giving[0].unsubscribe_feedback
