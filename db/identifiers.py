"""Identifiers: e-mail addresses, phone numbers, external ids and user names, as given and in their normal form.

Several contacts may hold one identifier: a lead and a user with one address are the very reason for merging.
A removal is a tombstone naming the survivor through which it was taken off, so that an undo can bring it back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, and_, bindparam, delete, or_, select, true, update
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, any_of, by_dialect, none_of, one_of, table_of, tenant_key
from db.contacts import ContactRow, contact
from db.engine import Transaction
from db.rare import Rare, through_tree

KINDS = ("EMAIL", "PHONE", "EXTERNAL_ID", "USERNAME")


class Identifier(SQLModel, table=True):
    """One identifier of one contact, as first given. `system` is '' for none: NULL would defeat the unique key."""

    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        UniqueConstraint("org_id", "contact_id", "kind", "system", "normalized", name="uq_identifier_once"),
        one_of("kind", KINDS),
        Index("ix_identifier_value", "org_id", "kind", "normalized"),
        KEY_IS_TABLE,
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    contact_id: UUID
    kind: str
    system: str = ""
    value: str
    normalized: str
    verified: bool = False
    created_at: datetime
    removed_via_id: UUID | None = None
    removed_at: datetime | None = None


identifier = table_of(Identifier)


@dataclass(frozen=True, slots=True)
class IdentifierRow:
    """An identifier that is in force, with the living contact that it leads to now."""

    root_id: UUID
    org_id: UUID
    id: UUID
    contact_id: UUID
    kind: str
    system: str
    value: str
    normalized: str
    verified: bool
    created_at: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two identifiers equal."""
        return (self.kind, self.system, self.normalized)


_member = and_(identifier.c.org_id == contact.c.org_id, identifier.c.contact_id == contact.c.id)
_in_force = identifier.c.removed_via_id.is_(None)
_COLUMNS = [
    contact.c.canonical_id,
    identifier.c.org_id,
    identifier.c.id,
    identifier.c.contact_id,
    identifier.c.kind,
    identifier.c.system,
    identifier.c.value,
    identifier.c.normalized,
    identifier.c.verified,
    identifier.c.created_at,
]
_of_trees = (
    select(*_COLUMNS)
    .select_from(contact.join(identifier, _member))
    .where(any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"), _in_force)
    .order_by(identifier.c.created_at, identifier.c.id)
)
_tree = select(contact.c.id).where(contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root"))
_take_off = (
    update(identifier)
    .where(
        identifier.c.org_id == bindparam("org"),
        identifier.c.contact_id.in_(_tree),
        identifier.c.kind == bindparam("of_kind"),
        identifier.c.system == bindparam("of_system"),
        any_of(identifier.c.normalized, "forms"),
        _in_force,
    )
    .values(removed_via_id=bindparam("root"), removed_at=bindparam("now"))
)
_put_on = by_dialect(
    lambda insert: insert(identifier).on_conflict_do_update(
        index_elements=["org_id", "contact_id", "kind", "system", "normalized"],
        set_={
            "value": insert(identifier).excluded.value,
            "verified": or_(identifier.c.verified, insert(identifier).excluded.verified),
            "removed_via_id": None,
            "removed_at": None,
        },
    )
)
_lift = (
    update(identifier)
    .where(
        identifier.c.org_id == bindparam("key_org"),
        any_of(identifier.c.contact_id, "members"),
        identifier.c.removed_via_id.is_not(None),
        none_of(identifier.c.removed_via_id, "members"),
    )
    .values(removed_via_id=None, removed_at=None)
)
_erase = delete(identifier).where(identifier.c.org_id == bindparam("org"), any_of(identifier.c.contact_id, "contacts"))
_holders = (
    select(identifier.c.kind, identifier.c.system, identifier.c.normalized, contact.c.canonical_id)
    .select_from(identifier.join(contact, _member))
    .where(
        identifier.c.org_id == bindparam("org"),
        any_of(identifier.c.kind, "kinds"),
        any_of(identifier.c.normalized, "values"),
        _in_force,
        contact.c.erased_at.is_(None),
    )
    .distinct()
    .order_by(contact.c.canonical_id)
)


async def identifiers_of(
    tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]
) -> dict[UUID, list[IdentifierRow]]:
    """Everything in force on the trees of these survivors, oldest first; equal ones still stand side by side."""
    found: dict[UUID, list[IdentifierRow]] = {root: [] for root in roots}
    for row in await tx.rows(_of_trees, {"orgs": orgs, "roots": roots}):
        found[row.canonical_id].append(IdentifierRow(*row))
    return found


async def holders(
    tx: Transaction, org_id: UUID, keys: Iterable[tuple[str, str, str]]
) -> dict[tuple[str, str, str], list[UUID]]:
    """The survivors that hold each (kind, system, normalized), through merges too. Keys nobody holds are absent."""
    wanted = set(keys)
    if not wanted:
        return {}
    parameters = {
        "org": org_id,
        "kinds": sorted({kind for kind, _, _ in wanted}),
        "values": sorted({normalized for _, _, normalized in wanted}),
    }
    found: dict[tuple[str, str, str], list[UUID]] = {}
    for kind, system, normalized, root in await tx.rows(_holders, parameters):
        if (kind, system, normalized) in wanted:
            found.setdefault((kind, system, normalized), []).append(root)
    return found


async def put_on(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Attaches identifiers to the contacts named in the rows; one that was taken off is in force again."""
    if rows:
        await tx.run(_put_on[tx.dialect], rows)


async def take_off(
    tx: Transaction, row: ContactRow, kind: str, system: str, forms: Sequence[str], now: datetime
) -> int:
    """Marks an identifier (any of its normal forms) as removed through this survivor, on its whole tree; the number of
    rows marked."""
    parameters = {
        "org": row.org_id,
        "root": row.id,
        "of_kind": kind,
        "of_system": system,
        "forms": forms,
        "now": now,
    }
    return await tx.run(_take_off, parameters)


async def bring_back(tx: Transaction, org_id: UUID, trees: Sequence[Sequence[UUID]]) -> None:
    """What was taken off these trees through a survivor that they no longer belong to is in force again."""
    await tx.run(_lift, [{"key_org": org_id, "members": tree} for tree in trees])


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all identifiers of these contacts, tombstones too."""
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})


def held_by_tree(org_id: UUID, kind: str, forms: Sequence[str], system: str | None = None) -> Rare:
    """A condition on `contact`: the survivor whose tree holds one of these (normal forms); `system` None is any."""
    return through_tree(
        identifier,
        org_id,
        identifier.c.kind == kind,
        or_(*(identifier.c.normalized == form for form in forms)),
        identifier.c.removed_via_id.is_(None),
        true() if system is None else identifier.c.system == system,
    )
