"""Writes that hang something on a contact: they land on the survivor, also when sent to a merged-away id.

What is written keeps the id that it was sent to, so that an undo finds it; `landed_on` says who shows it now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from db import contact_writes
from db.contacts import ContactRow
from db.engine import Transaction
from resolvers.access import Act
from resolvers.contacts.values import BadValue, moment
from resolvers.duplicates.records import keep_in_step
from resolvers.errors import ErrorCode, refuse
from resolvers.events.recording import note_updated
from resolvers.idempotency import answer_for, claim, comparable
from resolvers.ids import CONTACT, decode_id
from resolvers.merging.refusals import contact_not_found
from resolvers.merging.request import read_key

T = TypeVar("T")
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Landed(Generic[T]):
    """What was written, and the survivor's id when it was sent to a merged-away one."""

    thing: T
    landed_on: UUID | None


def read_contact_id(value: str, field: str = "contactId") -> UUID:
    """The id of a mutation's contact. Raises BAD_USER_INPUT."""
    contact_id = decode_id(CONTACT, value)
    if contact_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a contact id: they look like contact_01j….", field)
    return contact_id


async def lock_landing(tx: Transaction, act: Act, contact_id: UUID, field: str = "contactId") -> ContactRow:
    """Locks the survivor that a write to this id lands on. Raises NOT_FOUND."""
    row = await contact_writes.lock_survivor(tx, act.actor.organizations, contact_id)
    if row is None or row.erased_at is not None:
        raise contact_not_found(contact_id, field)
    return row


def landed_on(root: ContactRow, contact_id: UUID) -> UUID | None:
    """The survivor, when the write was sent to another id."""
    return root.id if root.id != contact_id else None


async def save_changed(tx: Transaction, act: Act, row: ContactRow, *, seen: bool = False) -> ContactRow:
    """A locked survivor whose own values stay while something on it changed: a new time and version, and what matching
    keeps of it if the change is `seen` by it."""
    row = replace(row, updated_at=max(act.now, row.updated_at), version=row.version + 1)
    await contact_writes.save_contact(tx, row)
    if seen:
        await keep_in_step(tx, [row])
    await note_updated(tx, act, row, seen=seen)
    return row


async def made_before(
    tx: Transaction, act: Act, org_id: UUID, operation: str, raw: Mapping[str, Any], made: UUID
) -> UUID | None:
    """The thing that an idempotency key stands for already; None takes the key for `made`. Raises Refused."""
    key = read_key(raw.get("idempotencyKey"))
    if key is None:
        return None
    stored = await claim(tx, org_id, answer_for(key, operation, comparable(raw), {"id": made.hex}), act.now)
    return UUID(stored["id"]) if stored is not None else None


def past_moment(value: object, now: datetime) -> datetime | None:
    """A time from year 1 to now (and five minutes, for clocks that differ)."""
    at = moment(value)
    if at is not None and at > now + _CLOCK_SKEW:
        raise BadValue("lies in the future")
    return at
