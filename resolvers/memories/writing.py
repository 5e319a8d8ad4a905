"""remember and forget: they land on the survivor, also when sent to a merged-away id."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from db import memories
from db.contacts import ContactRow
from db.engine import Database, Transaction
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, landed_on, lock_landing, made_before, past_moment, read_contact_id
from resolvers.contacts.values import name_key, required_text
from resolvers.errors import ErrorCode, refuse

OPERATION = "remember"
PERSONA_LENGTH = 200
KEY_LENGTH = 255
VALUE_LENGTH = 10_000
ROLE_LENGTH = 64
TEXT_LENGTH = 100_000
MAXIMUM = 500  # of each list, a call
_INSTANT = timedelta(microseconds=1)
Reader = Callable[[Any], Any]


async def remember(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    """Adds to what a persona remembers of the contact that it is sent to. A fact replaces the contact's own of the same
    key. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    fields = Fields(raw)
    persona, persona_key = _persona(fields)
    facts = _facts(fields)
    at = partial(past_moment, now=act.now)
    text = partial(required_text, limit=TEXT_LENGTH)
    messages = _entries(fields, "messages", {"role": partial(required_text, limit=ROLE_LENGTH), "text": text, "at": at})
    summaries = _entries(fields, "summaries", {"text": text, "at": at})
    if not (facts or messages or summaries or fields.errors):
        fields.wrong("There is nothing to remember: send facts, messages or summaries.", "facts")
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> Landed[ContactRow]:
        root = await lock_landing(tx, act, contact_id)
        if await made_before(tx, act, root.org_id, OPERATION, raw, contact_id) is not None:
            return Landed(root, landed_on(root, contact_id))
        head = {"org_id": root.org_id, "contact_id": contact_id, "persona_key": persona_key}
        await memories.remember(
            tx,
            head | {"persona": persona, "updated_at": act.now},
            [head | fact | {"recorded_at": _recorded_at(act, root, contact_id)} for fact in facts],
            [head | message | {"id": act.new_id()} for message in messages],
            [head | summary | {"id": act.new_id()} for summary in summaries],
        )
        return Landed(root, landed_on(root, contact_id))

    return await db.write(work)


async def forget(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ContactRow]:
    """Deletes a fact, or all that a persona remembers, from the survivor and all that was merged into it, for good.
    Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    fields = Fields(raw)
    persona, persona_key = _persona(fields)
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


def _persona(fields: Fields) -> tuple[str, str]:
    """Its name as written and as compared; what is wrong is noted in `fields`."""
    name = fields.read("persona", partial(required_text, limit=PERSONA_LENGTH)) or ""
    return name, fields.check(lambda: name_key(name), "persona") or ""


def _recorded_at(act: Act, root: ContactRow, contact_id: UUID) -> datetime:
    """Now; for an old id after the merge that took it away, whenever this call began and whatever the clocks say (the
    survivor's updatedAt is not before that merge)."""
    return act.now if contact_id == root.id else max(act.now, root.updated_at + _INSTANT)


def _facts(fields: Fields) -> list[dict[str, Any]]:
    readers: dict[str, Reader] = {
        "key": partial(required_text, limit=KEY_LENGTH),
        "value": partial(required_text, limit=VALUE_LENGTH),
    }
    found = _entries(fields, "facts", readers)
    keys: set[str] = set()
    for index, fact in enumerate(found):
        if fact["key"] is not None and fact["key"] in keys:
            fields.wrong("This key stands in the list before: one value a key.", "facts", str(index), "key")
        keys.add(fact["key"])
    return found


def _entries(fields: Fields, name: str, readers: Mapping[str, Reader]) -> list[dict[str, Any]]:
    given = fields.raw(name) or []
    if len(given) > MAXIMUM:
        fields.wrong(f"{len(given)} {name} were sent; at most {MAXIMUM} are taken at once.", name)
        return []
    found = []
    for index, item in enumerate(given):
        inner = fields.inner(item, name, str(index))
        found.append({part: inner.read(part, reader) for part, reader in readers.items()})
    return found
