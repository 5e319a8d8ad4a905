"""Which value survives a merge, cell by cell. Pure: no database, no clock, no ids made.

The rules are those of the contract's table (docs/survivorship.md): blanks are filled from the sources in the order
given, consent is the most restrictive, attribute objects merge key by key, the primary wins everything else.

Each group of cells (one scalar, one consent, one top-level attribute key) is decided by itself, so that an undo can
decide some of them again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from resolvers.contacts.cells import (
    ATTRIBUTES,
    CONSENTS,
    SCALARS,
    Cells,
    Provenance,
    changed_cells,
    group_of,
    is_attribute,
    key_group,
    paths_above,
)


class Rule(StrEnum):
    """By which rule a value stands (schema.graphql: SurvivorshipRule)."""

    PRIMARY = "PRIMARY"
    FILLED_FROM_SOURCE = "FILLED_FROM_SOURCE"
    MOST_RECENT = "MOST_RECENT"
    UNION = "UNION"
    MERGED_BY_KEY = "MERGED_BY_KEY"
    MOST_RESTRICTIVE = "MOST_RESTRICTIVE"
    EARLIEST = "EARLIEST"
    LATEST = "LATEST"
    OVERRIDE = "OVERRIDE"
    EDITED_AFTER_MERGE = "EDITED_AFTER_MERGE"


# Cells for which an organisation may choose MOST_RECENT instead of PRIMARY.
CHOOSABLE = frozenset(SCALARS) - {"isAdmin", "firstSeenAt"}
# What the caller of a merge may choose: consent and privilege follow their own rules, lastActivityAt is computed.
OVERRIDABLE = frozenset(SCALARS) - {"isAdmin"} | frozenset(ATTRIBUTES)


@dataclass(frozen=True)
class Candidate:
    """One contact of a merge: its cells, who wrote those that differ from its base, and when the base was written."""

    contact_id: UUID
    cells: Cells
    provenance: Provenance
    base_at: datetime

    def written_at(self, cell: str) -> datetime:
        """When this value was last written, wherever that was."""
        writer = self.provenance.get(cell)
        return datetime.fromisoformat(writer["at"]) if writer else self.base_at


@dataclass(frozen=True)
class Choice:
    """A value, the contact it comes from and the rule that chose it; `absent`: that there is none."""

    value: Any
    contact_id: UUID
    rule: Rule
    written_at: datetime
    absent: bool = False


@dataclass(frozen=True)
class Override:
    """The caller's choice of one contact's value for a cell, an attribute object or a key of customAttributes."""

    contact_id: UUID
    field: str | None = None
    custom_attribute: str | None = None

    def covers(self, group: str) -> bool:
        """Whether it decides this group of cells."""
        if self.custom_attribute is not None:
            return group == key_group("customAttributes", self.custom_attribute)
        return self.field is not None and (group == self.field or group.startswith(f"{self.field}/"))


@dataclass(frozen=True)
class Policy:
    """What decides beside the default rules. `rules` maps cells to MOST_RECENT; an override beats both."""

    rules: Mapping[str, str]
    overrides: Sequence[Override] = ()


@dataclass(frozen=True)
class Survival:
    """What a merge makes of the primary: the cells of the groups decided, and the choice behind each that changed."""

    cells: Cells
    changes: Mapping[str, Choice]


def survive(
    primary: Candidate, sources: Sequence[Candidate], policy: Policy, groups: Collection[str] | None = None
) -> Survival:
    """Decides every cell, or those of some groups only. The primary and the sources in the order given."""
    everyone = (primary, *sources)
    cells: Cells = {}
    changes: dict[str, Choice] = {}
    for group, members in _groups(everyone, groups):
        choices = _decide(group, members, policy)
        decided = {name: choice.value for name, choice in choices.items()}
        # An equal value that was written later, or chosen by the caller, moves the writer.
        moved = {n for n, c in choices.items() if c.rule in _MOVING and c.contact_id != primary.contact_id}
        for name in moved.union(changed_cells(members[0].cells, decided)):
            changes[name] = choices.get(name) or _gone(name, members, policy)
        cells |= decided
    return Survival(cells, {name: changes[name] for name in sorted(changes)})


_MOVING = (Rule.MOST_RECENT, Rule.OVERRIDE)


def _gone(name: str, everyone: Sequence[Candidate], policy: Policy) -> Choice:
    """Why a cell of the primary's is no more: the caller chose it away, or an empty object got members."""
    primary = everyone[0]
    chosen = _overridden(group_of(name), everyone, policy)
    rule = Rule.OVERRIDE if chosen else Rule.MERGED_BY_KEY
    return Choice(None, (chosen or primary).contact_id, rule, primary.written_at(name), absent=True)


def _overridden(group: str, everyone: Sequence[Candidate], policy: Policy) -> Candidate | None:
    """Whose values the caller chose for this group. An override from a contact that is no longer here is void."""
    wanted = next((override.contact_id for override in policy.overrides if override.covers(group)), None)
    return next((candidate for candidate in everyone if candidate.contact_id == wanted), None)


def _groups(everyone: Sequence[Candidate], wanted: Collection[str] | None) -> Iterable[tuple[str, Sequence[Candidate]]]:
    """Each group with the candidates as they stand in it: all of them, with the cells of this group only."""
    found: dict[str, list[Cells]] = {}
    for place, candidate in enumerate(everyone):
        for name, value in candidate.cells.items():
            group = group_of(name)
            if wanted is None or group in wanted:
                found.setdefault(group, [{} for _ in everyone])[place][name] = value
    for group, parts in sorted(found.items()):
        yield group, [replace(c, cells=cells) for c, cells in zip(everyone, parts, strict=True)]


def _decide(group: str, everyone: Sequence[Candidate], policy: Policy) -> dict[str, Choice]:
    chosen = _overridden(group, everyone, policy)
    if chosen is not None:
        return {name: _choice(name, chosen, Rule.OVERRIDE) for name in chosen.cells}
    if group in CONSENTS:
        return {group: _consent(group, everyone)}
    if is_attribute(group):
        return _attributes(everyone)
    choice = _scalar(group, everyone, policy.rules)
    return {group: choice} if choice is not None else {}


def _scalar(name: str, everyone: Sequence[Candidate], rules: Mapping[str, str]) -> Choice | None:
    if name == "isAdmin":  # a merge never grants a privilege
        return _choice(name, everyone[0], Rule.PRIMARY)
    holders = [candidate for candidate in everyone if candidate.cells.get(name) is not None]
    if not holders:
        return None
    if name == "firstSeenAt":
        earliest = min(holders, key=lambda candidate: datetime.fromisoformat(candidate.cells[name]))
        return _choice(name, earliest, Rule.EARLIEST)
    if rules.get(name) == Rule.MOST_RECENT:
        return _choice(name, max(holders, key=lambda candidate: candidate.written_at(name)), Rule.MOST_RECENT)
    rule = Rule.PRIMARY if holders[0] is everyone[0] else Rule.FILLED_FROM_SOURCE
    return _choice(name, holders[0], rule)


def _choice(name: str, candidate: Candidate, rule: Rule) -> Choice:
    return Choice(candidate.cells[name], candidate.contact_id, rule, candidate.written_at(name))


def _consent(name: str, everyone: Sequence[Candidate]) -> Choice:
    """True if it is for any; the time is the earliest, reason and feedback come from the earliest that gave them."""
    restricted = sorted(
        (candidate for candidate in everyone if candidate.cells[name]["value"]),
        key=lambda candidate: candidate.cells[name]["at"] or "",
    )
    if not restricted:
        return _choice(name, everyone[0], Rule.PRIMARY)
    first = restricted[0]
    reasoned = next((c for c in restricted if c.cells[name].get("reason") or c.cells[name].get("feedback")), first)
    told = {key: reasoned.cells[name][key] for key in ("reason", "feedback") if key in reasoned.cells[name]}
    value = first.cells[name] | told
    # A primary that gave the time may owe its reason to a source: name the one that changed something.
    giver = reasoned if first is everyone[0] else first
    return Choice(value, giver.contact_id, Rule.MOST_RESTRICTIVE, giver.written_at(name))


def _attributes(everyone: Sequence[Candidate]) -> dict[str, Choice]:
    """Key by key: a key that is present wins, then the sources in order. Arrays are values, {} is an empty object."""
    chosen: dict[str, Choice] = {}
    insides: set[str] = set()  # every path that is an object because a chosen leaf lies inside it
    for candidate in everyone:
        rule = Rule.PRIMARY if candidate is everyone[0] else Rule.MERGED_BY_KEY
        for pointer in sorted(candidate.cells):
            above = paths_above(pointer)
            if pointer in insides or pointer in chosen or _below_a_value(above, chosen):
                continue
            for path in above:
                chosen.pop(path, None)  # an empty object that gets members
            chosen[pointer] = _choice(pointer, candidate, rule)
            insides.update(above)
    return chosen


def _below_a_value(above: Sequence[str], chosen: Mapping[str, Choice]) -> bool:
    return any(path in chosen and chosen[path].value != {} for path in above)
