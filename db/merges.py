"""The history of merges: one event a merge, its sources, and what the survivor's changed values were."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from db.base import Json, any_of, one_of, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction

MERGE_KINDS = ("CONTACTS", "CONVERSATIONS")


class MergeEvent(SQLModel, table=True):
    """One merge. `before` and `after` hold only the cells that it changed: {cell: {value, writer}}.

    `policy`, `overrides` and `min_probability` are what it was decided by, so that an undo of an earlier merge can
    run the same decision again; `primary_version` is the survivor's version right after it.
    """

    __tablename__ = "merge_event"
    __table_args__ = (
        tenant_key("primary_contact_id", target="contact"),
        one_of("kind", MERGE_KINDS),
        CheckConstraint(
            "(kind = 'CONTACTS') = (primary_contact_id IS NOT NULL)"
            " AND (kind = 'CONVERSATIONS') = (primary_conversation_id IS NOT NULL)",
            name="one_primary",
        ),
        Index("ix_merge_event_primary", "org_id", "primary_contact_id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    kind: str
    primary_contact_id: UUID | None = None
    primary_conversation_id: UUID | None = None
    primary_version: int | None = None
    detected: bool
    policy: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    overrides: list[Any] = Field(sa_column=Column(Json, nullable=False))
    min_probability: float | None = None
    before: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    after: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    actor: str
    actor_key_id: UUID | None = None
    reason: str | None = None
    model_version: str | None = None
    job_id: UUID | None = None
    request_id: str | None = None
    created_at: datetime
    undone_at: datetime | None = None
    undone_by: str | None = None


class MergeSource(SQLModel, table=True):
    """One source of a merge, in the order in which blanks were filled."""

    __tablename__ = "merge_source"
    __table_args__ = (
        tenant_key("merge_id", target="merge_event"),
        tenant_key("contact_id", target="contact"),
        CheckConstraint("(contact_id IS NULL) <> (conversation_id IS NULL)", name="one_source"),
        Index("ix_merge_source_contact", "org_id", "contact_id"),
    )
    org_id: UUID = Field(primary_key=True)
    merge_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True)
    contact_id: UUID | None = None
    conversation_id: UUID | None = None
    evidence: list[Any] = Field(sa_column=Column(Json, nullable=False))
    probability: float | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None


merge_event = table_of(MergeEvent)
merge_source = table_of(MergeSource)


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A row of `merge_event`."""

    org_id: UUID
    id: UUID
    kind: str
    primary_contact_id: UUID | None
    primary_conversation_id: UUID | None
    primary_version: int | None
    detected: bool
    policy: dict[str, Any]
    overrides: list[Any]
    min_probability: float | None
    before: dict[str, Any]
    after: dict[str, Any]
    actor: str
    actor_key_id: UUID | None
    reason: str | None
    model_version: str | None
    job_id: UUID | None
    request_id: str | None
    created_at: datetime
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of `merge_source`."""

    org_id: UUID
    merge_id: UUID
    position: int
    contact_id: UUID | None
    conversation_id: UUID | None
    evidence: list[Any]
    probability: float | None
    undone_at: datetime | None
    undone_by: str | None


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


EVENT_COLUMNS = [merge_event.c[field.name] for field in fields(MergeRow)]
_SOURCE_COLUMNS = [merge_source.c[field.name] for field in fields(SourceRow)]
_by_ids = select(*EVENT_COLUMNS).where(any_of(merge_event.c.org_id, "orgs"), any_of(merge_event.c.id, "ids"))
_sources = (
    select(*_SOURCE_COLUMNS)
    .where(any_of(merge_source.c.org_id, "orgs"), any_of(merge_source.c.merge_id, "ids"))
    .order_by(merge_source.c.merge_id, merge_source.c.position)
)
_touching = select(*EVENT_COLUMNS).where(
    merge_event.c.org_id == bindparam("org"),
    or_(
        any_of(merge_event.c.primary_contact_id, "contacts"),
        merge_event.c.id.in_(
            select(merge_source.c.merge_id).where(
                merge_source.c.org_id == bindparam("org"), any_of(merge_source.c.contact_id, "contacts")
            )
        ),
    ),
)
_rewrite = (
    update(merge_event)
    .where(merge_event.c.org_id == bindparam("key_org"), merge_event.c.id == bindparam("key_id"))
    .values(before=bindparam("new_before"), after=bindparam("new_after"), reason=bindparam("new_reason"))
)
_forget_evidence = (
    update(merge_source)
    .where(merge_source.c.org_id == bindparam("org"), any_of(merge_source.c.merge_id, "merges"))
    .values(evidence=[])
)


async def add_merge(tx: Transaction, event: MergeRow, sources: Sequence[SourceRow]) -> None:
    """Writes a merge and its sources: two statements."""
    await tx.run(insert(merge_event), asdict(event))
    await tx.run(insert(merge_source), [asdict(source) for source in sources])


async def merges_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, MergeRow]:
    """Those that exist in these organisations."""
    return {row.id: MergeRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})}


async def sources_of(tx: Transaction, orgs: Sequence[UUID], merge_ids: Sequence[UUID]) -> dict[UUID, list[SourceRow]]:
    """The sources of each merge, in their order."""
    found: dict[UUID, list[SourceRow]] = {merge_id: [] for merge_id in merge_ids}
    for row in await tx.rows(_sources, {"orgs": orgs, "ids": merge_ids}):
        found[row.merge_id].append(SourceRow(*row))
    return found


async def merges_touching(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> list[MergeRow]:
    """Every merge in which one of these contacts was the primary or a source, undone ones too."""
    rows = await tx.rows(_touching, {"org": org_id, "contacts": contact_ids})
    return [MergeRow(*row) for row in rows]


async def rewrite_merges(tx: Transaction, events: Sequence[MergeRow]) -> None:
    """Writes the values (before, after) and the reason of these events anew."""
    if not events:
        return
    parameters = [
        {
            "key_org": event.org_id,
            "key_id": event.id,
            "new_before": event.before,
            "new_after": event.after,
            "new_reason": event.reason,
        }
        for event in events
    ]
    await tx.run(_rewrite, parameters)


async def forget_evidence(tx: Transaction, org_id: UUID, merge_ids: Sequence[UUID]) -> None:
    """Removes what a detected merge quoted of its contacts."""
    await tx.run(_forget_evidence, {"org": org_id, "merges": merge_ids})


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


_in_force = (
    select(*EVENT_COLUMNS)
    .where(
        any_of(merge_event.c.org_id, "orgs"),
        any_of(merge_event.c.primary_contact_id, "roots"),
        merge_event.c.undone_at.is_(None),
    )
    .order_by(merge_event.c.id)
)


async def merges_in_force(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[MergeRow]]:
    """For each contact the merges into it that are not undone, oldest first."""
    found: dict[UUID, list[MergeRow]] = {root: [] for root in roots}
    for row in await tx.rows(_in_force, {"orgs": orgs, "roots": roots}):
        found[row.primary_contact_id].append(MergeRow(*row))
    return found
