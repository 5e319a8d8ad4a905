"""When each contact, as first given, was last active. Never moved: a survivor's activity is the latest of its tree."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, func, select, update
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, any_of, by_dialect, table_of, tenant_key
from db.contacts import contact
from db.engine import Transaction


class ContactActivity(SQLModel, table=True):
    """One row a contact that has been active."""

    __tablename__ = "contact_activity"
    __table_args__ = (tenant_key("contact_id", target="contact"), KEY_IS_TABLE)
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    last_at: datetime


activity = table_of(ContactActivity)

_set = by_dialect(
    lambda insert: insert(activity).on_conflict_do_update(
        index_elements=["org_id", "contact_id"], set_={"last_at": insert(activity).excluded.last_at}
    )
)
_latest = (
    select(func.max(activity.c.last_at))
    .select_from(
        contact.join(activity, and_(activity.c.org_id == contact.c.org_id, activity.c.contact_id == contact.c.id))
    )
    .where(contact.c.org_id == bindparam("org"), contact.c.canonical_id == bindparam("root"))
)
_of_trees = (
    select(contact.c.canonical_id, activity.c.contact_id, activity.c.last_at)
    .select_from(
        contact.join(activity, and_(activity.c.org_id == contact.c.org_id, activity.c.contact_id == contact.c.id))
    )
    .where(any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"))
)
_erase = delete(activity).where(activity.c.org_id == bindparam("org"), any_of(activity.c.contact_id, "contacts"))


async def set_activity(tx: Transaction, rows: Sequence[dict[str, Any]]) -> None:
    """Writes the last activity of the contacts named in the rows (org_id, contact_id, last_at)."""
    if rows:
        await tx.run(_set[tx.dialect], rows)


async def latest_activity(tx: Transaction, org_id: UUID, root: UUID) -> datetime | None:
    """The latest activity of a survivor's tree."""
    row = await tx.row(_latest, {"org": org_id, "root": root})
    return row[0] if row else None


async def activity_of(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, dict[UUID, datetime]]:
    """For each survivor the last activity of every contact of its tree that was active."""
    found: dict[UUID, dict[UUID, datetime]] = {root: {} for root in roots}
    for root, contact_id, last_at in await tx.rows(_of_trees, {"orgs": orgs, "roots": roots}):
        found[root][contact_id] = last_at
    return found


async def erase(tx: Transaction, org_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Deletes the activity of these contacts."""
    await tx.run(_erase, {"org": org_id, "contacts": contact_ids})


_heard = by_dialect(
    lambda insert: insert(activity).on_conflict_do_update(
        index_elements=["org_id", "contact_id"],
        set_={"last_at": insert(activity).excluded.last_at},
        where=activity.c.last_at < insert(activity).excluded.last_at,
    )
)
_show = (
    update(contact)
    .where(
        contact.c.org_id == bindparam("org"),
        contact.c.id == bindparam("root"),
        contact.c.last_activity_sort < bindparam("heard_at"),
    )
    .values(last_activity_sort=bindparam("heard_at"))
)


async def note_activity(tx: Transaction, org_id: UUID, contact_id: UUID, root: UUID, at: datetime) -> None:
    """A contact was heard of: its own activity, and the latest of the survivor, whose lock is held. Two statements."""
    await note_activities(tx, org_id, [(contact_id, root, at)])


async def note_activities(tx: Transaction, org_id: UUID, heard: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """The same for many (contact, its survivor, when), for holders of the organisation's lock. Two statements."""
    own: dict[UUID, datetime] = {}
    shown: dict[UUID, datetime] = {}
    for contact_id, root, at in heard:
        own[contact_id] = max(at, own.get(contact_id, at))
        shown[root] = max(at, shown.get(root, at))
    if not own:
        return
    rows = [{"org_id": org_id, "contact_id": contact_id, "last_at": at} for contact_id, at in own.items()]
    await tx.run(_heard[tx.dialect], rows)
    await tx.run(_show, [{"org": org_id, "root": root, "heard_at": at} for root, at in sorted(shown.items())])
