"""mergePreview: what mergeContacts would do, by the same code, with nothing locked and nothing written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from db import contacts as contact_rows
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.identifiers import IdentifierRow
from db.labels import LabelRow
from db.organizations import settings
from db.segments import SegmentRow
from resolvers.access import Act, Scope, require
from resolvers.contacts.identifiers import shown_once
from resolvers.duplicates.detect import Detected
from resolvers.errors import Refused, UserError
from resolvers.merging.preparing import PreparedMerge, find_sources, prepare_merge, preview_hash
from resolvers.merging.provenance import FieldOrigin, Tree, origins, read_trees
from resolvers.merging.refusals import explain_absence
from resolvers.merging.request import MergeRequest


@dataclass(frozen=True)
class Snapshot:
    """The primary as it would stand, with what would hang on it."""

    row: ContactRow
    identifiers: Sequence[IdentifierRow]
    labels: Sequence[LabelRow]
    segments: Sequence[SegmentRow]


@dataclass(frozen=True)
class Preview:
    """What the merge would do; `refusals` instead when it would be refused."""

    hash: str
    refusals: tuple[UserError, ...] = ()
    snapshot: Snapshot | None = None
    source_ids: tuple[UUID, ...] = ()
    remaining: int = 0
    fields: Sequence[FieldOrigin] = ()


async def merge_preview(db: Database, act: Act, request: MergeRequest) -> Preview:
    """Writes nothing. Refusals are part of the answer."""
    require(act.actor, Scope.CONTACTS_READ)
    return await db.read(lambda tx: _preview(tx, act, request))


async def _preview(tx: Transaction, act: Act, request: MergeRequest) -> Preview:
    orgs = act.actor.organizations
    found = (await contact_rows.contacts_by_id(tx, orgs, [request.primary_id])).get(request.primary_id)
    if found is None:
        return Preview("", (await explain_absence(tx, act.actor, request)).errors)
    current = await settings(tx, found.org_id)
    detected = await find_sources(tx, act, current, request)
    rows = await contact_rows.contacts_by_id(tx, [found.org_id], [request.primary_id, *detected.source_ids])
    try:
        prepared = await prepare_merge(tx, act, request, current, detected, rows)
    except Refused as refused:
        return Preview(preview_hash(request, current, detected, rows, refused.errors), refused.errors)
    return await _shown(tx, prepared, detected)


async def _shown(tx: Transaction, prepared: PreparedMerge, detected: Detected) -> Preview:
    primary = prepared.primary
    trees = await read_trees(tx, [primary.org_id], [primary.id, *detected.source_ids])
    tree = _united(prepared, trees)
    return Preview(
        hash=prepared.hash,
        snapshot=Snapshot(tree.root, shown_once(tree.identifiers, primary.id), tree.labels, tree.segments),
        source_ids=detected.source_ids,
        remaining=detected.remaining,
        fields=origins(tree),
    )


def _united(prepared: PreparedMerge, trees: Mapping[UUID, Tree]) -> Tree:
    """The trees of the merge as the one that they would be."""
    own = trees[prepared.primary.id]
    if prepared.plan is None:
        return own
    every = list(trees.values())
    labels = {label.id: label for tree in every for label in tree.labels}
    segments = {segment.id: segment for tree in every for segment in tree.segments}
    return replace(
        own,
        root=prepared.plan.survivor,
        members={contact: row for tree in every for contact, row in tree.members.items()}
        | {prepared.primary.id: prepared.plan.survivor},
        merges=[*own.merges, prepared.plan.event],
        identifiers=sorted(
            (replace(row, root_id=own.root.id) for tree in every for row in tree.identifiers),
            key=lambda row: (row.created_at, row.id),
        ),
        labels=sorted(labels.values(), key=lambda row: (row.name_key, row.id)),
        segments=sorted(segments.values(), key=lambda row: (row.name_key, row.id)),
        channels=sorted((c for tree in every for c in tree.channels), key=lambda row: (row.created_at, row.id)),
        inboxes=sorted((i for tree in every for i in tree.inboxes), key=lambda row: (row.created_at, row.contact_id)),
        activity={contact: at for tree in every for contact, at in tree.activity.items()},
    )
