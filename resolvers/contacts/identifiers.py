"""addIdentifier and removeIdentifier: they land on the survivor, also when sent to a merged-away id."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from db import contacts as contact_rows
from db import identifiers
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.identifiers import IdentifierRow
from db.organizations import SettingsRow, settings_for_identifiers
from resolvers.access import Act, Scope, require
from resolvers.contacts.create import identifier_values
from resolvers.contacts.exclusive import check_exclusive, lock_if_exclusive
from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import read_identifier
from resolvers.contacts.landing import Landed, landed_on, lock_landing, read_contact_id
from resolvers.contacts.once import each_once
from resolvers.contacts.update import save_edit
from resolvers.contacts.values import Identifying, email, phone_forms, phone_region
from resolvers.contacts.writers import edited
from resolvers.errors import ErrorCode, refuse
from resolvers.merging.refusals import contact_not_found

LEADING = {"EMAIL": "email", "PHONE": "phone"}


def shown_once(found: Sequence[IdentifierRow], root: UUID) -> list[IdentifierRow]:
    """Equal identifiers of a tree as one: the survivor's own, else the oldest; verified if any of them is."""
    verified = {row.key for row in found if row.verified}
    return [replace(row, verified=row.key in verified) for row in each_once(found, root, lambda row: row.key)]


def next_leading(found: Sequence[IdentifierRow], root: UUID, kind: str) -> str | None:
    """The address or number that leads when the leading one is gone: a verified one if there is one."""
    rest = [row for row in shown_once(found, root) if row.kind == kind]
    best = min(rest, key=lambda row: not row.verified, default=None)
    if best is None:
        return None
    return best.value if kind == "EMAIL" else best.normalized


async def add_identifier(db: Database, act: Act, contact: str, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    """Attaches an identifier to the contact that it is sent to, where an undo will find it; it shows on the survivor,
    and leads there when there was no leading one (then the survivor holds it too)."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(contact)
    return await db.write(lambda tx: _add(tx, act, contact_id, raw))


async def remove_identifier(db: Database, act: Act, contact: str, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    """Takes an identifier off the survivor and all that was merged into it; the next of its kind leads then."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(contact)
    return await db.write(lambda tx: _remove(tx, act, contact_id, raw))


def landed(row: ContactRow, contact_id: UUID) -> Landed[ContactRow]:
    """The answer for a write that was sent to this id."""
    return Landed(row, landed_on(row, contact_id))


async def _add(tx: Transaction, act: Act, contact_id: UUID, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    settings, found = await _read(tx, act, contact_id, Fields(raw, ("identifier",)))
    held = await lock_if_exclusive(tx, settings.org_id, settings.identifier_rule, [found])
    row = await lock_landing(tx, act, contact_id)
    check_exclusive([found], held, row.id, field=("identifier", "value"))
    leading = LEADING.get(found.kind)
    leads = leading is not None and getattr(row, leading) is None
    if not leads and await _is_held(tx, row, contact_id, found):
        return landed(row, contact_id)
    holders = dict.fromkeys([contact_id, row.id] if leads else [contact_id])
    values = identifier_values(act, row, found)
    await identifiers.put_on(tx, [values | {"id": act.new_id(), "contact_id": holder} for holder in holders])
    if leading is not None and leads:
        row = _leads(act, row, leading, found.value if leading == "email" else found.normalized)
    return landed(await save_edit(tx, act, row), contact_id)


async def _is_held(tx: Transaction, row: ContactRow, contact_id: UUID, found: Identifying) -> bool:
    """Whether the contact has this very identifier under its own id already, as verified as it is sent."""
    held = (await identifiers.identifiers_of(tx, [row.org_id], [row.id]))[row.id]
    return any(h.key == found.key and h.contact_id == contact_id and h.verified >= found.verified for h in held)


async def _remove(tx: Transaction, act: Act, contact_id: UUID, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    settings, wanted = await _read(tx, act, contact_id, Fields(raw))
    row = await lock_landing(tx, act, contact_id)
    forms = _forms(row, wanted, settings.default_region)
    if await identifiers.take_off(tx, row, wanted.kind, wanted.system, forms, act.now) == 0:
        raise refuse(ErrorCode.NOT_FOUND, f"This contact has no {wanted.kind} {wanted.value}.", "value")
    leading = LEADING.get(wanted.kind)
    if leading and is_leading(row, leading, forms):
        row = _leads(act, row, leading, await _next(tx, row, wanted.kind))
    return landed(await save_edit(tx, act, row), contact_id)


async def _read(tx: Transaction, act: Act, contact_id: UUID, fields: Fields) -> tuple[SettingsRow, Identifying]:
    survivor = (await contact_rows.survivors(tx, act.actor.organizations, [contact_id])).get(contact_id)
    if survivor is None:
        raise contact_not_found(contact_id, "contactId")
    settings = await settings_for_identifiers(tx, survivor.org_id)
    found = read_identifier(fields, _region(survivor, settings.default_region))
    fields.refuse_if_wrong()
    assert found is not None
    return settings, found


def _forms(row: ContactRow, wanted: Identifying, default_region: str | None) -> tuple[str, ...]:
    """The normal forms it may be stored under: a number may have come before its region was known."""
    if wanted.kind != "PHONE":
        return (wanted.normalized,)
    return tuple(dict.fromkeys((wanted.normalized, *phone_forms(wanted.value, _region(row, default_region)))))


def _region(row: ContactRow, default_region: str | None) -> str | None:
    return phone_region((row.address or {}).get("country")) or default_region


def is_leading(row: ContactRow, leading: str, forms: Collection[str]) -> bool:
    """Whether the contact's leading `email` or `phone` is one of these normal forms."""
    if leading == "phone":
        return row.phone in forms
    return row.email is not None and email(row.email).normalized in forms


async def _next(tx: Transaction, row: ContactRow, kind: str) -> str | None:
    return next_leading((await identifiers.identifiers_of(tx, [row.org_id], [row.id]))[row.id], row.id, kind)


def _leads(act: Act, row: ContactRow, leading: str, value: str | None) -> ContactRow:
    provenance = row.provenance | {leading: edited(act.now, row.version + 1)}
    if leading == "email":
        return replace(row, provenance=provenance, email=value)
    return replace(row, provenance=provenance, phone=value)
