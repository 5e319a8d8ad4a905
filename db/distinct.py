"""Which contacts are not the same person, as somebody said: pairs that detection must never propose.

A pair keeps the two ids that it was given for ever, the smaller one first; it holds between the trees that they
belong to, whatever was merged since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, and_, bindparam, delete, or_, select
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, any_of, any_of_planned_once, by_dialect, columns_of, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction


class DistinctPair(SQLModel, table=True):
    """Two contacts that are two people."""

    __tablename__ = "distinct_pair"
    __table_args__ = (
        tenant_key("low_id", target="contact"),
        tenant_key("high_id", target="contact"),
        Index("ix_distinct_pair_high", "org_id", "high_id"),
        KEY_IS_TABLE,
    )
    org_id: UUID = Field(primary_key=True)
    low_id: UUID = Field(primary_key=True)
    high_id: UUID = Field(primary_key=True)
    actor: str
    actor_key_id: UUID | None = None
    reason: str | None = None
    created_at: datetime


distinct_pair = table_of(DistinctPair)


@dataclass(frozen=True)
class PairRow:
    """A row of `distinct_pair`."""

    org_id: UUID
    low_id: UUID
    high_id: UUID
    actor: str
    actor_key_id: UUID | None
    reason: str | None
    created_at: datetime


def _leads_to(side: Any) -> Any:
    """Where one side of a pair leads: a look by key for each pair found, whatever the planner thinks of the tables."""
    return (
        select(contact.c.canonical_id)
        .where(contact.c.org_id == distinct_pair.c.org_id, contact.c.id == side)
        .correlate(distinct_pair)
        .scalar_subquery()
    )


_member = contact.alias("member")
_COLUMNS = [
    distinct_pair.c.low_id,
    distinct_pair.c.high_id,
    _leads_to(distinct_pair.c.low_id).label("low_root"),
    _leads_to(distinct_pair.c.high_id).label("high_root"),
]
# Each side by its own index: an OR would read every pair of the organisation.
_touching = [
    select(*_COLUMNS)
    .select_from(_member.join(distinct_pair, and_(distinct_pair.c.org_id == _member.c.org_id, side == _member.c.id)))
    .where(_member.c.org_id == bindparam("org"), any_of_planned_once(_member.c.canonical_id, "roots"))
    for side in (distinct_pair.c.low_id, distinct_pair.c.high_id)
]
_pairs = _touching[0].union(_touching[1])
_add = by_dialect(lambda insert: insert(distinct_pair).on_conflict_do_nothing())
_remove = delete(distinct_pair).where(
    distinct_pair.c.org_id == bindparam("key_org"),
    distinct_pair.c.low_id == bindparam("key_low"),
    distinct_pair.c.high_id == bindparam("key_high"),
)
_erase = delete(distinct_pair).where(
    distinct_pair.c.org_id == bindparam("org"),
    or_(any_of(distinct_pair.c.low_id, "contacts"), any_of(distinct_pair.c.high_id, "contacts")),
)


@dataclass(frozen=True)
class MarkedPair:
    """A pair with the survivors that its two ids lead to now."""

    low_id: UUID
    high_id: UUID
    low_root: UUID
    high_root: UUID

    @property
    def roots(self) -> frozenset[UUID]:
        """The survivors; a single one when the two were merged all the same."""
        return frozenset((self.low_root, self.high_root))


def pair_of(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """The ids in the order in which a pair is stored."""
    return (one, other) if one < other else (other, one)


async def pairs_touching(tx: Transaction, org_id: UUID, roots: Sequence[UUID]) -> list[MarkedPair]:
    """Every pair of which one id leads to one of these survivors. One statement."""
    return [MarkedPair(*row) for row in await tx.rows(_pairs, {"org": org_id, "roots": roots})]


async def add_pairs(tx: Transaction, rows: Sequence[PairRow]) -> None:
    """Keeps pairs; one that is there already stays as it was."""
    if rows:
        await tx.run(_add[tx.dialect], [columns_of(row) for row in rows])


async def remove_pairs(tx: Transaction, org_id: UUID, pairs: Sequence[MarkedPair]) -> None:
    """Forgets these pairs."""
    if pairs:
        keys = [{"key_org": org_id, "key_low": pair.low_id, "key_high": pair.high_id} for pair in pairs]
        await tx.run(_remove, keys)


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all pairs of these contacts."""
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})
