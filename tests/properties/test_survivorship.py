"""`survive` against an oracle written from the contract's table alone, and what must hold whatever is merged."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from db.contacts import ContactRow
from resolvers.contacts.cells import object_of, same
from resolvers.contacts.row_cells import cells_of
from resolvers.merging.plan import candidate_of
from resolvers.merging.survivorship import CHOOSABLE, Policy, Survival, survive
from tests.properties.strategies import rows

TEXTS = ("name", "avatarUrl", "company", "title", "language", "timezone", "role", "email", "phone")
PLAIN = (*TEXTS, "address", "birthdate", "availabilityStatus")
OBJECTS = ("customAttributes", "metadata", "additionalAttributes")

people = st.integers(1, 4).flatmap(lambda count: st.tuples(*(rows(number) for number in range(1, count + 2))))
policies = st.sets(st.sampled_from(PLAIN), max_size=4).map(lambda chosen: dict.fromkeys(chosen, "MOST_RECENT"))


def survived(merged: Sequence[ContactRow], policy: dict[str, str] | None = None) -> Survival:
    """The first is the primary."""
    candidates = [candidate_of(row) for row in merged]
    return survive(candidates[0], candidates[1:], Policy(policy or {}))


def values_of(cells: dict[str, Any]) -> dict[str, Any]:
    """Cells as fields, attribute objects whole."""
    plain = {name: value for name, value in cells.items() if "/" not in name and value is not None}
    return plain | {name: object_of(name, cells) for name in OBJECTS}


# The oracle: the contract's table, sentence by sentence, over fields rather than cells.


def oracle(merged: Sequence[ContactRow], policy: dict[str, str]) -> dict[str, Any]:
    """What the contract says the survivor has."""
    seen = [values_of(cells_of(row)) for row in merged]
    result: dict[str, Any] = {}
    for name in PLAIN:
        having = [number for number, values in enumerate(seen) if values.get(name) is not None]
        if not having:
            continue
        winner = having[0]
        if name in policy:
            newest = max(_written(merged[number], name) for number in having)
            winner = next(number for number in having if _written(merged[number], name) == newest)
        result[name] = seen[winner][name]
    result["isAdmin"] = seen[0]["isAdmin"]
    first_seen = [values["firstSeenAt"] for values in seen if "firstSeenAt" in values]
    if first_seen:
        result["firstSeenAt"] = min(first_seen, key=datetime.fromisoformat)
    for name in ("blocked", "unsubscribed"):
        result[name] = _oracle_consent([values[name] for values in seen])
    for name in OBJECTS:
        merged_object: dict[str, Any] = {}
        for values in seen:
            merged_object = _oracle_object(merged_object, values[name])
        result[name] = merged_object
    return result


def _written(row: ContactRow, cell: str) -> datetime:
    writer = row.provenance.get(cell)
    return datetime.fromisoformat(writer["at"]) if writer else row.base_at


def _oracle_consent(consents: list[dict[str, Any]]) -> dict[str, Any]:
    restricted = [consent for consent in consents if consent["value"]]
    if not restricted:
        return consents[0]
    in_time = sorted(restricted, key=lambda consent: datetime.fromisoformat(consent["at"]))
    giver = next((c for c in in_time if c.get("reason") or c.get("feedback")), in_time[0])
    told = {key: value for key, value in giver.items() if key in ("reason", "feedback")}
    return {"value": True, "at": in_time[0]["at"]} | told


def _oracle_object(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    merged = dict(first)
    for key, value in second.items():
        if key not in merged:
            merged[key] = value
        elif isinstance(merged[key], dict) and isinstance(value, dict):
            merged[key] = _oracle_object(merged[key], value)
    return merged


@given(people, policies)
def test_every_field_is_what_the_contract_says(merged: Sequence[ContactRow], policy: dict[str, str]) -> None:
    """Blanks, consents, attributes, times and MOST_RECENT, over arbitrary contacts."""
    assert same(values_of(survived(merged, policy).cells), oracle(merged, policy))


def test_the_oracle_knows_every_field_that_can_be_chosen() -> None:
    """A new field for which MOST_RECENT may be set must be added here too."""
    assert set(PLAIN) == CHOOSABLE


@given(people, policies)
def test_consent_is_never_loosened_and_no_privilege_granted(
    merged: Sequence[ContactRow], policy: dict[str, str]
) -> None:
    """One opt-out among all is enough; the primary alone says whether it is an admin."""
    cells = survived(merged, policy).cells
    for name in ("blocked", "unsubscribed"):
        assert cells[name]["value"] is any(getattr(row, name) for row in merged)
        for row in merged:
            at = getattr(row, f"{name}_at")
            assert at is None or datetime.fromisoformat(cells[name]["at"]) <= at
    assert cells["isAdmin"] is merged[0].is_admin


@given(people)
def test_what_the_primary_has_never_changes(merged: Sequence[ContactRow]) -> None:
    """By the default rules every value and every key that is present in the primary stays."""
    cells = survived(merged).cells
    for name, value in cells_of(merged[0]).items():
        if name in ("blocked", "unsubscribed", "firstSeenAt") or value == {}:
            continue
        assert same(cells[name], value), name


@given(people, policies)
def test_every_value_is_somebodys(merged: Sequence[ContactRow], policy: dict[str, str]) -> None:
    """A merge invents nothing: each choice names a contact that has that very value in that cell."""
    survival = survived(merged, policy)
    theirs = {row.id: cells_of(row) for row in merged}
    for cell, choice in survival.changes.items():
        if not choice.absent and cell not in ("blocked", "unsubscribed"):
            assert same(theirs[choice.contact_id][cell], choice.value)


@given(people, policies)
def test_changes_lead_from_the_primary_to_the_survivor(merged: Sequence[ContactRow], policy: dict[str, str]) -> None:
    """The primary's cells with the changes put in are the survivor's: nothing else moved."""
    survival = survived(merged, policy)
    cells = dict(cells_of(merged[0]))
    for cell, choice in survival.changes.items():
        if choice.absent:
            del cells[cell]
        else:
            cells[cell] = choice.value
    assert same(cells, survival.cells)


@given(people, st.randoms(use_true_random=False))
def test_the_order_of_sources_counts_for_blanks_alone(merged: Sequence[ContactRow], random: Any) -> None:
    """Consent, times, isAdmin and all that one contact alone can give are the same in any order."""
    sources = list(merged[1:])
    random.shuffle(sources)
    one, other = (values_of(survived(order).cells) for order in (merged, [merged[0], *sources]))
    seen = [values_of(cells_of(row)) for row in merged]
    for name in PLAIN:
        if len([values for values in seen[1:] if name in values]) < 2 or name in seen[0]:
            assert same(one.get(name), other.get(name)), name
    for name in ("blocked", "unsubscribed"):
        assert (one[name]["value"], one[name]["at"]) == (other[name]["value"], other[name]["at"])
    assert one.get("firstSeenAt") == other.get("firstSeenAt")
    assert one["isAdmin"] == other["isAdmin"]
