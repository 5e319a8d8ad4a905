"""updateContact: left out is unchanged, null is cleared, attributes follow RFC 7396 (JSON merge patch)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from db import activity, contact_writes, identifiers
from db import contacts as contact_rows
from db.contacts import NO_ACTIVITY, ContactRow
from db.engine import Database, Transaction
from db.organizations import settings_for_identifiers
from resolvers.access import Act, Scope, require
from resolvers.contacts.cells import ATTRIBUTES, CONSENTS, Cells
from resolvers.contacts.channels import put_channels
from resolvers.contacts.create import identifier_values
from resolvers.contacts.derived import with_derived
from resolvers.contacts.exclusive import check_exclusive, lock_if_exclusive
from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import ContactPatch, check_size, read_patch
from resolvers.contacts.row_cells import cells_of, with_cells
from resolvers.contacts.values import attributes, size_of
from resolvers.contacts.writers import edited, edits_between
from resolvers.duplicates.records import is_seen, keep_in_step
from resolvers.errors import ErrorCode, refuse
from resolvers.events.recording import note_updated
from resolvers.ids import CONTACT, decode_id, encode_id
from resolvers.merging.refusals import contact_not_found


async def update_contact(db: Database, act: Act, raw: Mapping[str, Any]) -> ContactRow:
    """Changes a living contact. Raises Refused: ALREADY_MERGED names the survivor of a merged-away id."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = decode_id(CONTACT, str(raw.get("id")))
    if contact_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a contact id: they look like contact_01j….", "id")
    return await db.write(lambda tx: _update(tx, act, contact_id, raw))


async def _update(tx: Transaction, act: Act, contact_id: UUID, raw: Mapping[str, Any]) -> ContactRow:
    found = (await contact_rows.survivors(tx, act.actor.organizations, [contact_id])).get(contact_id)
    if found is None:
        raise contact_not_found(contact_id, "id")
    settings = await settings_for_identifiers(tx, found.org_id)
    country = (found.address or {}).get("country")
    patch = read_patch(Fields(raw), act.now, settings.default_region, country)
    held = await lock_if_exclusive(tx, found.org_id, settings.identifier_rule, patch.identifiers)
    row = await lock_living(tx, act, contact_id)
    check_exclusive(patch.identifiers, held, row.id)
    _check_version(row, raw.get("expectedVersion"))
    return await apply_patch(tx, act, row, patch)


async def lock_living(tx: Transaction, act: Act, contact_id: UUID, field: str = "id") -> ContactRow:
    """Locks a contact that must live itself. Raises Refused."""
    row = await contact_writes.lock_survivor(tx, act.actor.organizations, contact_id)
    if row is None or row.erased_at is not None:
        raise contact_not_found(contact_id, field)
    if row.id != contact_id:
        raise refuse(
            ErrorCode.ALREADY_MERGED,
            f"{encode_id(CONTACT, contact_id)} was merged away; send this to {encode_id(CONTACT, row.id)}.",
            field,
            contact_id=row.id,
        )
    return row


async def apply_patch(tx: Transaction, act: Act, row: ContactRow, patch: ContactPatch) -> ContactRow:
    """Writes a patch to a locked survivor and notes the edit as the writer of each cell that it changed."""
    before = cells_of(row)
    changed = _with_attributes(with_cells(row, _patched(before, patch, act.now)), patch)
    after = cells_of(changed)
    writer = edited(act.now, row.version + 1)
    edits = edits_between(before, after, writer) | dict.fromkeys(_said_again(row, patch), writer)
    new_identifiers = await _new_identifiers(tx, row, patch)
    if patch.activity:
        changed = await _with_activity(tx, changed, patch.activity["lastActivityAt"])
    new_channels = await put_channels(tx, act, row, patch.channels)
    if not (edits or new_identifiers or new_channels) and changed == row:
        return row
    await identifiers.put_on(tx, [identifier_values(act, row, found) for found in new_identifiers])
    changed = replace(changed, provenance=row.provenance | edits)
    seen = bool(new_identifiers or new_channels) or is_seen(row, changed)
    return await save_edit(tx, act, changed, seen=seen)


async def save_edit(tx: Transaction, act: Act, row: ContactRow, *, seen: bool = True) -> ContactRow:
    """Writes an edited survivor: its derived columns, its time and its version, and what matching keeps of it unless
    the edit is not `seen` by it."""
    held = (await identifiers.identifiers_of(tx, [row.org_id], [row.id]))[row.id]
    row = with_derived(row, [identifier.normalized for identifier in held])
    row = replace(row, updated_at=max(act.now, row.updated_at), version=row.version + 1)
    await contact_writes.save_contact(tx, row)
    if seen:
        await keep_in_step(tx, [row])
    await note_updated(tx, act, row, seen=seen)
    return row


def _check_version(row: ContactRow, expected: int | None) -> None:
    if expected is not None and expected != row.version:
        raise refuse(
            ErrorCode.STALE_VERSION,
            f"The contact is at version {row.version}, not {expected}: somebody changed it. Read it again.",
            "expectedVersion",
            contact_id=row.id,
        )


async def _new_identifiers(tx: Transaction, row: ContactRow, patch: ContactPatch) -> list[Any]:
    """Those of the patch that the survivor does not hold under its own id, as verified as the patch says."""
    if not patch.identifiers:
        return []
    held = (await identifiers.identifiers_of(tx, [row.org_id], [row.id]))[row.id]
    own = {found.key: found.verified for found in held if found.contact_id == row.id}
    return [found for found in patch.identifiers if found.key not in own or (found.verified and not own[found.key])]


def _patched(before: Cells, patch: ContactPatch, now: datetime) -> Cells:
    cells = dict(before)
    for name, value in patch.scalars.items():
        cells[name] = value
    for name, found in patch.leading.items():
        cells[name] = None if found is None else found.value if name == "email" else found.normalized
    if "isAdmin" in patch.flags:
        cells["isAdmin"] = patch.flags["isAdmin"]
    for name in ("blocked", "unsubscribed"):
        cells[name] = _consent(cells[name], patch.flags.get(name), now)
    for name, reason in patch.reasons.items():
        cells["unsubscribed"] = cells["unsubscribed"] | {name.removeprefix("unsubscribe").lower(): reason}
    return cells


def _consent(cell: dict[str, Any], value: bool | None, now: datetime) -> dict[str, Any]:
    """The cell with this answer; an answer that does not change keeps its time, a withdrawn one keeps nothing."""
    if value is None or value == cell["value"]:
        return cell
    emptied = dict.fromkeys(cell)
    return emptied | {"value": value, "at": now.isoformat() if value else None}


def _said_again(row: ContactRow, patch: ContactPatch) -> list[str]:
    """The opt-outs of the patch that stand already, but only because of a merge: now somebody said so, and an undo
    of that merge must not take it back."""
    merged = [name for name, writer in row.provenance.items() if writer["by"] == "merge"]
    return [name for name in CONSENTS if patch.flags.get(name) and name in merged]


def _with_attributes(row: ContactRow, patch: ContactPatch) -> ContactRow:
    if not patch.attributes:
        return row
    objects = {name: getattr(row, column) for name, column in ATTRIBUTES.items()}
    patched = {name: {} if p is None else merge_patch(objects[name], p) for name, p in patch.attributes.items()}
    _check_limits(objects, patched)
    values: dict[str, Any] = {ATTRIBUTES[name]: value for name, value in patched.items()}
    return replace(row, **values)


def _check_limits(before: dict[str, Any], patched: dict[str, Any]) -> None:
    """The limits hold for the whole, not for each patch alone. A contact that merges have made larger may shrink."""
    fields = Fields({})
    after = before | patched
    for name, value in patched.items():
        if size_of(value) > size_of(before[name]):
            fields.check(partial(attributes, value), name)
    if size_of(*after.values()) > size_of(*before.values()):
        check_size(fields, after, patched.keys())
    fields.refuse_if_wrong()


def merge_patch(target: Any, patch: dict[str, Any]) -> dict[str, Any]:
    """RFC 7396: objects merge key by key, null removes a key, everything else replaces."""
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge_patch(merged.get(key), value)
        else:
            merged[key] = value
    return merged


async def _with_activity(tx: Transaction, row: ContactRow, at: datetime | None) -> ContactRow:
    """The survivor's own activity; what is shown stays the latest of its tree."""
    if at is None:
        await activity.erase(tx, row.org_id, [row.id])
    else:
        await activity.set_activity(tx, [{"org_id": row.org_id, "contact_id": row.id, "last_at": at}])
    latest = await activity.latest_activity(tx, row.org_id, row.id)
    return replace(row, last_activity_sort=latest or NO_ACTIVITY)
