"""An undo worked out in full before a row is written: who is parted, and what each contact above them becomes. Pure.

A merge is taken back from its primary; if that was merged away itself, its survivor is worked out again too, and so on
up the tree. Each contact keeps what was written to it by hand since.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from db.merges import MergeRow, SourceRow
from resolvers.access import Act
from resolvers.contacts.cells import CONSENTS, changed_cells, group_of
from resolvers.contacts.row_cells import cells_of, with_cells
from resolvers.ids import CONTACT, encode_id
from resolvers.merging.plan import candidate_of, policy_of
from resolvers.merging.replay import Happened, all_edits, edits_since, replay


@dataclass(frozen=True)
class KeptEdit:
    """Something that the undo left standing on a contact, and why."""

    contact_id: UUID
    field: str
    value: Any
    reason: str


@dataclass(frozen=True)
class MergedTree:
    """A survivor and all that was merged into it; `merges` are those in force, by primary, oldest first."""

    rows: Mapping[UUID, ContactRow]
    merges: Mapping[UUID, Sequence[MergeRow]]
    sources: Mapping[UUID, Sequence[SourceRow]]  # of each merge, those that are still merged
    named: Sequence[UUID] = ()  # every source that the merge in question ever had


@dataclass(frozen=True)
class Parted:
    """A source that is its own contact again, with the ids that go with it (its own is the first)."""

    row: ContactRow
    members: tuple[UUID, ...]


@dataclass(frozen=True)
class UndoPlan:
    """Everything that an undo writes, but for what is derived from identifiers and activity."""

    event: MergeRow
    undone: tuple[SourceRow, ...]
    parted: tuple[Parted, ...]
    changed: tuple[ContactRow, ...]  # the primary and the survivors above it; the last one is the root
    events: tuple[MergeRow, ...]  # whose record changed, the undone one first
    kept: tuple[KeptEdit, ...]


def plan_undo(act: Act, tree: MergedTree, event: MergeRow, chosen: Sequence[UUID], reason: str | None) -> UndoPlan:
    """Takes these sources of a merge out again. `event` stands in the tree's merges."""
    undone = tuple(
        replace(source, undone_at=act.now, undone_by=act.actor.label, undo_reason=reason)
        for source in tree.sources[event.id]
        if source.contact_id in chosen
    )
    levels = list(_levels(tree, event))
    changed, events = _work_out(tree, levels, set(chosen))
    remaining = [source for source in tree.sources[event.id] if source.contact_id not in chosen]
    after = next((found for found in events if found.id == event.id), event)
    if not remaining:
        after = replace(after, undone_at=act.now, undone_by=act.actor.label)
    statements = _statements(tree, levels)
    parted, kept = [], list(_kept_edits(levels))
    for contact_id in chosen:
        row, copied = _with_statements(act, event, tree.rows[contact_id], statements)
        parted.append(Parted(row, _members(tree.rows, contact_id)))
        kept += copied
    return UndoPlan(
        event=after,
        undone=undone,
        parted=tuple(parted),
        changed=tuple(changed),
        events=(after, *(found for found in events if found.id != event.id)),
        kept=tuple(kept),
    )


@dataclass(frozen=True)
class _Level:
    """A contact on the way up, and its merges from the one that the undo reaches it by."""

    row: ContactRow
    merges: Sequence[MergeRow]

    @property
    def version(self) -> int:
        """The contact's version right after the first of them."""
        assert self.merges[0].primary_version is not None
        return self.merges[0].primary_version


def _levels(tree: MergedTree, event: MergeRow) -> Iterator[_Level]:
    assert event.primary_contact_id is not None
    row = tree.rows[event.primary_contact_id]
    reached_by = event.id
    while True:
        merges = tree.merges[row.id]
        first = next(place for place, merge in enumerate(merges) if merge.id == reached_by)
        yield _Level(row, merges[first:])
        if row.merged_into_id is None or row.merge_id is None:
            return
        reached_by, row = row.merge_id, tree.rows[row.merged_into_id]


def _work_out(
    tree: MergedTree, levels: Sequence[_Level], leaving: set[UUID]
) -> tuple[list[ContactRow], list[MergeRow]]:
    """The contacts upwards as they become, as far as anything changes, and the root; the merges recorded anew."""
    rows = dict(tree.rows)
    groups = _reached(tree, levels[0].merges[0], leaving)
    events: list[MergeRow] = []
    for level in levels:
        merges = [
            Happened(merge, [candidate_of(rows[source]) for source in _still(tree, merge) if source not in leaving])
            for merge in level.merges
        ]
        done = replay(candidate_of(level.row), merges, groups)
        rows[level.row.id] = replace(with_cells(level.row, done.cells), provenance=done.provenance)
        events += done.events
        groups = _changed_groups(level.row, rows[level.row.id])
    return [rows[level.row.id] for level in levels], events


def _reached(tree: MergedTree, event: MergeRow, leaving: set[UUID]) -> set[str]:
    """The groups that the merge may decide otherwise without these: what it changed, and what the caller chose one of
    theirs for, even where that changed nothing."""
    groups = {group_of(cell) for cell in event.before}
    void = [override for override in policy_of(event).overrides if override.contact_id in leaving]
    if void:
        everywhere = {group_of(cell) for source in _still(tree, event) for cell in cells_of(tree.rows[source])}
        groups |= {group for group in everywhere if any(override.covers(group) for override in void)}
    return groups


def _still(tree: MergedTree, merge: MergeRow) -> list[UUID]:
    return [source.contact_id for source in tree.sources[merge.id] if source.contact_id is not None]


def _changed_groups(before: ContactRow, after: ContactRow) -> set[str]:
    """What a merge of this contact into another may decide otherwise now."""
    cells = set(changed_cells(cells_of(before), cells_of(after)))
    written = before.provenance.keys() | after.provenance.keys()
    cells |= {cell for cell in written if before.provenance.get(cell) != after.provenance.get(cell)}
    return {group_of(cell) for cell in cells}


def _members(rows: Mapping[UUID, ContactRow], top: UUID) -> tuple[UUID, ...]:
    """A contact and all that was merged into it, at any depth."""
    below: dict[UUID, list[UUID]] = {}
    for row in rows.values():
        if row.merged_into_id is not None:
            below.setdefault(row.merged_into_id, []).append(row.id)
    found = [top]
    for contact_id in found:
        found += sorted(below.get(contact_id, ()))
    return tuple(found)


def _kept_edits(levels: Sequence[_Level]) -> Iterator[KeptEdit]:
    for level in levels:
        for edit in edits_since(cells_of(level.row), level.row.provenance, level.version):
            value = edit.stand.get("value")
            value = value["value"] if edit.cell in CONSENTS and value else value
            yield KeptEdit(level.row.id, edit.cell, value, "It was written after the merge, so it stays here.")


def _statements(tree: MergedTree, levels: Sequence[_Level]) -> dict[str, tuple[UUID, dict[str, Any], dict[str, Any]]]:
    """For each consent the last word that somebody said about the merged contact, if it was an opt-out or a block:
    (the contact it was said of, the cell, its writer). It held for the sources too."""
    found = {}
    for consent in CONSENTS:
        for level in reversed(levels):
            merges = [Happened(merge, ()) for merge in level.merges]
            said = all_edits(candidate_of(level.row), merges, [consent])
            if said:
                last = said[-1].stand
                if last["value"]["value"]:
                    found[consent] = (level.row.id, last["value"], last["writer"])
                break
    return found


def _with_statements(
    act: Act,
    event: MergeRow,
    row: ContactRow,
    statements: Mapping[str, tuple[UUID, dict[str, Any], dict[str, Any]]],
) -> tuple[ContactRow, list[KeptEdit]]:
    """A parted contact with the opt-outs that were said while it was merged: consent is never loosened."""
    cells = cells_of(row)
    version = row.version + 1
    provenance, kept = dict(row.provenance), []
    for consent, (said_of, cell, writer) in statements.items():
        if cells[consent]["value"]:
            continue
        cells[consent] = cell
        provenance[consent] = {
            "by": "undo",
            "merge": event.id.hex,
            "source": said_of.hex,
            "at": writer["at"],
            "version": version,
        }
        reason = f"It was set on {encode_id(CONTACT, said_of)} after the merge, so it holds for this contact too."
        kept.append(KeptEdit(row.id, consent, True, reason))
    parted = replace(
        with_cells(row, cells),
        canonical_id=row.id,
        merged_into_id=None,
        merge_id=None,
        provenance=provenance,
        updated_at=max(act.now, row.updated_at),
        version=version,
    )
    return parted, kept
