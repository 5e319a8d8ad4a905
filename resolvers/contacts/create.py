"""Making contacts: one by createContact, many by an import. One way to write them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from db import activity, idempotency, identifiers
from db import contacts as contact_rows
from db.contacts import NO_ACTIVITY, ContactRow
from db.engine import Database, Transaction
from db.organizations import settings_for_identifiers
from resolvers.access import Act, Scope, organization_for_input, require
from resolvers.contacts.derived import with_derived
from resolvers.contacts.exclusive import guard_exclusive
from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import NewContact, read_new_contact
from resolvers.contacts.row_cells import with_cells
from resolvers.contacts.values import Identifying
from resolvers.idempotency import answer_for, check_same_request, comparable
from resolvers.merging.refusals import contact_not_found
from resolvers.merging.request import read_key

OPERATION = "createContact"


async def create_contact(db: Database, act: Act, raw: Mapping[str, Any], organization_id: UUID | None) -> ContactRow:
    """A new contact. Raises Refused, with nothing written."""
    require(act.actor, Scope.CONTACTS_WRITE)
    org_id = organization_for_input(act.actor, organization_id)
    key = read_key(raw.get("idempotencyKey"))
    return await db.write(lambda tx: _create(tx, act, org_id, raw, key))


async def _create(tx: Transaction, act: Act, org_id: UUID, raw: Mapping[str, Any], key: str | None) -> ContactRow:
    settings = await settings_for_identifiers(tx, org_id)
    new = read_new_contact(Fields(raw), act.now, settings.default_region)
    row = new_row(act, org_id, new)
    if key is not None and (earlier := await _claim(tx, act, row, key, raw)) is not None:
        return earlier
    await guard_exclusive(tx, org_id, settings.identifier_rule, new.identifiers)
    await write_contacts(tx, act, [(row, new)])
    return row


async def _claim(tx: Transaction, act: Act, row: ContactRow, key: str, raw: Mapping[str, Any]) -> ContactRow | None:
    """Takes the key before anything else is written, so that a rival with the same key waits for us; the contact
    that it stands for already, if it does."""
    answer = answer_for(key, OPERATION, comparable(raw), {"contact": row.id.hex})
    if await idempotency.keep_answer(tx, row.org_id, answer, act.now):
        return None
    stored = (await idempotency.stored_answers(tx, row.org_id, [key]))[key]
    check_same_request(stored, answer)
    contact_id = UUID(stored.result["contact"])
    survivor = (await contact_rows.survivors(tx, [row.org_id], [contact_id])).get(contact_id)
    if survivor is None or survivor.erased_at is not None:
        raise contact_not_found(contact_id, "idempotencyKey")
    return survivor


def new_row(act: Act, org_id: UUID, new: NewContact) -> ContactRow:
    """The row of a contact that is about to be made: its own survivor, with an empty history."""
    contact_id = act.new_id()
    blank = _blank(org_id, contact_id, new.created_at, act.now)
    row = replace(
        with_cells(blank, new.cells),
        custom_attributes=new.attributes["customAttributes"],
        metadata=new.attributes["metadata"],
        additional_attributes=new.attributes["additionalAttributes"],
        last_activity_sort=new.last_activity_at or NO_ACTIVITY,
    )
    return with_derived(row, [identifier.normalized for identifier in new.identifiers])


async def write_contacts(tx: Transaction, act: Act, new: Sequence[tuple[ContactRow, NewContact]]) -> None:
    """Writes new contacts with their identifiers and activity: three statements for any number."""
    await contact_rows.add_contacts(tx, [row for row, _ in new])
    await identifiers.add_new(
        tx, [identifier_values(act, row, found) for row, contact in new for found in contact.identifiers]
    )
    await activity.set_activity(
        tx,
        [
            {"org_id": row.org_id, "contact_id": row.id, "last_at": contact.last_activity_at}
            for row, contact in new
            if contact.last_activity_at is not None
        ],
    )


def identifier_values(act: Act, row: ContactRow, identifier: Identifying) -> dict[str, Any]:
    """A row of `identifier` that gives this identifier to this contact."""
    return {
        "org_id": row.org_id,
        "id": act.new_id(),
        "contact_id": row.id,
        "kind": identifier.kind,
        "system": identifier.system,
        "value": identifier.value,
        "normalized": identifier.normalized,
        "verified": identifier.verified,
        "created_at": act.now,
    }


def _blank(org_id: UUID, contact_id: UUID, created_at: datetime, now: datetime) -> ContactRow:
    return ContactRow(
        org_id=org_id,
        id=contact_id,
        role=None,
        name=None,
        avatar_url=None,
        company=None,
        title=None,
        email=None,
        phone=None,
        address=None,
        language=None,
        timezone=None,
        birthdate=None,
        blocked=False,
        blocked_at=None,
        unsubscribed=False,
        unsubscribed_at=None,
        unsubscribe_reason=None,
        unsubscribe_feedback=None,
        is_admin=False,
        availability_status=None,
        custom_attributes={},
        metadata={},
        additional_attributes={},
        created_at=created_at,
        updated_at=now,
        first_seen_at=None,
        canonical_id=contact_id,
        merged_into_id=None,
        merge_id=None,
        base_at=created_at,
        provenance={},
        version=1,
        name_sort="",
        last_activity_sort=NO_ACTIVITY,
        search_text="",
        erased_at=None,
    )
