"""setLabels and setSegments: the whole set of a contact's labels or segments, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.labels import LABELS
from db.segments import SEGMENTS, SegmentRow
from db.tags import R, Tags
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, landed_on, lock_landing, read_contact_id, save_changed
from resolvers.contacts.tag_inputs import read_names


async def set_labels(db: Database, act: Act, contact: str, names: Sequence[str]) -> Landed[ContactRow]:
    """Makes these the labels of the survivor; those of the whole tree that are not named are taken off."""
    return await _set(db, act, LABELS, contact, names)


async def set_segments(db: Database, act: Act, contact: str, names: Sequence[str]) -> Landed[ContactRow]:
    """Puts the survivor into these segments; its whole tree is taken out of those that are not named."""
    return await _set(db, act, SEGMENTS, contact, names)


async def _set(db: Database, act: Act, tags: Tags[R], contact: str, names: Sequence[str]) -> Landed[ContactRow]:
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(contact)
    fields = Fields({"names": names})
    wanted = read_names(fields, tags.word)
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> Landed[ContactRow]:
        row = await lock_landing(tx, act, contact_id)
        ids = await tags.make(tx, row.org_id, new_rows(act, row.org_id, wanted, tags))
        own, everywhere = await tags.own(tx, row.org_id, row.id)
        if own == everywhere == set(ids):
            return Landed(row, landed_on(row, contact_id))
        await tags.put(tx, row.org_id, row.id, ids, act.now)
        return Landed(await save_changed(tx, act, row), landed_on(row, contact_id))

    return await db.write(work)


def new_rows(act: Act, org_id: UUID, wanted: Mapping[str, str], tags: Tags[Any]) -> list[dict[str, Any]]:
    """Rows of labels or segments with these names (comparison form -> name), in the one order for everybody: two
    writers cannot deadlock."""
    more = {"updated_at": act.now} if tags is SEGMENTS else {}
    fixed = {"org_id": org_id, "color": None, "created_at": act.now, **more}
    return [{"id": act.new_id(), "name": name, "name_key": key, **fixed} for key, name in sorted(wanted.items())]


def changed_tag(row: R, now: datetime, **values: Any) -> R:
    """The same with other values; a segment says when it was last changed."""
    new = replace(row, **values)
    if new == row or not isinstance(new, SegmentRow):
        return new
    return replace(new, updated_at=max(now, new.updated_at))
