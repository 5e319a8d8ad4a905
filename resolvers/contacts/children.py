"""What is shown under a contact, for a batch of survivors at once: never a query a contact."""

from collections.abc import Sequence
from uuid import UUID

from db import contacts as contact_rows
from db import identifiers
from db.engine import Database
from db.identifiers import IdentifierRow
from db.labels import LABELS, LabelRow
from db.segments import SEGMENTS, SegmentRow
from resolvers.access import Act
from resolvers.contacts.identifiers import shown_once


async def identifiers_of_contacts(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[IdentifierRow]]:
    """For each survivor the identifiers of its tree, equal ones once."""
    found = await db.read(lambda tx: identifiers.identifiers_of(tx, act.actor.organizations, roots))
    return [shown_once(found[root], root) for root in roots]


async def labels_of_contacts(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[LabelRow]]:
    """For each survivor the labels of its tree, each once."""
    found = await db.read(lambda tx: LABELS.of_trees(tx, act.actor.organizations, roots))
    return [found[root] for root in roots]


async def segments_of_contacts(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[SegmentRow]]:
    """For each survivor the segments of its tree, each once."""
    found = await db.read(lambda tx: SEGMENTS.of_trees(tx, act.actor.organizations, roots))
    return [found[root] for root in roots]


async def merged_ids_of_contacts(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[UUID]]:
    """For each survivor every id that now leads to it, at any depth."""
    found = await db.read(lambda tx: contact_rows.merged_ids(tx, act.actor.organizations, roots))
    return [found[root] for root in roots]
