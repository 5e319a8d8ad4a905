"""upsertContact: make a contact, or change the one that holds an identifier."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from db import contact_writes
from db.contacts import ContactRow, contact_values
from db.engine import Database, Transaction
from db.identifiers import holders
from db.organizations import SettingsRow, lock_organization, settings_for_identifiers
from resolvers.access import Act, Scope, organization_for_input, require
from resolvers.contacts.create import encode_contact, new_row, write_contacts
from resolvers.contacts.exclusive import check_exclusive, is_exclusive
from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import ContactPatch, read_identifier, read_new_contact, read_patch
from resolvers.contacts.update import apply_patch
from resolvers.contacts.values import Identifying, phone_region
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.events.recording import note_created
from resolvers.ids import CONTACT, encode_id

# Sent with a contact that exists already, these say nothing: they hold for the making only.
_ONLY_WHEN_MADE = {"createdAt", "blockedAt", "unsubscribedAt", "organizationId", "idempotencyKey"}


@dataclass(frozen=True)
class Upserted:
    """The contact, and whether it was made."""

    contact: ContactRow
    created: bool


async def upsert_contact(
    db: Database, act: Act, by: Mapping[str, Any], raw: Mapping[str, Any], organization_id: UUID | None
) -> Upserted:
    """Raises Refused: AMBIGUOUS_IDENTIFIER with one error a holder when several contacts hold it."""
    require(act.actor, Scope.CONTACTS_WRITE)
    org_id = organization_for_input(act.actor, organization_id, "contact")
    if raw.get("idempotencyKey") is not None:
        raise refuse(
            ErrorCode.BAD_USER_INPUT,
            "An upsert repeats safely by its identifier: leave idempotencyKey out.",
            "contact",
            "idempotencyKey",
        )
    return await db.write(lambda tx: _upsert(tx, act, org_id, by, raw))


async def _upsert(tx: Transaction, act: Act, org_id: UUID, by: Mapping[str, Any], raw: Mapping[str, Any]) -> Upserted:
    settings = await settings_for_identifiers(tx, org_id)
    identifier = _read_by(by, raw, settings.default_region)
    await lock_organization(tx, org_id)  # two upserts of one new identifier must not both find nobody
    roots = (await holders(tx, org_id, [identifier.key])).get(identifier.key, [])
    if len(roots) > 1:
        raise _ambiguous(identifier, roots)
    if roots:
        return Upserted(await _change(tx, act, roots[0], identifier, raw, settings), created=False)
    return Upserted(await _make(tx, act, org_id, identifier, raw, settings), created=True)


def _read_by(by: Mapping[str, Any], raw: Mapping[str, Any], default_region: str | None) -> Identifying:
    address = raw.get("address")
    country = address.get("country") if isinstance(address, Mapping) else None
    fields = Fields(by, ("by",))
    found = read_identifier(fields, phone_region(str(country).upper()) or default_region)
    fields.refuse_if_wrong()
    assert found is not None
    return found


async def _make(
    tx: Transaction, act: Act, org_id: UUID, by: Identifying, raw: Mapping[str, Any], settings: SettingsRow
) -> ContactRow:
    leading = {"EMAIL": "email", "PHONE": "phone"}.get(by.kind)
    sent = dict(raw)
    if leading and sent.get(leading) is None:
        sent[leading] = by.value
    new = read_new_contact(Fields(sent, ("contact",)), act.now, settings.default_region)
    if by.key not in {found.key for found in new.identifiers if not by.verified or found.verified}:
        others = tuple(found for found in new.identifiers if found.key != by.key)
        new = replace(new, identifiers=(by, *others))
    await _check_rule(tx, org_id, settings, new.identifiers, None)
    row = new_row(act, org_id, new)
    await write_contacts(tx, [encode_contact(act, tx.dialect, contact_values(row), new, settings.default_region)])
    await note_created(tx, act, org_id, [row.id])
    return row


async def _change(
    tx: Transaction, act: Act, root: UUID, by: Identifying, raw: Mapping[str, Any], settings: SettingsRow
) -> ContactRow:
    row = await contact_writes.lock_survivor(tx, [settings.org_id], root)
    assert row is not None, "the organisation's lock is held: a holder cannot vanish"
    sent = {name: value for name, value in raw.items() if name not in _ONLY_WHEN_MADE}
    country = (row.address or {}).get("country")
    patch = read_patch(Fields(sent, ("contact",)), act.now, settings.default_region, country)
    patch = _with(patch, by)
    await _check_rule(tx, settings.org_id, settings, patch.identifiers, row.id)
    return await apply_patch(tx, act, row, patch)


def _with(patch: ContactPatch, by: Identifying) -> ContactPatch:
    """The identifier that found the contact is only written when it tells something new: that it is verified."""
    return replace(patch, identifiers=(by, *patch.identifiers)) if by.verified else patch


async def _check_rule(
    tx: Transaction, org_id: UUID, settings: SettingsRow, identifiers: tuple[Identifying, ...], own: UUID | None
) -> None:
    exclusive = [found for found in identifiers if is_exclusive(settings.identifier_rule, found.kind)]
    held = await holders(tx, org_id, [found.key for found in exclusive])
    check_exclusive(exclusive, held, own, within=("contact",))


def _ambiguous(identifier: Identifying, roots: list[UUID]) -> Refused:
    return Refused(
        UserError(
            ErrorCode.AMBIGUOUS_IDENTIFIER,
            f"{identifier.value} belongs to several contacts, among them {encode_id(CONTACT, root)}. "
            "Merge them, or update the one that you mean by its id.",
            ("by", "value"),
            root,
        )
        for root in roots
    )
