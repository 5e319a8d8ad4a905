"""Who shares keys with a contact, and what is known of them: what detection asks. Four statements, for any number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, func, literal, select

from db.base import Json, any_of
from db.contacts import LIVING_CONTACT, NO_ACTIVITY, contact
from db.engine import Transaction
from db.matching import match_features, match_key

LISTED = 61  # holders of a key that are read, the first by id
COUNTED = 1_000  # holders of a key that are counted


@dataclass(frozen=True, slots=True)
class KeyHolders:
    """A key of a contact: its first LISTED holders by rising id, each with its mark, and how many there are, counted to
    COUNTED."""

    org_id: UUID
    contact_id: UUID
    key: int
    kind: str
    listed: tuple[tuple[UUID, str | None], ...]
    total: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What is kept of a living contact, and what changes too often to be kept twice."""

    org_id: UUID
    contact_id: UUID
    features: dict[str, Any]
    model_version: int
    role: str | None
    blocked: bool
    last_activity_at: datetime | None
    version: int


_GATHERED = {
    "sqlite": lambda *pair: func.json_group_array(func.json_array(*pair), type_=Json),
    "postgresql": lambda *pair: func.jsonb_agg(func.jsonb_build_array(*pair), type_=Json),
}


def _same_key(alias: Any) -> ColumnElement[bool]:
    return and_(alias.c.org_id == match_key.c.org_id, alias.c.key == match_key.c.key)


def _holders(dialect: str) -> Any:
    listed, counted = match_key.alias("listed"), match_key.alias("counted")
    first = (
        select(listed.c.contact_id, listed.c.coarse)
        .where(_same_key(listed))
        .order_by(listed.c.contact_id)
        .limit(LISTED)
        .correlate(match_key)
        .subquery("first")
    )
    counting = select(literal(1)).where(_same_key(counted)).limit(COUNTED).correlate(match_key).subquery("counting")
    return select(
        match_key.c.org_id,
        match_key.c.contact_id,
        match_key.c.key,
        match_key.c.kind,
        select(_GATHERED[dialect](first.c.contact_id, first.c.coarse)).scalar_subquery().label("listed"),
        select(func.count(type_=Integer())).select_from(counting).scalar_subquery().label("total"),
    ).where(any_of(match_key.c.org_id, "orgs"), any_of(match_key.c.contact_id, "contacts"))


_holders_of = {dialect: _holders(dialect) for dialect in _GATHERED}
_records = (
    select(
        match_features.c.org_id,
        match_features.c.contact_id,
        match_features.c.features,
        match_features.c.model_version,
        contact.c.role,
        contact.c.blocked,
        contact.c.last_activity_sort,
        contact.c.version,
    )
    .select_from(
        match_features.join(
            contact, and_(contact.c.org_id == match_features.c.org_id, contact.c.id == match_features.c.contact_id)
        )
    )
    .where(
        any_of(match_features.c.org_id, "orgs"),
        any_of(match_features.c.contact_id, "contacts"),
        *LIVING_CONTACT,
    )
)
_count = (
    select(contact.c.org_id, func.count())
    .where(any_of(contact.c.org_id, "orgs"), *LIVING_CONTACT)
    .group_by(contact.c.org_id)
)


async def holders_of_keys(tx: Transaction, orgs: Sequence[UUID], contacts: Sequence[UUID]) -> list[KeyHolders]:
    """Every key of these contacts with its holders, they themselves among them."""
    found = await tx.rows(_holders_of[tx.dialect], {"orgs": orgs, "contacts": contacts})
    return [
        KeyHolders(org, contact_id, key, kind, tuple(sorted((UUID(one), mark) for one, mark in listed)), total)
        for org, contact_id, key, kind, listed, total in found
    ]


async def records_of(tx: Transaction, orgs: Sequence[UUID], contacts: Sequence[UUID]) -> dict[UUID, RecordRow]:
    """Of those that live and are known to matching."""
    found = {}
    for row in await tx.rows(_records, {"orgs": orgs, "contacts": contacts}):
        values = dict(row._mapping)
        last_activity = values.pop("last_activity_sort")
        values["last_activity_at"] = None if last_activity == NO_ACTIVITY else last_activity
        found[row.contact_id] = RecordRow(**values)
    return found


async def living_contacts(tx: Transaction, orgs: Sequence[UUID]) -> dict[UUID, int]:
    """How many contacts live in each organisation. Reads an index entry for each: a million take 0.1 s."""
    found = dict.fromkeys(orgs, 0)
    found |= {org: number for org, number in await tx.rows(_count, {"orgs": orgs})}  # noqa: C416 - rows are no pairs
    return found
