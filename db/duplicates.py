"""Who else holds an identifier: what detection asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, and_, bindparam, cast, func, select

from db.base import any_of
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


_member, _root = contact.alias("member"), contact.alias("root")
_key = (identifier.c.kind, identifier.c.system, identifier.c.normalized)
_holding = (
    select(
        *_key,
        _root.c.id,
        func.max(cast(identifier.c.verified, Integer)).label("verified"),
        _root.c.role,
        _root.c.created_at,
        func.row_number().over(partition_by=_key, order_by=_root.c.id).label("place"),
    )
    .select_from(
        identifier.join(
            _member, and_(_member.c.org_id == identifier.c.org_id, _member.c.id == identifier.c.contact_id)
        ).join(_root, and_(_root.c.org_id == _member.c.org_id, _root.c.id == _member.c.canonical_id))
    )
    .where(
        identifier.c.org_id == bindparam("org"),
        any_of(identifier.c.kind, "kinds"),
        any_of(identifier.c.normalized, "values"),
        identifier.c.removed_via_id.is_(None),
        _root.c.erased_at.is_(None),
    )
    .group_by(*_key, _root.c.id, _root.c.role, _root.c.created_at)
    .subquery()
)
_first_holders = select(_holding).where(_holding.c.place <= bindparam("limit"))


async def holders_of(tx: Transaction, org_id: UUID, keys: Sequence[Key], limit: int) -> dict[Key, list[Holder]]:
    """For each (kind, system, normalized) at most `limit` living holders, oldest first. One statement."""
    found: dict[Key, list[Holder]] = {key: [] for key in keys}
    if not keys:
        return found
    parameters = {
        "org": org_id,
        "kinds": sorted({kind for kind, _, _ in keys}),
        "values": sorted({normalized for _, _, normalized in keys}),
        "limit": limit,
    }
    for kind, system, normalized, root_id, verified, role, created_at, _place in await tx.rows(
        _first_holders, parameters
    ):
        if (kind, system, normalized) in found:
            found[kind, system, normalized].append(Holder(root_id, bool(verified), role, created_at))
    return found
