"""The history of merges: one event a merge, its sources, and what the survivor's changed values were."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Select,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlmodel import Field, SQLModel

from db.base import Json, any_of, columns_of, one_of, table_of, tenant_key
from db.engine import Transaction

MERGE_KINDS = ("CONTACTS", "CONVERSATIONS")
_OF_JOB = text("job_id IS NOT NULL")  # few merges are of a job: the others are not in its index


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
        Index("ix_merge_event_conversation", "org_id", "primary_conversation_id"),
        Index("ix_merge_event_job", "org_id", "job_id", postgresql_where=_OF_JOB, sqlite_where=_OF_JOB),
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
        Index("ix_merge_source_conversation", "org_id", "conversation_id"),
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
    undo_reason: str | None = None


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
    contact_id: UUID | None = None
    conversation_id: UUID | None = None
    evidence: list[Any] = field(default_factory=list)
    probability: float | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None
    undo_reason: str | None = None


EVENT_COLUMNS = [merge_event.c[row.name] for row in fields(MergeRow)]
_SOURCE_COLUMNS = [merge_source.c[row.name] for row in fields(SourceRow)]
_by_ids = select(*EVENT_COLUMNS).where(any_of(merge_event.c.org_id, "orgs"), any_of(merge_event.c.id, "ids"))
_sources = (
    select(*_SOURCE_COLUMNS)
    .where(any_of(merge_source.c.org_id, "orgs"), any_of(merge_source.c.merge_id, "ids"))
    .order_by(merge_source.c.merge_id, merge_source.c.position)
)


def merges_with(primary: ColumnElement[bool], source: ColumnElement[bool]) -> Select[Any]:
    """The merges of `org` whose primary or one of whose sources is such a one. Each side by its own index: with an OR
    PostgreSQL reads every merge of the organisation."""
    of_primary = select(merge_event.c.id).where(merge_event.c.org_id == bindparam("org"), primary)
    of_source = select(merge_source.c.merge_id).where(merge_source.c.org_id == bindparam("org"), source)
    return select(*EVENT_COLUMNS).where(
        merge_event.c.org_id == bindparam("org"), merge_event.c.id.in_(of_primary.union(of_source))
    )


_touching = merges_with(
    any_of(merge_event.c.primary_contact_id, "contacts"), any_of(merge_source.c.contact_id, "contacts")
)
_rewrite = (
    update(merge_event)
    .where(merge_event.c.org_id == bindparam("key_org"), merge_event.c.id == bindparam("key_id"))
    .values(
        policy=bindparam("new_policy"),
        before=bindparam("new_before"),
        after=bindparam("new_after"),
        reason=bindparam("new_reason"),
    )
)
_undo_sources = (
    update(merge_source)
    .where(
        merge_source.c.org_id == bindparam("key_org"),
        merge_source.c.merge_id == bindparam("key_merge"),
        merge_source.c.position == bindparam("key_position"),
    )
    .values(undone_at=bindparam("new_at"), undone_by=bindparam("new_by"), undo_reason=bindparam("new_reason"))
)
_undo_events = (
    update(merge_event)
    .where(merge_event.c.org_id == bindparam("key_org"), merge_event.c.id == bindparam("key_id"))
    .values(
        before=bindparam("new_before"),
        after=bindparam("new_after"),
        undone_at=bindparam("new_at"),
        undone_by=bindparam("new_by"),
    )
)
_forget_evidence = (
    update(merge_source)
    .where(merge_source.c.org_id == bindparam("org"), any_of(merge_source.c.merge_id, "merges"))
    .values(evidence=[])
)


async def add_merges(tx: Transaction, events: Sequence[MergeRow], sources: Sequence[SourceRow]) -> None:
    """Writes merges and all their sources: two statements."""
    await tx.run(insert(merge_event), [columns_of(event) for event in events])
    await tx.run(insert(merge_source), [columns_of(source) for source in sources])


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
    """Writes the values (before, after), the policy and the reason of these events anew."""
    if not events:
        return
    parameters = [
        {
            "key_org": event.org_id,
            "key_id": event.id,
            "new_policy": event.policy,
            "new_before": event.before,
            "new_after": event.after,
            "new_reason": event.reason,
        }
        for event in events
    ]
    await tx.run(_rewrite, parameters)


async def mark_undone(tx: Transaction, events: Sequence[MergeRow], undone: Sequence[SourceRow]) -> None:
    """Notes who took these sources out again, when and why, and of each event whether all of it is undone."""
    await tx.run(
        _undo_sources,
        [
            {
                "key_org": source.org_id,
                "key_merge": source.merge_id,
                "key_position": source.position,
                "new_at": source.undone_at,
                "new_by": source.undone_by,
                "new_reason": source.undo_reason,
            }
            for source in undone
        ],
    )
    await tx.run(
        _undo_events,
        [
            {
                "key_org": event.org_id,
                "key_id": event.id,
                "new_before": event.before,
                "new_after": event.after,
                "new_at": event.undone_at,
                "new_by": event.undone_by,
            }
            for event in events
        ],
    )


async def forget_evidence(tx: Transaction, org_id: UUID, merge_ids: Sequence[UUID]) -> None:
    """Removes what a detected merge quoted of its contacts."""
    await tx.run(_forget_evidence, {"org": org_id, "merges": merge_ids})


_in_force = (
    select(*EVENT_COLUMNS)
    .where(
        any_of(merge_event.c.org_id, "orgs"),
        any_of(merge_event.c.primary_contact_id, "roots"),
        merge_event.c.undone_at.is_(None),
    )
    .order_by(merge_event.c.primary_version)
)


async def merges_in_force(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[MergeRow]]:
    """For each contact the merges into it that are not undone, oldest first."""
    found: dict[UUID, list[MergeRow]] = {root: [] for root in roots}
    for row in await tx.rows(_in_force, {"orgs": orgs, "roots": roots}):
        found[row.primary_contact_id].append(MergeRow(*row))
    return found
