"""The history page by page: of an organisation, and of the trees of some contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from db.base import any_of
from db.contacts import contact
from db.engine import Transaction
from db.merges import EVENT_COLUMNS, MergeRow, merge_event, merge_source


@dataclass(frozen=True)
class MergeFilter:
    """Conditions on the history that must all hold."""

    contact_ids: tuple[UUID, ...] | None = None  # as primary or source
    actor: str | None = None
    detected: bool | None = None
    undone: bool | None = None
    kind: str | None = None
    job_id: UUID | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def merges_page(
    tx: Transaction,
    org_id: UUID,
    wanted: MergeFilter,
    limit: int,
    after: UUID | None = None,
) -> list[MergeRow]:
    """The history, newest first, from the merge `after` on; one row more than the limit when there are more."""
    statement = select(*EVENT_COLUMNS).where(*_conditions(org_id, wanted))
    if after is not None:
        statement = statement.where(merge_event.c.id < after)
    statement = statement.order_by(merge_event.c.id.desc()).limit(limit + 1)
    rows = await tx.rows(statement, {"contacts": wanted.contact_ids} if wanted.contact_ids is not None else None)
    return [MergeRow(*row) for row in rows]


async def count_merges(tx: Transaction, org_id: UUID, wanted: MergeFilter) -> int:
    """How many merges match."""
    statement = select(func.count()).select_from(merge_event).where(*_conditions(org_id, wanted))
    row = await tx.row(statement, {"contacts": wanted.contact_ids} if wanted.contact_ids is not None else None)
    return row[0] if row else 0


async def standing_merges_of_job(tx: Transaction, org_id: UUID, job_id: UUID) -> list[UUID]:
    """What a job merged and nobody has undone whole, the latest first."""
    wanted = select(merge_event.c.id).where(*_conditions(org_id, MergeFilter(job_id=job_id, undone=False)))
    return [row.id for row in await tx.rows(wanted.order_by(merge_event.c.id.desc()))]


def _conditions(org_id: UUID, wanted: MergeFilter) -> list[ColumnElement[bool]]:
    conditions = [merge_event.c.org_id == org_id]
    for name in ("actor", "detected", "kind", "job_id"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(merge_event.c[name] == value)
    if wanted.undone is not None:
        conditions.append(merge_event.c.undone_at.is_not(None) == wanted.undone)
    if wanted.created_from is not None:
        conditions.append(merge_event.c.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        conditions.append(merge_event.c.created_at < wanted.created_before)
    if wanted.contact_ids is not None:
        as_source = select(merge_source.c.merge_id).where(
            merge_source.c.org_id == org_id, any_of(merge_source.c.contact_id, "contacts")
        )
        as_primary = any_of(merge_event.c.primary_contact_id, "contacts")
        conditions.append(or_(as_primary, merge_event.c.id.in_(as_source)))
    return conditions


_member = contact.alias("member")
_tree_merges = (
    select(
        _member.c.canonical_id.label("root"),
        *EVENT_COLUMNS,
        func.row_number().over(partition_by=_member.c.canonical_id, order_by=merge_event.c.id.desc()).label("place"),
    )
    .select_from(
        _member.join(
            merge_event,
            (merge_event.c.org_id == _member.c.org_id) & (merge_event.c.primary_contact_id == _member.c.id),
        )
    )
    .where(
        any_of(_member.c.org_id, "orgs"),
        any_of(_member.c.canonical_id, "roots"),
        or_(bindparam("after", type_=merge_event.c.id.type).is_(None), merge_event.c.id < bindparam("after")),
    )
    .subquery()
)
_tree_page = (
    select(_tree_merges)
    .where(_tree_merges.c.place <= bindparam("limit"))
    .order_by(_tree_merges.c.root, _tree_merges.c.place)
)
_tree_count = (
    select(_member.c.canonical_id, func.count())
    .select_from(
        _member.join(
            merge_event,
            (merge_event.c.org_id == _member.c.org_id) & (merge_event.c.primary_contact_id == _member.c.id),
        )
    )
    .where(any_of(_member.c.org_id, "orgs"), any_of(_member.c.canonical_id, "roots"))
    .group_by(_member.c.canonical_id)
)


async def merges_of_trees(
    tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID], limit: int, after: UUID | None
) -> dict[UUID, list[MergeRow]]:
    """For each survivor the merges into any contact of its tree, newest first, one more than the limit."""
    found: dict[UUID, list[MergeRow]] = {root: [] for root in roots}
    parameters = {"orgs": orgs, "roots": roots, "limit": limit + 1, "after": after}
    for root, *values, _place in await tx.rows(_tree_page, parameters):
        found[root].append(MergeRow(*values))
    return found


async def count_merges_of_trees(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, int]:
    """For each survivor the number of merges into any contact of its tree."""
    counted: dict[UUID, int] = dict.fromkeys(roots, 0)
    for root, number in await tx.rows(_tree_count, {"orgs": orgs, "roots": roots}):
        counted[root] = number
    return counted
