"""Labels of an organisation, and which contact was given which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, any_of, by_dialect, none_of, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction


class Label(SQLModel, table=True):
    """A label; `name_key` is its name as compared (NFKC, casefolded)."""

    __table_args__ = (
        tenant_key(target="organization_lock", target_columns=("org_id",)),
        UniqueConstraint("org_id", "name_key"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str
    name_key: str
    color: str | None = None
    created_at: datetime


class ContactLabel(SQLModel, table=True):
    """A label on the contact it was given to; taken off by a tombstone, as identifiers are."""

    __tablename__ = "contact_label"
    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        tenant_key("label_id", target="label"),
        Index("ix_contact_label_label", "org_id", "label_id"),
        KEY_IS_TABLE,
    )
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    label_id: UUID = Field(primary_key=True)
    created_at: datetime
    removed_via_id: UUID | None = None
    removed_at: datetime | None = None


label = table_of(Label)
contact_label = table_of(ContactLabel)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label as a client sees it."""

    org_id: UUID
    id: UUID
    name: str
    name_key: str
    color: str | None


_COLUMNS = [label.c.org_id, label.c.id, label.c.name, label.c.name_key, label.c.color]
_of_organization = select(*_COLUMNS).where(label.c.org_id == bindparam("org"))
_by_ids = select(*_COLUMNS).where(any_of(label.c.org_id, "orgs"), any_of(label.c.id, "ids"))
_by_keys = select(label.c.name_key, label.c.id).where(
    label.c.org_id == bindparam("org"), any_of(label.c.name_key, "keys")
)
_of_trees = (
    select(contact.c.canonical_id, *_COLUMNS)
    .select_from(
        contact.join(
            contact_label,
            and_(contact_label.c.org_id == contact.c.org_id, contact_label.c.contact_id == contact.c.id),
        ).join(label, and_(label.c.org_id == contact_label.c.org_id, label.c.id == contact_label.c.label_id))
    )
    .where(
        any_of(contact.c.org_id, "orgs"),
        any_of(contact.c.canonical_id, "roots"),
        contact_label.c.removed_via_id.is_(None),
    )
    .distinct()
)
_make = by_dialect(lambda insert: insert(label).on_conflict_do_nothing())
_put_on = by_dialect(
    lambda insert: insert(contact_label).on_conflict_do_update(
        index_elements=["org_id", "contact_id", "label_id"], set_={"removed_via_id": None, "removed_at": None}
    )
)
_in_force = (
    select(contact_label.c.contact_id, contact_label.c.label_id)
    .select_from(
        contact.join(
            contact_label,
            and_(contact_label.c.org_id == contact.c.org_id, contact_label.c.contact_id == contact.c.id),
        )
    )
    .where(
        contact.c.org_id == bindparam("org"),
        contact.c.canonical_id == bindparam("root"),
        contact_label.c.removed_via_id.is_(None),
    )
)
_take_off_others = (
    update(contact_label)
    .where(
        contact_label.c.org_id == bindparam("org"),
        contact_label.c.contact_id.in_(
            select(contact.c.id).where(
                contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root")
            )
        ),
        none_of(contact_label.c.label_id, "kept"),
        contact_label.c.removed_via_id.is_(None),
    )
    .values(removed_via_id=bindparam("root"), removed_at=bindparam("now"))
)
_lift = (
    update(contact_label)
    .where(
        contact_label.c.org_id == bindparam("key_org"),
        any_of(contact_label.c.contact_id, "members"),
        contact_label.c.removed_via_id.is_not(None),
        none_of(contact_label.c.removed_via_id, "members"),
    )
    .values(removed_via_id=None, removed_at=None)
)
_erase = delete(contact_label).where(
    contact_label.c.org_id == bindparam("org"), any_of(contact_label.c.contact_id, "contacts")
)


async def labels_of_organization(tx: Transaction, org_id: UUID) -> list[LabelRow]:
    """All labels, by name."""
    return _by_name(LabelRow(*row) for row in await tx.rows(_of_organization, {"org": org_id}))


async def labels_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> list[LabelRow]:
    """Those that exist."""
    return [LabelRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})]


async def labels_of(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, list[LabelRow]]:
    """The labels in force on each survivor's tree, each once, by name."""
    found: dict[UUID, list[LabelRow]] = {root: [] for root in roots}
    for row in await tx.rows(_of_trees, {"orgs": orgs, "roots": roots}):
        found[row.canonical_id].append(LabelRow(*row[1:]))
    return {root: _by_name(labels) for root, labels in found.items()}


async def own_labels(tx: Transaction, org_id: UUID, root: UUID) -> tuple[set[UUID], set[UUID]]:
    """(the labels in force under the survivor's own id, those in force on its whole tree)."""
    own: set[UUID] = set()
    everywhere: set[UUID] = set()
    for contact_id, label_id in await tx.rows(_in_force, {"org": org_id, "root": root}):
        everywhere.add(label_id)
        if contact_id == root:
            own.add(label_id)
    return own, everywhere


async def make_labels(tx: Transaction, org_id: UUID, rows: Sequence[dict[str, Any]]) -> list[UUID]:
    """The ids of the labels with these names, made where missing; `rows` have the columns of `label`."""
    if not rows:
        return []
    await tx.run(_make[tx.dialect], rows)
    keys = [row["name_key"] for row in rows]
    found = {row.name_key: row.id for row in await tx.rows(_by_keys, {"org": org_id, "keys": keys})}
    return [found[key] for key in keys]


async def set_labels(tx: Transaction, org_id: UUID, root: UUID, label_ids: Sequence[UUID], now: datetime) -> None:
    """Makes these the labels of a survivor: its own rows are in force, all others of its tree are taken off."""
    await tx.run(_take_off_others, {"org": org_id, "root": root, "kept": label_ids, "now": now})
    rows = [{"org_id": org_id, "contact_id": root, "label_id": label_id, "created_at": now} for label_id in label_ids]
    if rows:
        await tx.run(_put_on[tx.dialect], rows)


async def bring_back(tx: Transaction, org_id: UUID, trees: Sequence[Sequence[UUID]]) -> None:
    """What was taken off these trees through a survivor that they no longer belong to is in force again."""
    await tx.run(_lift, [{"key_org": org_id, "members": tree} for tree in trees])


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes all label rows of these contacts."""
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})


def labelled(org_id: UUID, label_id: UUID) -> ColumnElement[bool]:
    """A condition on `contact`: the survivor whose tree carries this label (see db.identifiers.held_by_tree)."""
    member = contact.alias("member")
    return contact.c.id.in_(
        select(member.c.canonical_id)
        .select_from(
            contact_label.join(
                member,
                and_(member.c.org_id == contact_label.c.org_id, member.c.id == contact_label.c.contact_id),
            )
        )
        .where(
            contact_label.c.org_id == org_id,
            contact_label.c.label_id == label_id,
            contact_label.c.removed_via_id.is_(None),
        )
    )


def _by_name(labels: Iterable[LabelRow]) -> list[LabelRow]:
    # In Python: the databases' collations differ.
    return sorted(labels, key=lambda row: (row.name_key, row.id))
