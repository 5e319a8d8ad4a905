"""Which value survives a merge, cell by cell. Pure: no database, no clock, no ids made.

The rules are those of the contract's table (docs/survivorship.md): blanks are filled from the sources in the order
given, consent is the most restrictive, attribute objects merge key by key, the primary wins everything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from resolvers.contacts.cells import SCALARS, Cells, Provenance, changed_cells, is_attribute


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
    """A value, the contact it comes from and the rule that chose it."""

    value: Any
    contact_id: UUID
    rule: Rule
    written_at: datetime


@dataclass(frozen=True)
class Survival:
    """What a merge makes of the primary: all its cells, and the choice behind each one that changed."""

    cells: Cells
    changes: Mapping[str, Choice | None]  # None: the cell is gone (an empty object that got members)


def survive(primary: Candidate, sources: Sequence[Candidate], policy: Mapping[str, str]) -> Survival:
    """Decides every cell. `policy` maps cells to MOST_RECENT; all others follow their default rule."""
    everyone = (primary, *sources)
    choices: dict[str, Choice] = {}
    for name in SCALARS:
        choice = _scalar(name, everyone, policy)
        if choice is not None:
            choices[name] = choice
    for name in ("blocked", "unsubscribed"):
        choices[name] = _consent(name, everyone)
    choices |= _attributes(everyone)
    cells = {name: choice.value for name, choice in choices.items()}
    changed = set(changed_cells(primary.cells, cells))
    # An equal value that was written later moves the writer: the next merge compares by its time.
    changed |= {n for n, c in choices.items() if c.rule is Rule.MOST_RECENT and c.contact_id != primary.contact_id}
    changes = {name: choices.get(name) for name in sorted(changed)}
    return Survival(cells, changes)


def _scalar(name: str, everyone: Sequence[Candidate], policy: Mapping[str, str]) -> Choice | None:
    if name == "isAdmin":  # a merge never grants a privilege
        return _choice(name, everyone[0], Rule.PRIMARY)
    holders = [candidate for candidate in everyone if candidate.cells.get(name) is not None]
    if not holders:
        return None
    if name == "firstSeenAt":
        earliest = min(holders, key=lambda candidate: datetime.fromisoformat(candidate.cells[name]))
        return _choice(name, earliest, Rule.EARLIEST)
    if policy.get(name) == Rule.MOST_RECENT:
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
        for pointer in sorted(filter(is_attribute, candidate.cells)):
            above = _paths_above(pointer)
            if pointer in insides or pointer in chosen or _below_a_value(above, chosen):
                continue
            for path in above:
                chosen.pop(path, None)  # an empty object that gets members
            chosen[pointer] = _choice(pointer, candidate, rule)
            insides.update(above)
    return chosen


def _below_a_value(above: Sequence[str], chosen: Mapping[str, Choice]) -> bool:
    return any(path in chosen and chosen[path].value != {} for path in above)


def _paths_above(pointer: str) -> list[str]:
    parts = pointer.split("/")
    return ["/".join(parts[:length]) for length in range(2, len(parts))]
