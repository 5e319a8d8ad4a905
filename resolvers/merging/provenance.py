"""Where each value of a contact comes from, by which rule, and what it beat.

A cell of the survivor names its writer: nobody (its own base), an edit, or a merge with the source it took the
value from. A source may have taken it from one of its own sources: the trail is followed through the frozen rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db import activity, channels, identifiers, inboxes, merges
from db import contacts as contact_rows
from db.channels import ChannelRow
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.identifiers import IdentifierRow
from db.inboxes import AddressRow
from db.labels import LABELS, LabelRow
from db.merges import MergeRow
from db.segments import SEGMENTS, SegmentRow
from resolvers.access import Act
from resolvers.contacts.cells import same
from resolvers.contacts.channel_inputs import identified_by, identifying_field
from resolvers.contacts.channels import channels_once
from resolvers.contacts.identifiers import shown_once
from resolvers.contacts.inboxes import addresses_once
from resolvers.contacts.row_cells import cells_of
from resolvers.contacts.values import moment_text
from resolvers.contacts.writers import written_since
from resolvers.merging.survivorship import Rule

# A consent is one cell inside and a field for each of its parts outside.
_CONSENT_FIELDS = {
    "blocked": {"value": "blocked", "at": "blockedAt"},
    "unsubscribed": {
        "value": "unsubscribed",
        "at": "unsubscribedAt",
        "reason": "unsubscribeReason",
        "feedback": "unsubscribeFeedback",
    },
}


@dataclass(frozen=True)
class Discarded:
    """A value that lost, and whose it is."""

    value: Any
    contact_id: UUID


@dataclass(frozen=True)
class FieldOrigin:
    """One field: its value, the contact it comes from (None: from all), the rule, and what it beat."""

    field: str
    value: Any
    contact_id: UUID | None
    rule: Rule
    discarded: Sequence[Discarded] = ()


@dataclass(frozen=True)
class Tree:
    """A survivor with everything that its provenance is read from."""

    root: ContactRow
    members: Mapping[UUID, ContactRow]
    merges: Sequence[MergeRow]  # those in force into the root itself, oldest first
    identifiers: Sequence[IdentifierRow]
    labels: Sequence[LabelRow]
    activity: Mapping[UUID, datetime]
    segments: Sequence[SegmentRow] = ()
    channels: Sequence[ChannelRow] = ()  # oldest first, equal ones side by side, as are inboxes
    inboxes: Sequence[AddressRow] = ()


async def provenance_of(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[FieldOrigin]]:
    """For each survivor the origin of its fields, by name. Eight statements for any number of contacts."""
    trees = await db.read(lambda tx: read_trees(tx, act.actor.organizations, roots))
    return [origins(trees[root]) if root in trees else [] for root in roots]


def changes_of(event: MergeRow) -> list[FieldOrigin]:
    """What a merge changed on its primary, as it was then."""
    found: list[FieldOrigin] = []
    for cell, after in sorted(event.after.items()):
        writer = after["writer"]
        beat = [Discarded(value["value"], UUID(value["contact"])) for value in after.get("beat", [])]
        found += _shown(cell, after.get("value"), UUID(writer["source"]), Rule(writer["rule"]), beat)
    return found


def origins(tree: Tree) -> list[FieldOrigin]:
    """Pure: the origin of every field of a survivor that has a value."""
    cells = cells_of(tree.root)
    others = sorted((member for member in tree.members.values() if member.id != tree.root.id), key=lambda row: row.id)
    members = [(member, cells_of(member)) for member in others]
    found: list[FieldOrigin] = []
    for cell, value in cells.items():
        contact_id, rule = _origin(tree, cell)
        beaten = [*_lost_by_root(tree, cell, value), *_lost_by_members(cell, value, members)]
        found += _shown(cell, value, contact_id, rule, beaten)
    return sorted([*found, *_unions(tree)], key=lambda origin: origin.field)


def _origin(tree: Tree, cell: str) -> tuple[UUID, Rule]:
    writer = tree.root.provenance.get(cell)
    if writer is None or writer["by"] != "merge":
        after_merge = any(written_since(writer, event.primary_version or 0) for event in tree.merges)
        return tree.root.id, Rule.EDITED_AFTER_MERGE if after_merge else Rule.PRIMARY
    rule = Rule(writer["rule"])
    while writer is not None and writer["by"] == "merge":
        contact_id = UUID(writer["source"])
        member = tree.members.get(contact_id)
        if member is None or contact_id == tree.root.id:
            break
        writer = member.provenance.get(cell)
    return contact_id, rule


def _lost_by_root(tree: Tree, cell: str, value: Any) -> Iterable[Discarded]:
    """What the survivor itself had before a merge put another value there."""
    for event in tree.merges:
        before = event.before.get(cell)
        if before is not None and "value" in before and (before["writer"] or {}).get("by") != "merge":
            if not same(before["value"], value):
                yield Discarded(before["value"], tree.root.id)
            return


def _lost_by_members(
    cell: str, value: Any, members: Iterable[tuple[ContactRow, Mapping[str, Any]]]
) -> Iterable[Discarded]:
    """What the merged-away contacts have there, each value under the contact that it is originally from."""
    for member, cells in members:
        is_own = member.provenance.get(cell, {}).get("by") != "merge"
        if is_own and cell in cells and not same(cells[cell], value):
            yield Discarded(cells[cell], member.id)


def _shown(cell: str, value: Any, contact_id: UUID, rule: Rule, beaten: Iterable[Discarded]) -> list[FieldOrigin]:
    """A cell as the fields that clients know."""
    parts = _CONSENT_FIELDS.get(cell)
    beaten = list(beaten)
    if parts is None:
        return [FieldOrigin(cell, value, contact_id, rule, beaten)]
    return [
        FieldOrigin(
            name,
            value.get(part),
            contact_id,
            rule,
            [
                Discarded(lost.value.get(part), lost.contact_id)
                for lost in beaten
                if lost.value.get(part) is not None and not same(lost.value.get(part), value.get(part))
            ],
        )
        for part, name in parts.items()
        if value is not None and (part == "value" or value.get(part) is not None)
    ]


def _unions(tree: Tree) -> list[FieldOrigin]:
    """The fields that are united or computed rather than chosen."""
    root = tree.root
    found = [FieldOrigin("createdAt", moment_text(root.created_at), root.id, Rule.PRIMARY)]
    shown = shown_once(tree.identifiers, root.id)
    if shown:
        found.append(FieldOrigin("identifiers", [row.normalized for row in shown], None, Rule.UNION))
    if tree.labels:
        found.append(FieldOrigin("labels", [row.name for row in tree.labels], None, Rule.UNION))
    if tree.segments:
        found.append(FieldOrigin("segments", [row.name for row in tree.segments], None, Rule.UNION))
    if tree.channels:
        channels = [_told_apart(row) for row in channels_once(tree.channels, root.id)]
        found.append(FieldOrigin("channels", channels, None, Rule.UNION))
    if tree.inboxes:
        shown_inboxes = addresses_once(tree.inboxes, root.id)
        addresses = [{"inbox": row.inbox.name, "sourceId": row.source_id} for row in shown_inboxes]
        found.append(FieldOrigin("inboxes", addresses, None, Rule.UNION))
    if tree.activity:
        latest = max(tree.activity, key=lambda contact_id: (tree.activity[contact_id], contact_id))
        found.append(FieldOrigin("lastActivityAt", moment_text(tree.activity[latest]), latest, Rule.LATEST))
    return found


def _told_apart(row: ChannelRow) -> dict[str, str]:
    """A channel by what tells it apart."""
    values = asdict(row)
    column = identified_by(values)
    return {"type": row.type} | ({identifying_field(values): values[column]} if column else {})


async def read_trees(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, Tree]:
    """The trees of those survivors that exist. Eight statements."""
    members = await contact_rows.tree_members(tx, orgs, roots)
    held = await identifiers.identifiers_of(tx, orgs, roots)
    labelled = await LABELS.of_trees(tx, orgs, roots)
    active = await activity.activity_of(tx, orgs, roots)
    segmented = await SEGMENTS.of_trees(tx, orgs, roots)
    reached = await channels.channels_of(tx, orgs, roots)
    addressed = await inboxes.addresses_of(tx, orgs, roots)
    events = await merges.merges_in_force(tx, orgs, roots)
    trees: dict[UUID, Tree] = {}
    for root in roots:
        rows = {row.id: row for row in members[root]}
        if root in rows:
            trees[root] = Tree(
                root=rows[root],
                members=rows,
                merges=events[root],
                identifiers=held[root],
                labels=labelled[root],
                activity=active[root],
                segments=segmented[root],
                channels=reached[root],
                inboxes=addressed[root],
            )
    return trees
