"""Who else holds an identifier: what detection asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, and_, cast, func, literal, select, union_all

from db.contacts import contact
from db.engine import Transaction
from db.identifiers import identifier

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Holder:
    """A living contact whose tree holds an identifier."""

    root_id: UUID
    verified: bool
    role: str | None
    created_at: datetime


async def holders_of(tx: Transaction, org_id: UUID, keys: Sequence[Key], limit: int) -> dict[Key, list[Holder]]:
    """For each (kind, system, normalized) at most `limit` living holders, oldest first. One statement."""
    if not keys:
        return {}
    parts = [_holders(org_id, key, position, limit) for position, key in enumerate(keys)]
    found: dict[Key, list[Holder]] = {key: [] for key in keys}
    for position, *values in await tx.rows(union_all(*parts)):
        found[keys[position]].append(Holder(*values))
    return found


def _holders(org_id: UUID, key: Key, position: int, limit: int) -> Select[Any]:
    kind, system, normalized = key
    member, root = contact.alias("member"), contact.alias("root")
    capped = (
        select(
            literal(position).label("position"),
            root.c.id,
            func.max(cast(identifier.c.verified, Integer)).label("verified"),
            root.c.role,
            root.c.created_at,
        )
        .select_from(
            identifier.join(
                member, and_(member.c.org_id == identifier.c.org_id, member.c.id == identifier.c.contact_id)
            ).join(root, and_(root.c.org_id == member.c.org_id, root.c.id == member.c.canonical_id))
        )
        .where(
            identifier.c.org_id == org_id,
            identifier.c.kind == kind,
            identifier.c.system == system,
            identifier.c.normalized == normalized,
            identifier.c.removed_via_id.is_(None),
            root.c.erased_at.is_(None),
        )
        .group_by(root.c.id, root.c.role, root.c.created_at)
        .order_by(root.c.id)
        .limit(limit)
        .subquery()
    )
    return select(capped)
