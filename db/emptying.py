"""Taking everything out of one organisation, for the demo's sake: `onefold demo --reset`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from db.contacts import contact
from db.engine import Transaction
from db.organizations import change_settings, default_settings, organization_lock
from db.tables import metadata

# What an organisation is made with; its settings are written anew, and its keys are credentials, not content.
_KEPT = {"organization_lock", "merge_settings", "api_key_organization"}
_TABLES = [table for table in reversed(metadata.sorted_tables) if "org_id" in table.c and table.name not in _KEPT]

# FOR UPDATE and not the organisation's usual lock: that one lets new rows refer to the organisation.
_shut = select(organization_lock.c.org_id).where(organization_lock.c.org_id == bindparam("org")).with_for_update()
_hold = select(contact.c.id).where(contact.c.org_id == bindparam("org")).order_by(contact.c.id).with_for_update()
# Contacts and merges refer to each other; and SQLite's search index is emptied by the trigger on search_text.
_untie = (
    update(contact)
    .where(contact.c.org_id == bindparam("org"))
    .values(canonical_id=contact.c.id, merged_into_id=None, merge_id=None, search_text="")
)
_deletes = [delete(table).where(table.c.org_id == bindparam("org")) for table in _TABLES]


async def empty_organization(tx: Transaction, org_id: UUID, now: datetime) -> None:
    """Deletes every row of the organisation but its keys, and gives it the settings that it was made with.

    Writers under way are waited for, new ones wait until the transaction ends.
    """
    for lock in (_shut, _hold):
        await tx.rows(lock, {"org": org_id})
    for statement in (_untie, *_deletes):
        await tx.run(statement, {"org": org_id})
    await change_settings(tx, org_id, default_settings(now))
