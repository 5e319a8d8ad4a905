"""Who shares keys with a contact, and what is known of them: what detection asks. Four statements, for any number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Integer, and_, bindparam, case, distinct, func, literal, select

from db.base import Json, any_of_planned_once
from db.contacts import LIVING_CONTACT, NO_ACTIVITY, contact
from db.engine import Transaction
from db.matching import match_features, match_key


@dataclass(frozen=True, slots=True)
class KeyHolders:
    """A key of a contact: its first holders by rising id, the mark of each, and how many there are, counted to the
    limit when the listed ones have at most one mark between them, else as many as are listed."""

    org_id: UUID
    contact_id: UUID
    key: int
    kind: str
    ids: Sequence[UUID]
    marks: Sequence[str | None]
    total: int


class _LateIds(Sequence[UUID]):
    """Ids as text, made UUIDs when one is looked at: of a key that thousands hold nobody does, and making them was a
    third of detection's own time."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._ids: list[UUID] | None = None

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, place: int) -> UUID: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[UUID]: ...
    def __getitem__(self, place: int | slice) -> UUID | Sequence[UUID]:
        return self._made()[place]

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._made())

    def _made(self) -> list[UUID]:
        if self._ids is None:
            self._ids = [UUID(text) for text in self._texts]
        return self._ids


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What is kept of a living contact, and what changes too often to be kept twice."""

    org_id: UUID
    contact_id: UUID
    features: dict[str, Any]
    model_version: int
    role: str | None
    blocked: bool
    version: int
    last_activity_at: datetime | None


# [ids, marks] of some rows. On PostgreSQL as json: jsonb takes twice as long to make, and nothing looks into it there.
_GATHERED = {
    "sqlite": lambda *columns: func.json_array(*map(func.json_group_array, columns), type_=Json),
    "postgresql": lambda *columns: func.json_build_array(*map(func.json_agg, columns), type_=JSON()),
}


def _same_key(alias: Any) -> ColumnElement[bool]:
    return and_(alias.c.org_id == match_key.c.org_id, alias.c.key == match_key.c.key)


def _first(name: str) -> Any:
    listed = match_key.alias(name)
    columns = select(listed.c.contact_id, listed.c.coarse).where(_same_key(listed)).order_by(listed.c.contact_id)
    return columns.limit(bindparam("most_listed")).correlate(match_key).subquery(f"{name}_first")


def _holders(dialect: str) -> Any:
    first, marked, counted = _first("listed"), _first("marked"), match_key.alias("counted")
    all_of_key = select(literal(1)).where(_same_key(counted))
    counting = all_of_key.limit(bindparam("most_counted")).correlate(match_key).subquery("counting")
    total = select(func.count(type_=Integer())).select_from(counting).scalar_subquery()
    marks = select(func.count(distinct(marked.c.coarse))).scalar_subquery()
    return select(
        match_key.c.org_id,
        match_key.c.contact_id,
        match_key.c.key,
        match_key.c.kind,
        select(_GATHERED[dialect](first.c.contact_id, first.c.coarse)).scalar_subquery().label("listed"),
        # Only of one person's key does it matter how full it is (all holders of a name's key have one mark, too).
        case((marks <= 1, total)).label("total"),
    ).where(match_key.c.org_id == bindparam("org"), any_of_planned_once(match_key.c.contact_id, "contacts"))


_holders_of = {dialect: _holders(dialect) for dialect in _GATHERED}
_records = (
    select(
        match_features.c.org_id,
        match_features.c.contact_id,
        match_features.c.features,
        match_features.c.model_version,
        contact.c.role,
        contact.c.blocked,
        contact.c.version,
        contact.c.last_activity_sort,
    )
    .select_from(
        match_features.join(
            contact, and_(contact.c.org_id == match_features.c.org_id, contact.c.id == match_features.c.contact_id)
        )
    )
    # Not LIVING_CONTACT: PostgreSQL without statistics thinks that few contacts live, and would read them all.
    .where(
        contact.c.org_id == bindparam("org"),
        any_of_planned_once(contact.c.id, "contacts"),
        contact.c.canonical_id == contact.c.id,
        contact.c.erased_at.is_(None),
    )
)
_count = select(func.count()).select_from(contact).where(contact.c.org_id == bindparam("org"), *LIVING_CONTACT)


async def holders_of_keys(
    tx: Transaction, org_id: UUID, contacts: Sequence[UUID], *, listed: int, counted: int
) -> list[KeyHolders]:
    """Every key of these contacts with its holders, they themselves among them: so many are read, so many counted."""
    limits = {"most_listed": listed, "most_counted": counted}
    found = await tx.rows(_holders_of[tx.dialect], {"org": org_id, "contacts": contacts, **limits})
    return [
        KeyHolders(org, contact_id, key, kind, *_in_order(*first), len(first[0]) if total is None else total)
        for org, contact_id, key, kind, first, total in found
    ]


def _in_order(ids: list[str], marks: list[str | None]) -> tuple[Sequence[UUID], Sequence[str | None]]:
    """By rising id: as text of one length they sort as they do as numbers."""
    pairs = sorted(zip(ids, marks, strict=True))
    return _LateIds([one for one, _ in pairs]), [mark for _, mark in pairs]


async def records_of(tx: Transaction, org_id: UUID, contacts: Sequence[UUID]) -> dict[UUID, RecordRow]:
    """Of those that live and are known to matching."""
    rows = await tx.rows(_records, {"org": org_id, "contacts": contacts})
    return {row[1]: RecordRow(*row[:7], *(None if at == NO_ACTIVITY else at for at in row[7:])) for row in rows}


async def living_contacts(tx: Transaction, org_id: UUID) -> int:
    """How many contacts live in the organisation. Reads an index entry for each: a million take 0.1 s."""
    ((number,),) = await tx.rows(_count, {"org": org_id})
    return int(number)
