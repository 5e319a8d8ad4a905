"""A merge as it is planned: the survivor's row, the event with before, after and what was beaten, the sources."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.derived import with_derived
from resolvers.merging.plan import MergePlan, MergeTerms, plan_merge
from resolvers.merging.survivorship import Policy
from tests.properties.strategies import make_row

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MADE, LATER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
MERGE, KEY = UUID(int=100), UUID(int=7)
ACT = Act(Actor(KEY, "CRM sync", (UUID(int=9),), ALL_SCOPES), NOW, lambda: MERGE, "request-1")
A, B, C = (UUID(int=number).hex for number in (1, 2, 3))


def planned(primary: ContactRow, *sources: ContactRow, **policy: str) -> MergePlan:
    """By a caller who says why."""
    return plan_merge(ACT, primary, sources, MergeTerms(Policy(policy), detected=False, reason="same person"))


def writer(source: str, rule: str, at: datetime = MADE) -> dict[str, Any]:
    """Who wrote a cell."""
    return {"by": "merge", "merge": MERGE.hex, "source": source, "at": at.isoformat(), "rule": rule}


def test_only_changed_cells_stand_in_the_event() -> None:
    """A blank that was filled and a key that was added; what the primary kept is not there."""
    primary = make_row(1, name="Ada", custom_attributes={"plan": "pro"})
    source = make_row(2, name="Bo", company="Acme", custom_attributes={"plan": "free", "seats": 3})
    plan = planned(primary, source)
    filled, added = writer(B, "FILLED_FROM_SOURCE"), writer(B, "MERGED_BY_KEY")
    assert plan.event.before == {"company": {"writer": None}, "customAttributes/seats": {"writer": None}}
    assert plan.event.after == {
        "company": {"value": "Acme", "writer": filled, "beat": []},
        "customAttributes/seats": {"value": 3, "writer": added, "beat": []},
    }
    assert plan.survivor.provenance == {"company": filled, "customAttributes/seats": added}
    assert (plan.survivor.name, plan.survivor.company) == ("Ada", "Acme")
    assert plan.survivor.custom_attributes == {"plan": "pro", "seats": 3}


def test_what_was_beaten_is_kept() -> None:
    """Every other value of the cell with its owner, equal ones left out: a source may be parted again and change."""
    primary = make_row(1, name="Ada", provenance={"name": {"by": "edit", "at": LATER.isoformat()}})
    sources = [make_row(2, name="Bo", base_at=NOW), make_row(3, name="Ada"), make_row(4), make_row(5, name="Bo")]
    plan = planned(primary, *sources, name="MOST_RECENT")
    assert plan.event.before["name"] == {"value": "Ada", "writer": {"by": "edit", "at": LATER.isoformat()}}
    assert plan.event.after["name"] == {
        "value": "Bo",
        "writer": writer(B, "MOST_RECENT", NOW),
        "beat": [{"contact": A, "value": "Ada"}, {"contact": C, "value": "Ada"}],
    }
    assert plan.event.policy == {"name": "MOST_RECENT"}


def test_a_value_keeps_the_time_when_it_was_written() -> None:
    """An edit of the source is as old as it is, wherever the value goes."""
    edited = {"company": {"by": "edit", "at": LATER.isoformat()}}
    plan = planned(make_row(1), make_row(2, company="Acme", provenance=edited))
    assert plan.survivor.provenance["company"]["at"] == LATER.isoformat()


def test_an_empty_object_that_gets_members_is_gone() -> None:
    """Its cell has a value before and none after."""
    plan = planned(make_row(1, metadata={"a": {}}), make_row(2, metadata={"a": {"b": 1}}))
    assert plan.event.before == {"metadata/a": {"value": {}, "writer": None}, "metadata/a/b": {"writer": None}}
    assert plan.event.after == {
        "metadata/a": {
            "writer": writer(A, "MERGED_BY_KEY"),
            "beat": [{"contact": A, "value": {}}],
        },
        "metadata/a/b": {"value": 1, "writer": writer(B, "MERGED_BY_KEY"), "beat": []},
    }
    assert plan.survivor.metadata == {"a": {"b": 1}}


def test_a_consent_is_one_cell() -> None:
    """With its time, reason and feedback, before and after."""
    opted_out: dict[str, Any] = {"unsubscribed": True, "unsubscribed_at": LATER, "unsubscribe_reason": "spam"}
    plan = planned(make_row(1), make_row(2, **opted_out))
    told = {"value": True, "at": "2021-01-01T00:00:00.000000Z", "reason": "spam", "feedback": None}
    nothing = {"value": False, "at": None, "reason": None, "feedback": None}
    assert plan.event.before == {"unsubscribed": {"value": nothing, "writer": None}}
    assert plan.event.after["unsubscribed"]["value"] == told
    assert plan.event.after["unsubscribed"]["beat"] == [{"contact": A, "value": nothing}]
    assert (plan.survivor.unsubscribed_at, plan.survivor.unsubscribe_reason) == (LATER, "spam")


def test_nothing_to_take_over() -> None:
    """Two blank contacts: an event without cells; the version counts on all the same."""
    plan = planned(make_row(1, version=4), make_row(2))
    assert (plan.event.before, plan.event.after) == ({}, {})
    assert (plan.survivor.version, plan.event.primary_version, plan.survivor.updated_at) == (5, 5, NOW)


def test_the_event_says_who_when_and_why() -> None:
    """And the sources stand in the order in which they were named."""
    plan = planned(make_row(1), make_row(3), make_row(2))
    event = plan.event
    assert (event.id, event.kind, event.primary_contact_id) == (MERGE, "CONTACTS", UUID(int=1))
    assert (event.actor, event.actor_key_id, event.reason) == ("CRM sync", KEY, "same person")
    assert (event.request_id, event.created_at, event.detected) == ("request-1", NOW, False)
    assert (event.undone_at, event.undone_by) == (None, None)
    assert [(row.merge_id, row.position, row.contact_id) for row in plan.sources] == [
        (MERGE, 0, UUID(int=3)),
        (MERGE, 1, UUID(int=2)),
    ]


def test_the_survivor_is_the_primary_but_for_its_values() -> None:
    """Pointers, time of origin and organisation stay; a clock that steps back does not move `updatedAt` back."""
    primary = replace(make_row(1, name="Ada"), updated_at=NOW + timedelta(days=1))
    survivor = planned(primary, make_row(2, name="Bo", base_at=LATER)).survivor
    assert survivor.updated_at == primary.updated_at
    for name in ("org_id", "id", "created_at", "base_at", "canonical_id", "merged_into_id", "merge_id", "erased_at"):
        assert getattr(survivor, name) == getattr(primary, name)


def test_derived_columns_are_united() -> None:
    """Search finds the identifiers of all; the order of names is that of the survivor; the latest activity counts."""
    primary = with_derived(replace(make_row(1, name="Ada"), last_activity_sort=MADE), ["a@x.test"])
    source = with_derived(replace(make_row(2, name="Bo", company="Ácme"), last_activity_sort=LATER), ["b@x.test"])
    survivor = planned(primary, source).survivor
    assert survivor.search_text == "ada\nácme\na@x.test\nb@x.test"
    assert (survivor.name_sort, survivor.last_activity_sort) == ("ada", LATER)
