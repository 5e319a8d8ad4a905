"""logCall, updateCall, removeCall, and the calls of contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from db import activity, calls
from db.calls import CALLS, DIRECTIONS, CallRow
from db.engine import Database, Transaction
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, landed_on, lock_landing, made_before, past_moment, read_contact_id
from resolvers.contacts.values import BadValue, text, web_address
from resolvers.errors import ErrorCode, Refused, refuse
from resolvers.history.paging import Listing, count_under, cursor_at, pages_under
from resolvers.ids import CALL, decode_id, encode_id
from resolvers.paging import Page, PageArguments, cut_page

_LISTING = Listing(CALLS, "call")
OPERATION = "logCall"
LONGEST_CALL = 7 * 24 * 3600  # seconds
# API name -> (column, most characters)
_TEXTS = {
    "fromNumber": ("from_number", 64),
    "toNumber": ("to_number", 64),
    "status": ("status", 64),
    "summary": ("summary", 10_000),
    "transcript": ("transcript", 500_000),
}


async def log_call(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[CallRow]:
    """A call of a contact; a merged-away id lands on its survivor. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(raw["contactId"])
    fields = Fields(raw)
    values = read_call(fields, act.now)
    fields.refuse_if_wrong()
    call_id = act.new_id()

    async def work(tx: Transaction) -> Landed[CallRow]:
        root = await lock_landing(tx, act, contact_id)
        before = await made_before(tx, act, root.org_id, OPERATION, raw, call_id)
        if before is not None:
            return Landed(await _call(tx, act, before, "idempotencyKey"), landed_on(root, contact_id))
        row = CallRow(**values, org_id=root.org_id, id=call_id, contact_id=contact_id)
        await calls.add_call(tx, row)
        await activity.note_activity(tx, root.org_id, contact_id, root.id, row.started_at)
        return Landed(row, landed_on(root, contact_id))

    return await db.write(work)


def read_call(fields: Fields, now: datetime) -> dict[str, Any]:
    """The values of a new call; what is wrong is noted in `fields`."""
    fields.demand("direction", "startedAt")
    blank = dict.fromkeys(["duration_seconds", "recording_url", *(column for column, _ in _TEXTS.values())])
    started_at = fields.read("startedAt", partial(past_moment, now=now))
    return {**blank, **_values(fields), "started_at": started_at, "created_at": now}


async def update_call(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[CallRow]:
    """Left out: unchanged; null: cleared. A call keeps its contact and its time. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    call_id = _read_id(raw["id"])
    fields = Fields(raw)
    values = _values(fields)
    if "direction" in fields and values.get("direction") is None and not fields.errors:
        fields.wrong("direction cannot be cleared; leave it out to keep it.", "direction")
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> Landed[CallRow]:
        row = await _call(tx, act, call_id, "id")
        root = await lock_landing(tx, act, row.contact_id, "id")
        row = replace(await _call(tx, act, call_id, "id"), **values)
        await calls.save_call(tx, row)
        return Landed(row, landed_on(root, row.contact_id))

    return await db.write(work)


async def remove_call(db: Database, act: Act, call: str) -> UUID:
    """Deletes a call; its id. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    call_id = _read_id(call)

    async def work(tx: Transaction) -> UUID:
        row = await _call(tx, act, call_id, "id")
        await lock_landing(tx, act, row.contact_id, "id")
        if await calls.remove_call(tx, row.org_id, call_id) == 0:
            raise _gone(call_id, "id")
        return call_id

    return await db.write(work)


async def calls_of_contacts(db: Database, act: Act, roots: Sequence[UUID], page: PageArguments) -> list[Page[CallRow]]:
    """For each survivor one page of its tree's calls, newest first."""
    found = await pages_under(db, act, _LISTING, roots, page)
    cursor = partial(cursor_at, "call", lambda row: row.started_at)
    return [cut_page([CallRow(*row[1:-1]) for row in rows], page, cursor) for rows in found]


async def count_calls(db: Database, act: Act, roots: Sequence[UUID]) -> list[int]:
    """For each survivor how many those are."""
    return await count_under(db, act, _LISTING, roots)


async def call_by_id(db: Database, act: Act, call: str) -> CallRow | None:
    """A call that the key may see."""
    require(act.actor, Scope.CONTACTS_READ)
    call_id = decode_id(CALL, call)
    if call_id is None:
        return None
    return (await db.read(lambda tx: calls.calls_by_id(tx, act.actor.organizations, [call_id]))).get(call_id)


def _values(fields: Fields) -> dict[str, Any]:
    """The columns that were sent."""
    values: dict[str, Any] = {}
    for name, (column, limit) in _TEXTS.items():
        if name in fields:
            values[column] = fields.read(name, partial(text, limit=limit))
    if "direction" in fields:
        values["direction"] = fields.choice("direction", DIRECTIONS)
    if "durationSeconds" in fields:
        values["duration_seconds"] = fields.read("durationSeconds", _duration)
    if "recordingUrl" in fields:
        values["recording_url"] = fields.read("recordingUrl", web_address)
    return values


def _duration(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_CALL:
        raise BadValue(f"must be a whole number of seconds between 0 and {LONGEST_CALL}")
    return value


def _read_id(value: str) -> UUID:
    call_id = decode_id(CALL, value)
    if call_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a call id: they look like call_01j….", "id")
    return call_id


async def _call(tx: Transaction, act: Act, call_id: UUID, field: str) -> CallRow:
    found = (await calls.calls_by_id(tx, act.actor.organizations, [call_id])).get(call_id)
    if found is None:
        raise _gone(call_id, field)
    return found


def _gone(call_id: UUID, field: str) -> Refused:
    return refuse(ErrorCode.NOT_FOUND, f"Call not found: {encode_id(CALL, call_id)}.", field)
