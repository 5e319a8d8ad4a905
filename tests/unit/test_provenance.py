"""`origins` on trees built by hand: chains of merges, edits in between, and what lost."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from db.identifiers import IdentifierRow
from db.labels import LabelRow
from db.merges import MergeRow
from resolvers.merging.provenance import Discarded, FieldOrigin, Tree, changes_of, origins
from resolvers.merging.survivorship import Rule
from tests.properties.strategies import make_row

A, B, C, D = (UUID(int=number) for number in (1, 2, 3, 4))
T1, T2, T3, T4 = (datetime(2024, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))


def merged_from(source: UUID, rule: Rule = Rule.FILLED_FROM_SOURCE, at: datetime = T1) -> dict[str, Any]:
    """A cell's writer: a merge took it from this contact."""
    return {"by": "merge", "merge": UUID(int=100).hex, "source": source.hex, "at": at.isoformat(), "rule": rule.value}


def edited(at: datetime) -> dict[str, Any]:
    """A cell's writer: an edit."""
    return {"by": "edit", "at": at.isoformat(), "version": 1 if at < T2 else 3}


def merge_event(at: datetime, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None) -> MergeRow:
    """A merge into A, which has version 2 after it."""
    return MergeRow(
        org_id=UUID(int=9),
        id=UUID(int=100),
        kind="CONTACTS",
        primary_contact_id=A,
        primary_conversation_id=None,
        primary_version=2,
        detected=False,
        policy={},
        overrides=[],
        min_probability=None,
        before=before or {},
        after=after or {},
        actor="tests",
        actor_key_id=UUID(int=7),
        reason=None,
        model_version=None,
        job_id=None,
        request_id=None,
        created_at=at,
        undone_at=None,
        undone_by=None,
    )


def tree(*rows: ContactRow, merges: tuple[MergeRow, ...] = (), **more: Any) -> Tree:
    """The first row is the survivor."""
    rest: dict[str, Any] = {"identifiers": (), "labels": (), "activity": {}, **more}
    return Tree(rows[0], {row.id: row for row in rows}, merges, **rest)


def origin(found: Tree, field: str) -> FieldOrigin:
    """Of one field."""
    return next(origin for origin in origins(found) if origin.field == field)


def test_a_contact_alone() -> None:
    """Every field with a value is its own, sorted by name; blank fields are not there."""
    found = origins(tree(make_row(1, name="Ada", metadata={"a": {"b": 1}})))
    assert [(origin.field, origin.value, origin.contact_id, origin.rule) for origin in found] == [
        ("blocked", False, A, Rule.PRIMARY),
        ("createdAt", "2020-01-01T00:00:00.000000Z", A, Rule.PRIMARY),
        ("isAdmin", False, A, Rule.PRIMARY),
        ("metadata/a/b", 1, A, Rule.PRIMARY),
        ("name", "Ada", A, Rule.PRIMARY),
        ("unsubscribed", False, A, Rule.PRIMARY),
    ]


def test_a_filled_blank_is_its_sources() -> None:
    """With the rule that filled it, and nothing beaten."""
    root = make_row(1, company="Acme", provenance={"company": merged_from(B)})
    found = origin(tree(root, make_row(2, company="Acme"), merges=(merge_event(T2),)), "company")
    assert found == FieldOrigin("company", "Acme", B, Rule.FILLED_FROM_SOURCE, [])


def test_a_chain_leads_to_the_first_owner() -> None:
    """A <- (B <- (C <- D)): A's company is D's, and nobody in between counts as having lost it."""
    root = make_row(1, company="Acme", provenance={"company": merged_from(B)})
    middle = make_row(2, company="Acme", provenance={"company": merged_from(C)})
    last = make_row(3, company="Acme", provenance={"company": merged_from(D)})
    found = origin(tree(root, middle, last, make_row(4, company="Acme"), merges=(merge_event(T2),)), "company")
    assert found == FieldOrigin("company", "Acme", D, Rule.FILLED_FROM_SOURCE, [])


def test_a_chain_ends_at_an_edit() -> None:
    """B got its company from C and changed it before it was merged: it is B's."""
    root = make_row(1, company="Acme", provenance={"company": merged_from(B)})
    middle = make_row(2, company="Acme", provenance={"company": edited(T2)})
    found = origin(tree(root, middle, make_row(3, company="Old"), merges=(merge_event(T3),)), "company")
    assert found == FieldOrigin("company", "Acme", B, Rule.FILLED_FROM_SOURCE, [Discarded("Old", C)])


def test_an_edit_before_and_after_a_merge() -> None:
    """Only the latter is EDITED_AFTER_MERGE, also when it changed what a merge had brought."""
    merge = merge_event(T2, {"name": {"writer": None}})
    before = tree(make_row(1, name="Ada", provenance={"name": edited(T1)}), make_row(2), merges=(merge,))
    after = tree(make_row(1, name="Ada", provenance={"name": edited(T3)}), make_row(2, name="Bo"), merges=(merge,))
    assert origin(before, "name") == FieldOrigin("name", "Ada", A, Rule.PRIMARY, [])
    assert origin(after, "name") == FieldOrigin("name", "Ada", A, Rule.EDITED_AFTER_MERGE, [Discarded("Bo", B)])


def test_an_edit_without_any_merge_is_the_contacts_own() -> None:
    """Nothing was merged: PRIMARY."""
    assert origin(tree(make_row(1, name="Ada", provenance={"name": edited(T3)})), "name").rule == Rule.PRIMARY


def test_values_that_lost_stand_under_their_owners() -> None:
    """Equal ones did not lose; one that a source had from its own source is told once, under the latter."""
    root = make_row(1, name="Ada")
    same = make_row(2, name="Ada")
    owner = make_row(4, name="Dora")
    heir = make_row(3, name="Dora", provenance={"name": merged_from(D)})
    found = origin(tree(root, same, heir, owner, merges=(merge_event(T2),)), "name")
    assert found == FieldOrigin("name", "Ada", A, Rule.PRIMARY, [Discarded("Dora", D)])


def test_what_the_survivor_lost_itself() -> None:
    """MOST_RECENT put B's name there: A's own is told, as it was before the first merge that changed it."""
    merges = (
        merge_event(T2, {"name": {"value": "Ada", "writer": None}}),
        merge_event(T3, {"name": {"value": "Bo", "writer": merged_from(B, Rule.MOST_RECENT)}}),
    )
    root = make_row(1, name="Cleo", provenance={"name": merged_from(C, Rule.MOST_RECENT)})
    found = origin(tree(root, make_row(2, name="Bo"), make_row(3, name="Cleo"), merges=merges), "name")
    assert found == FieldOrigin("name", "Cleo", C, Rule.MOST_RECENT, [Discarded("Ada", A), Discarded("Bo", B)])


def test_a_consent_is_told_part_by_part() -> None:
    """One cell inside, four fields outside, each with its own losers; parts without a value are not there."""
    told: dict[str, Any] = {"unsubscribed": True, "unsubscribed_at": T1, "unsubscribe_reason": "spam"}
    root = make_row(1, **told, provenance={"unsubscribed": merged_from(B, Rule.MOST_RESTRICTIVE)})
    before = {"value": False, "at": None, "reason": None, "feedback": None}
    merge = merge_event(T2, {"unsubscribed": {"value": before, "writer": None}})
    found = tree(root, make_row(2, **told), merges=(merge,))
    at = "2024-01-01T00:00:00.000000Z"
    assert [origin for origin in origins(found) if origin.field.startswith("unsub")] == [
        FieldOrigin("unsubscribeReason", "spam", B, Rule.MOST_RESTRICTIVE, []),
        FieldOrigin("unsubscribed", True, B, Rule.MOST_RESTRICTIVE, [Discarded(False, A)]),
        FieldOrigin("unsubscribedAt", at, B, Rule.MOST_RESTRICTIVE, []),
    ]


def test_unions_belong_to_all() -> None:
    """Identifiers once each, labels by name; the latest activity is somebody's."""
    blank = IdentifierRow(A, UUID(int=9), UUID(int=20), A, "EMAIL", "", "a@x.test", "a@x.test", False, T1)
    held = [blank, replace(blank, id=UUID(int=21), contact_id=B), replace(blank, contact_id=B, normalized="b@x.test")]
    label = LabelRow(UUID(int=9), UUID(int=30), "VIP", "vip", None)
    found = tree(make_row(1), make_row(2), identifiers=held, labels=[label], activity={A: T1, B: T3})
    assert origin(found, "identifiers") == FieldOrigin("identifiers", ["a@x.test", "b@x.test"], None, Rule.UNION)
    assert origin(found, "labels") == FieldOrigin("labels", ["VIP"], None, Rule.UNION)
    assert origin(found, "lastActivityAt") == FieldOrigin(
        "lastActivityAt", "2024-03-01T00:00:00.000000Z", B, Rule.LATEST
    )


def test_what_one_merge_changed() -> None:
    """An event tells its own changes, whatever came later."""
    after = {
        "name": {"value": "Bo", "writer": merged_from(B), "beat": [{"contact": A.hex, "value": "Ada"}]},
        "metadata/a": {"writer": merged_from(A, Rule.MERGED_BY_KEY), "beat": []},
    }
    assert changes_of(merge_event(T2, after=after)) == [
        FieldOrigin("metadata/a", None, A, Rule.MERGED_BY_KEY, []),
        FieldOrigin("name", "Bo", B, Rule.FILLED_FROM_SOURCE, [Discarded("Ada", A)]),
    ]
