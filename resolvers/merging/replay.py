"""A survivor as it would stand if some of what was merged into it had not been. Pure.

A cell stands as its last writer left it: the contact's own base, an edit, or a merge. The merges from the first one
that changed are decided again, in their order and by the rules they were made with, over the sources that are left;
edits made in between are put where they belong by the contact's versions. An edit always wins over the merges
before it. Only groups of cells that the change can reach are looked at.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from db.merges import MergeRow
from resolvers.contacts.cells import Cells, Provenance, group_of, is_inside, paths_above
from resolvers.contacts.writers import written_since
from resolvers.merging.plan import policy_of
from resolvers.merging.records import record_changes, stand
from resolvers.merging.survivorship import Candidate, survive

Stand = dict[str, Any]  # {value, writer}; a cell that is absent has no value


@dataclass(frozen=True)
class Happened:
    """A merge into the contact, with those of its sources that are still merged, in their order."""

    event: MergeRow
    sources: Sequence[Candidate]

    @property
    def version(self) -> int:
        """The contact's version right after it."""
        assert self.event.primary_version is not None
        return self.event.primary_version


@dataclass(frozen=True)
class Replayed:
    """The contact's cells and their writers, and the merges whose record is another one now."""

    cells: Cells
    provenance: Provenance
    events: Sequence[MergeRow]


@dataclass(frozen=True)
class Edit:
    """A cell written by hand, and the contact's version then."""

    version: int
    cell: str
    stand: Stand


def replay(primary: Candidate, merges: Sequence[Happened], groups: Collection[str]) -> Replayed:
    """Decides these groups again. `merges`: the first that is not as it was, and all later ones, oldest first."""
    stands, pending = _beginning(primary, merges, groups)
    events = []
    for merge in merges:
        pending = _apply(stands, pending, merge.version)
        if not merge.sources:  # undone as a whole: its record stays as history
            continue
        event = _decide(primary, stands, pending, merge, groups)
        if event != merge.event:
            events.append(event)
    _apply(stands, pending, None)
    others = {cell: value for cell, value in primary.cells.items() if group_of(cell) not in groups}
    writers = {cell: writer for cell, writer in primary.provenance.items() if group_of(cell) not in groups}
    return Replayed(others | _cells(stands), writers | _writers(stands), events)


def edits_since(cells: Cells, provenance: Provenance, version: int) -> list[Edit]:
    """What was written by hand after that version and still stands, by cell."""
    return [
        Edit(writer["version"], cell, stand(cells, cell, writer))
        for cell, writer in sorted(provenance.items())
        if written_since(writer, version)
    ]


def all_edits(primary: Candidate, merges: Sequence[Happened], cells: Iterable[str]) -> list[Edit]:
    """The same with those that a later merge has covered, of these cells; oldest first."""
    found: dict[tuple[int, str], Edit] = {}
    for cell in cells:
        for state in _states(primary, merges, cell):
            if written_since(state["writer"], merges[0].version):
                found[state["writer"]["version"], cell] = Edit(state["writer"]["version"], cell, state)
    # Of one edit what it removed first, the innermost before the object around it: another value may have come there.
    return sorted(found.values(), key=lambda edit: (edit.version, "value" in edit.stand, -edit.cell.count("/")))


def _beginning(
    primary: Candidate, merges: Sequence[Happened], groups: Collection[str]
) -> tuple[dict[str, Stand], list[Edit]]:
    """How the cells stood right before the first merge, and every edit since. What was edited since and is not on
    record is not known from before: it is absent until its edit."""
    known = set(primary.cells) | set(primary.provenance)
    for merge in merges:
        known |= merge.event.before.keys()
    cells = {cell for cell in known if group_of(cell) in groups}
    stands: dict[str, Stand] = {}
    for cell in cells:
        first = next(_states(primary, merges, cell))
        if not written_since(first["writer"], merges[0].version):
            stands[cell] = first
    return stands, all_edits(primary, merges, cells)


def _states(primary: Candidate, merges: Sequence[Happened], cell: str) -> Iterator[Any]:
    """Everything on record about how the cell stood: before each merge that changed it, and now."""
    for merge in merges:
        if cell in merge.event.before:
            yield merge.event.before[cell]
    yield stand(primary.cells, cell, primary.provenance.get(cell))


def _apply(stands: dict[str, Stand], pending: Sequence[Edit], until: int | None) -> list[Edit]:
    """Puts the edits before that version where they belong; the edits that are left."""
    left = []
    for edit in pending:
        if until is not None and edit.version >= until:
            left.append(edit)
            continue
        above = paths_above(edit.cell)
        for cell in [cell for cell in stands if cell in above or is_inside(cell, edit.cell)]:
            del stands[cell]
        stands[edit.cell] = edit.stand
        if above and not any(is_inside(cell, above[-1]) for cell in _cells(stands)):
            # As in RFC 7396: the object that a member is removed from stays, and comes to be if it was not there.
            stands[above[-1]] = {"value": {}, "writer": edit.stand["writer"]}
    return left


def _decide(
    primary: Candidate, stands: dict[str, Stand], pending: Sequence[Edit], merge: Happened, groups: Collection[str]
) -> MergeRow:
    """The merge decided again over how the cells stand, which it changes; the event with its record.

    A value that was edited later and is on no record is not known. What the merge would do to it now cannot matter
    after the edit, so it is not recorded; and a merge that recorded nothing of the group did nothing there.
    """
    unknown = {edit.cell for edit in pending if edit.cell not in stands}
    recorded = {group_of(cell) for cell in merge.event.before}
    decided = {group for group in groups if group in recorded or group not in map(group_of, unknown)}
    candidate = Candidate(primary.contact_id, _cells(stands), _writers(stands), primary.base_at)
    survival = survive(candidate, merge.sources, policy_of(merge.event), decided)
    known = {cell: choice for cell, choice in survival.changes.items() if cell not in unknown}
    changes = record_changes(merge.event.id, [candidate, *merge.sources], replace(survival, changes=known))
    for cell, after in changes.after.items():
        stands[cell] = {name: part for name, part in after.items() if name != "beat"}
    return replace(
        merge.event,
        before=_others(merge.event.before, decided) | changes.before,
        after=_others(merge.event.after, decided) | changes.after,
    )


def _others(record: dict[str, Any], groups: Collection[str]) -> dict[str, Any]:
    return {cell: value for cell, value in record.items() if group_of(cell) not in groups}


def _cells(stands: dict[str, Stand]) -> Cells:
    return {cell: state["value"] for cell, state in stands.items() if "value" in state}


def _writers(stands: dict[str, Stand]) -> Provenance:
    return {cell: state["writer"] for cell, state in stands.items() if state["writer"] is not None}
