"""remember and forget: they land on the survivor, also when sent to a merged-away id."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from db import memories
from db.contacts import ContactRow
from db.engine import Database, Transaction
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, landed_on, lock_landing, made_before, read_contact_id
from resolvers.contacts.values import required_text
from resolvers.errors import ErrorCode, refuse
from resolvers.memories.inputs import KEY_LENGTH, Remembered, Values, read_persona, read_remembered

OPERATION = "remember"
_INSTANT = timedelta(microseconds=1)


async def remember(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    """Adds to what a persona remembers of the contact that it is sent to. A fact replaces the contact's own of the same
    key. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    fields = Fields(raw)
    new = read_remembered(fields, act.now)
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> Landed[ContactRow]:
        root = await lock_landing(tx, act, contact_id)
        if await made_before(tx, act, root.org_id, OPERATION, raw, contact_id) is not None:
            return Landed(root, landed_on(root, contact_id))
        rows = memory_rows(
            act, new, root.org_id, contact_id, recorded_at(act.now, root.id, root.updated_at, contact_id)
        )
        await memories.remember(tx, [rows.head], rows.facts, rows.messages, rows.summaries)
        return Landed(root, landed_on(root, contact_id))

    return await db.write(work)


async def forget(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    """Deletes a fact, or all that a persona remembers, from the survivor and all that was merged into it, for good.
    Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    fields = Fields(raw)
    persona, persona_key = read_persona(fields)
    key = fields.read("key", partial(required_text, limit=KEY_LENGTH))
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> Landed[ContactRow]:
        root = await lock_landing(tx, act, contact_id)
        if key is None:
            if await memories.forget_persona(tx, root.org_id, root.id, persona_key) == 0:
                raise refuse(ErrorCode.NOT_FOUND, f"{persona} remembers nothing of this contact.", "persona")
        elif await memories.forget_fact(tx, root.org_id, root.id, persona_key, key, act.now) == 0:
            raise refuse(ErrorCode.NOT_FOUND, f"{persona} remembers no {key} of this contact.", "key")
        return Landed(root, landed_on(root, contact_id))

    return await db.write(work)


class MemoryRows(NamedTuple):
    """Rows of the tables of memory."""

    head: dict[str, Any]
    facts: Values
    messages: Values
    summaries: Values


def memory_rows(act: Act, new: Remembered, org_id: UUID, contact_id: UUID, fact_at: datetime) -> MemoryRows:
    """What gives this contact what is to be remembered; `fact_at`: when its facts are recorded."""
    of = {"org_id": org_id, "contact_id": contact_id, "persona_key": new.persona_key}
    return MemoryRows(
        of | {"persona": new.persona, "updated_at": act.now},
        [of | fact | {"recorded_at": fact_at} for fact in new.facts],
        [of | message | {"id": act.new_id()} for message in new.messages],
        [of | summary | {"id": act.new_id()} for summary in new.summaries],
    )


def recorded_at(now: datetime, root: UUID, root_updated_at: datetime, contact_id: UUID) -> datetime:
    """Now; for an old id after the merge that took it away, whenever this call began and whatever the clocks say (the
    survivor's updatedAt is not before that merge)."""
    return now if contact_id == root else max(now, root_updated_at + _INSTANT)
