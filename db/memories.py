"""What agents remember of contacts, one persona at a time: facts, messages, summaries, each under its first contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, Table, and_, bindparam, delete, func, insert, select, update
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, any_of, by_dialect, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction
from db.merges import merge_event, merge_source
from db.trees import with_best

_HEAD = ("org_id", "contact_id", "persona_key")


class Memory(SQLModel, table=True):
    """That a persona remembers something of a contact; `persona_key` is its name as compared (NFKC, casefolded)."""

    __table_args__ = (tenant_key("contact_id", target="contact"), KEY_IS_TABLE)
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    persona_key: str = Field(primary_key=True)
    persona: str
    updated_at: datetime


class MemoryFact(SQLModel, table=True):
    """A fact: one value a key."""

    __tablename__ = "memory_fact"
    __table_args__ = (tenant_key("contact_id", "persona_key", target="memory", target_columns=_HEAD), KEY_IS_TABLE)
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    persona_key: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    value: str
    recorded_at: datetime


class MemoryMessage(SQLModel, table=True):
    """A message that is remembered."""

    __tablename__ = "memory_message"
    __table_args__ = (
        tenant_key("contact_id", "persona_key", target="memory", target_columns=_HEAD),
        Index("ix_memory_message_persona", *_HEAD, "at", "id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    contact_id: UUID
    persona_key: str
    role: str
    text: str
    at: datetime


class MemorySummary(SQLModel, table=True):
    """A summary of what was said."""

    __tablename__ = "memory_summary"
    __table_args__ = (
        tenant_key("contact_id", "persona_key", target="memory", target_columns=_HEAD),
        Index("ix_memory_summary_persona", *_HEAD, "at", "id"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    contact_id: UUID
    persona_key: str
    text: str
    at: datetime


memory = table_of(Memory)
memory_fact = table_of(MemoryFact)
memory_message = table_of(MemoryMessage)
memory_summary = table_of(MemorySummary)
_PARTS = (memory_fact, memory_message, memory_summary)  # each before what it refers to


@dataclass(frozen=True, slots=True)
class HeadRow:
    """A persona of one contact."""

    contact_id: UUID
    persona_key: str
    persona: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact of one contact."""

    contact_id: UUID
    persona_key: str
    key: str
    value: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class MemoryMessageRow:
    """A message of one contact."""

    contact_id: UUID
    persona_key: str
    role: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A summary of one contact."""

    contact_id: UUID
    persona_key: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Where a contact stands in its tree: under whom, by which merge, when, and which source it was there."""

    contact_id: UUID
    parent_id: UUID | None
    merge_id: UUID | None
    position: int | None
    merged_at: datetime | None


def _of_trees(table: Table, *names: str) -> Select[Any]:
    held = and_(table.c.org_id == contact.c.org_id, table.c.contact_id == contact.c.id)
    return (
        select(contact.c.canonical_id, *(table.c[name] for name in ("contact_id", "persona_key", *names)))
        .select_from(contact.join(table, held))
        .where(any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"))
    )


_heads = _of_trees(memory, "persona", "updated_at")
_facts = _of_trees(memory_fact, "key", "value", "recorded_at")
_summaries = _of_trees(memory_summary, "text", "at").order_by(memory_summary.c.at, memory_summary.c.id)
_places = (
    select(
        contact.c.canonical_id,
        contact.c.id,
        contact.c.merged_into_id,
        contact.c.merge_id,
        merge_source.c.position,
        merge_event.c.created_at,
    )
    .select_from(
        contact.outerjoin(
            merge_source,
            and_(
                merge_source.c.org_id == contact.c.org_id,
                merge_source.c.merge_id == contact.c.merge_id,
                merge_source.c.contact_id == contact.c.id,
            ),
        ).outerjoin(merge_event, and_(merge_event.c.org_id == contact.c.org_id, merge_event.c.id == contact.c.merge_id))
    )
    .where(any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"))
)
_head = by_dialect(
    lambda insert: insert(memory).on_conflict_do_update(
        index_elements=list(_HEAD), set_={"updated_at": insert(memory).excluded.updated_at}
    )
)
_fact = by_dialect(
    lambda insert: insert(memory_fact).on_conflict_do_update(
        index_elements=[*_HEAD, "key"],
        set_={
            "value": insert(memory_fact).excluded.value,
            "recorded_at": insert(memory_fact).excluded.recorded_at,
        },
    )
)
_tree = select(contact.c.id).where(contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root"))


def _of_persona(table: Table) -> tuple[Any, ...]:
    return (
        table.c.org_id == bindparam("org"),
        table.c.contact_id.in_(_tree),
        table.c.persona_key == bindparam("of_persona"),
    )


_forget_fact = delete(memory_fact).where(*_of_persona(memory_fact), memory_fact.c.key == bindparam("of_key"))
_touch = update(memory).where(*_of_persona(memory)).values(updated_at=bindparam("now"))
_forget = [delete(table).where(*_of_persona(table)) for table in (*_PARTS, memory)]
_erase = [
    delete(table).where(table.c.org_id == bindparam("org"), any_of(table.c.contact_id, "contacts"))
    for table in (*_PARTS, memory)
]


async def heads_of(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[HeadRow]]:
    """For each survivor the personas of every contact of its tree."""
    return _by_root(roots, await tx.rows(_heads, {"orgs": orgs, "roots": roots}), HeadRow)


async def facts_of(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[FactRow]]:
    """For each survivor the facts of every contact of its tree."""
    return _by_root(roots, await tx.rows(_facts, {"orgs": orgs, "roots": roots}), FactRow)


async def summaries_of(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[SummaryRow]]:
    """For each survivor the summaries of its tree, in the order of time."""
    return _by_root(roots, await tx.rows(_summaries, {"orgs": orgs, "roots": roots}), SummaryRow)


async def places_of(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[PlaceRow]]:
    """For each survivor every contact of its tree, itself among them, with its place there."""
    return _by_root(roots, await tx.rows(_places, {"orgs": orgs, "roots": roots}), PlaceRow)


async def messages_of(
    tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID], limit: int
) -> dict[UUID, list[MemoryMessageRow]]:
    """For each survivor and persona the latest messages of its tree, newest first: so many at most."""
    given = {"orgs": orgs, "roots": roots, "limit": limit}
    return _by_root(roots, await tx.rows(_latest(tx.dialect), given), MemoryMessageRow)


@cache
def _latest(dialect: str) -> Select[Any]:
    """The best so many of each contact and persona, and of those the best (see db/trees.py)."""
    said = memory_message
    best = (
        select(*said.c)
        .where(
            said.c.org_id == memory.c.org_id,
            said.c.contact_id == memory.c.contact_id,
            said.c.persona_key == memory.c.persona_key,
        )
        .order_by(said.c.at.desc(), said.c.id.desc())
        .limit(bindparam("limit"))
        .correlate(memory)
    )
    held = contact.join(memory, and_(memory.c.org_id == contact.c.org_id, memory.c.contact_id == contact.c.id))
    joined, top = with_best(dialect, held, memory, said, best)
    place = func.row_number().over(
        partition_by=(contact.c.canonical_id, top.c.persona_key), order_by=(top.c.at.desc(), top.c.id.desc())
    )
    ranked = (
        select(
            contact.c.canonical_id,
            *(top.c[name] for name in ("contact_id", "persona_key", "role", "text", "at")),
            place.label("place"),
        )
        .select_from(joined)
        .where(any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"))
        .subquery()
    )
    return (
        select(*(column for column in ranked.c if column.name != "place"))
        .where(ranked.c.place <= bindparam("limit"))
        .order_by(ranked.c.canonical_id, ranked.c.persona_key, ranked.c.place)
    )


async def remember(tx: Transaction, heads: Any, facts: Any, messages: Any, summaries: Any) -> None:
    """Writes personas of contacts with what was given beside them: rows of each table by their columns."""
    await tx.run(_head[tx.dialect], heads)
    for statement, rows in (
        (_fact[tx.dialect], facts),
        (insert(memory_message), messages),
        (insert(memory_summary), summaries),
    ):
        if rows:
            await tx.run(statement, rows)


async def forget_fact(tx: Transaction, org_id: UUID, root: UUID, persona_key: str, key: str, now: datetime) -> int:
    """Deletes a fact from a survivor's whole tree; how many rows there were."""
    given = {"org": org_id, "root": root, "of_persona": persona_key}
    gone = await tx.run(_forget_fact, given | {"of_key": key})
    if gone:
        await tx.run(_touch, given | {"now": now})
    return gone


async def forget_persona(tx: Transaction, org_id: UUID, root: UUID, persona_key: str) -> int:
    """Deletes all that a persona remembers of a survivor's whole tree; of how many contacts it did."""
    gone = 0
    for statement in _forget:
        gone = await tx.run(statement, {"org": org_id, "root": root, "of_persona": persona_key})
    return gone


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all that is remembered of these contacts."""
    for statement in _erase:
        await tx.run(statement, {"org": org_id, "contacts": contact_ids})


def _by_root(roots: Sequence[UUID], rows: Sequence[Any], kind: Any) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {root: [] for root in roots}
    for root, *values in rows:
        found[root].append(kind(*values))
    return found
