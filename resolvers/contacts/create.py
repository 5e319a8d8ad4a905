"""Making contacts: one by createContact, many by an import. One way to write them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from db import contacts as contact_rows
from db.activity import activity as contact_activity
from db.bulk import Encoded, encode, insert_encoded
from db.channels import channel
from db.contacts import NO_ACTIVITY, ContactRow, contact, contact_values
from db.engine import Database, Transaction
from db.identifiers import identifier
from db.matching import add_records
from db.organizations import settings_for_identifiers
from resolvers.access import Act, Scope, organization_for_input, require
from resolvers.contacts.channel_inputs import channel_rows
from resolvers.contacts.derived import derived_values
from resolvers.contacts.exclusive import guard_exclusive
from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import NewContact, read_new_contact
from resolvers.contacts.row_cells import column_values
from resolvers.contacts.values import Identifying
from resolvers.duplicates.records import EncodedRecord, contact_facts, encode_record
from resolvers.events.recording import note_created
from resolvers.idempotency import answer_for, claim, comparable
from resolvers.matching.contact import ChannelFacts
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
    await write_contacts(tx, [encode_contact(act, tx.dialect, contact_values(row), new, settings.default_region)])
    await note_created(tx, act, org_id, [row.id])
    return row


async def _claim(tx: Transaction, act: Act, row: ContactRow, key: str, raw: Mapping[str, Any]) -> ContactRow | None:
    """Takes the key before anything else is written, so that a rival with the same key waits for us; the contact
    that it stands for already, if it does."""
    answer = answer_for(key, OPERATION, comparable(raw), {"contact": row.id.hex})
    stored = await claim(tx, row.org_id, answer, act.now)
    if stored is None:
        return None
    contact_id = UUID(stored["contact"])
    survivor = (await contact_rows.survivors(tx, [row.org_id], [contact_id])).get(contact_id)
    if survivor is None or survivor.erased_at is not None:
        raise contact_not_found(contact_id, "idempotencyKey")
    return survivor


def new_row(act: Act, org_id: UUID, new: NewContact) -> ContactRow:
    """The row of a contact that is about to be made: its own survivor, with an empty history."""
    return ContactRow(**new_values(act, org_id, new))


def new_values(act: Act, org_id: UUID, new: NewContact) -> dict[str, Any]:
    """The same by its columns: an import, which shows no rows, makes none."""
    contact_id = act.new_id()
    return {
        **column_values(new.cells),
        **derived_values(new.cells.get("name"), new.cells.get("company"), (i.normalized for i in new.identifiers)),
        "org_id": org_id,
        "id": contact_id,
        "custom_attributes": new.attributes["customAttributes"],
        "metadata": new.attributes["metadata"],
        "additional_attributes": new.attributes["additionalAttributes"],
        "created_at": new.created_at,
        "updated_at": act.now,
        "canonical_id": contact_id,
        "merged_into_id": None,
        "merge_id": None,
        "base_at": new.created_at,
        "provenance": {},
        "version": 1,
        "last_activity_sort": new.last_activity_at or NO_ACTIVITY,
        "erased_at": None,
    }


class EncodedContact(NamedTuple):
    """A new contact with its identifiers, activity, channels and what matching keeps of it, in the form of its
    database's driver (db/bulk.py)."""

    contact: Encoded
    identifiers: Sequence[Encoded]
    activity: Sequence[Encoded]
    channels: Sequence[Encoded]
    record: EncodedRecord


def encode_contact(
    act: Act, dialect: str, values: Mapping[str, Any], new: NewContact, region: str | None
) -> EncodedContact:
    """`values`: the contact by its columns; `region`: where the organisation's phone numbers belong. Pure but for the
    ids of the identifiers; needs no connection."""
    org_id, contact_id = values["org_id"], values["id"]
    reached = [ChannelFacts(sent["type"], sent["user_id"], sent["username"]) for sent in new.channels]
    facts = contact_facts(values, new.identifiers, reached, region)
    held = [_identifier(act, org_id, contact_id, found) | _IN_FORCE for found in new.identifiers]
    active = [{"org_id": org_id, "contact_id": contact_id, "last_at": new.last_activity_at}]
    return EncodedContact(
        encode(contact, dialect, [values])[0],
        encode(identifier, dialect, held),
        encode(contact_activity, dialect, active if new.last_activity_at is not None else []),
        encode(channel, dialect, channel_rows(act.new_id, act.now, org_id, contact_id, new.channels)),
        encode_record(dialect, org_id, contact_id, facts),
    )


async def write_contacts(tx: Transaction, new: Sequence[EncodedContact]) -> None:
    """Writes new contacts: at most six statements for any number (db/bulk.py says when it is one more)."""
    await insert_encoded(tx, contact, [made.contact for made in new])
    await insert_encoded(tx, identifier, [row for made in new for row in made.identifiers])
    await insert_encoded(tx, contact_activity, [row for made in new for row in made.activity])
    await insert_encoded(tx, channel, [row for made in new for row in made.channels])
    keys = [row for made in new for row in made.record.keys]
    await add_records(tx, keys, [made.record.features for made in new])


def identifier_values(act: Act, row: ContactRow, found: Identifying) -> dict[str, Any]:
    """A row of `identifier` that gives this identifier to this contact."""
    return _identifier(act, row.org_id, row.id, found)


def _identifier(act: Act, org_id: UUID, contact_id: UUID, found: Identifying) -> dict[str, Any]:
    return {
        "org_id": org_id,
        "id": act.new_id(),
        "contact_id": contact_id,
        "kind": found.kind,
        "system": found.system,
        "value": found.value,
        "normalized": found.normalized,
        "verified": found.verified,
        "created_at": act.now,
    }


_IN_FORCE = {"removed_via_id": None, "removed_at": None}
