"""Reading contacts: by id, by identifier, by page, and what an id leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db import contacts as contact_rows
from db import erasures, merges
from db.contact_filters import ContactFilter
from db.contact_pages import ContactOrderField, PageRequest, contacts_holding, contacts_page, count_contacts
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.erasures import ErasureRow
from db.merges import MergeRow
from db.organizations import settings
from resolvers.access import Act, Scope, require
from resolvers.contacts.values import BadValue, identifying, moment, phone_forms, system_of
from resolvers.ids import CONTACT, decode_id
from resolvers.paging import Page, PageArguments, bad_argument, cut_page, decode_cursor, encode_cursor

MAXIMUM_BY_IDENTIFIER = 100


@dataclass(frozen=True)
class Resolution:
    """What an id leads to: `path` are the merges on the way, nearest first; `erasure` says who erased it."""

    contact: ContactRow | None
    erasure: ErasureRow | None
    path: tuple[MergeRow, ...]


@dataclass(frozen=True)
class Order:
    """How a page of contacts is sorted."""

    field: ContactOrderField = ContactOrderField.ID
    descending: bool = False


async def contact_by_id(db: Database, act: Act, contact: str, *, follow: bool) -> ContactRow | None:
    """A living contact; with `follow` the survivor that the id leads to. None for anything else."""
    require(act.actor, Scope.CONTACTS_READ)
    contact_id = decode_id(CONTACT, contact)
    if contact_id is None:
        return None
    reader = contact_rows.survivors if follow else contact_rows.living_by_id
    found = await db.read(lambda tx: reader(tx, act.actor.organizations, [contact_id]))
    row = found.get(contact_id)
    return row if row is not None and row.living else None


async def survivors_of(db: Database, act: Act, ids: Sequence[UUID]) -> dict[UUID, ContactRow]:
    """For a batch of ids the living contacts that they lead to now."""
    found = await db.read(lambda tx: contact_rows.survivors(tx, act.actor.organizations, ids))
    return {contact_id: row for contact_id, row in found.items() if row.living}


async def contacts_by_identifier(
    db: Database, act: Act, org_id: UUID, identifier: tuple[str, str, str | None], first: int
) -> list[ContactRow]:
    """Living contacts that hold (kind, value, system), through merges too, oldest first."""
    require(act.actor, Scope.CONTACTS_READ)
    if not 1 <= first <= MAXIMUM_BY_IDENTIFIER:
        raise bad_argument("first", f"first must lie between 1 and {MAXIMUM_BY_IDENTIFIER}, not at {first}.")
    return await db.read(lambda tx: _by_identifier(tx, org_id, identifier, first))


async def _by_identifier(
    tx: Transaction, org_id: UUID, identifier: tuple[str, str, str | None], first: int
) -> list[ContactRow]:
    kind, value, system = identifier
    region = (await settings(tx, org_id)).default_region
    try:
        if kind == "PHONE" and system is None:
            forms = phone_forms(value, region)
        else:
            forms = (identifying(kind, value, system_of(kind, system), region).normalized,)
    except BadValue as error:
        raise bad_argument("value", f"value {error}.") from None
    return await contacts_holding(tx, org_id, [(kind, form, system) for form in forms], first)


async def list_contacts(
    db: Database, act: Act, org_id: UUID, wanted: ContactFilter, order: Order, page: PageArguments
) -> Page[ContactRow]:
    """One page of living contacts."""
    require(act.actor, Scope.CONTACTS_READ)
    name = order.field.value
    request = PageRequest(
        limit=page.limit,
        order=order.field,
        descending=order.descending,
        after=decode_cursor(page.after, "after", name, _reader(order.field)),
        before=decode_cursor(page.before, "before", name, _reader(order.field)),
        backward=page.backward,
    )
    rows = await db.read(lambda tx: contacts_page(tx, org_id, wanted, request))
    return cut_page(rows, page, lambda row: encode_cursor(name, getattr(row, name), row.id))


async def count(db: Database, act: Act, org_id: UUID, wanted: ContactFilter) -> int:
    """How many living contacts match."""
    require(act.actor, Scope.CONTACTS_READ)
    return await db.read(lambda tx: count_contacts(tx, org_id, wanted))


async def default_region(db: Database, org_id: UUID) -> str | None:
    """The region in which an organisation's phone numbers are read."""
    return (await db.read(lambda tx: settings(tx, org_id))).default_region


async def resolve_contact(db: Database, act: Act, contact: str) -> Resolution | None:
    """What an id leads to; None when nobody has it."""
    require(act.actor, Scope.CONTACTS_READ)
    contact_id = decode_id(CONTACT, contact)
    if contact_id is None:
        return None
    return await db.read(lambda tx: _resolve(tx, act.actor.organizations, contact_id))


async def _resolve(tx: Transaction, orgs: Sequence[UUID], contact_id: UUID) -> Resolution | None:
    survivor = (await contact_rows.survivors(tx, orgs, [contact_id])).get(contact_id)
    if survivor is None:
        return None
    path: list[MergeRow] = []
    if survivor.id != contact_id:
        members = {row.id: row for row in (await contact_rows.tree_members(tx, orgs, [survivor.id]))[survivor.id]}
        steps = _steps(members, contact_id)
        events = await merges.merges_by_id(tx, orgs, steps)
        path = [events[step] for step in steps]
    if survivor.erased_at is None:
        return Resolution(survivor, None, tuple(path))
    erased = await erasures.erasures_of(tx, orgs, [survivor.id])
    return Resolution(None, erased[survivor.id], tuple(path))


def _steps(members: dict[UUID, ContactRow], contact_id: UUID) -> list[UUID]:
    """The merges from an id up to its survivor."""
    steps = []
    row = members[contact_id]
    while row.merged_into_id is not None and row.merge_id is not None:
        steps.append(row.merge_id)
        row = members[row.merged_into_id]
    return steps


def _reader(field: ContactOrderField) -> Any:
    if field is ContactOrderField.ID:
        return lambda value: UUID(hex=value)
    if field is ContactOrderField.NAME:
        return _text
    return _moment


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("no text")
    value.encode()
    return value


def _moment(value: Any) -> datetime:
    read = moment(value)  # BadValue is a ValueError
    if read is None:
        raise ValueError("no time")
    return read
