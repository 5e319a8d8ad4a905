"""logCall, updateCall, removeCall, and the calls of contacts."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from db import activity, calls
from db.calls import CALLS, DIRECTIONS, CallRow
from db.contacts import ContactRow
from db.engine import Database, Transaction
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, past_moment
from resolvers.contacts.values import BadValue, text, web_address
from resolvers.history.entries import Entries
from resolvers.history.paging import Listing
from resolvers.ids import CALL

LONGEST_CALL = 7 * 24 * 3600  # seconds
# API name -> (column, most characters)
_TEXTS = {
    "fromNumber": ("from_number", 64),
    "toNumber": ("to_number", 64),
    "status": ("status", 64),
    "summary": ("summary", 10_000),
    "transcript": ("transcript", 500_000),
}


async def _write(tx: Transaction, root: ContactRow, row: CallRow) -> None:
    """The contact was active then."""
    await calls.add_call(tx, row)
    await activity.note_activity(tx, row.org_id, row.contact_id, root.id, row.started_at)


_ENTRIES = Entries(
    word=CALL,
    operation="logCall",
    row=CallRow,
    listing=Listing(CALLS, "call"),
    by_ids=calls.calls_by_id,
    write=_write,
    save=calls.save_call,
    delete=calls.remove_call,
)
remove_call = _ENTRIES.remove
calls_of_contacts = _ENTRIES.of_contacts
count_calls = _ENTRIES.count
call_by_id = _ENTRIES.by_id


async def log_call(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[CallRow]:
    """A call of a contact; a merged-away id lands on its survivor. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    fields = Fields(raw)
    values = read_call(fields, act.now)
    fields.refuse_if_wrong()
    return await _ENTRIES.add(db, act, raw, values)


def read_call(fields: Fields, now: datetime) -> dict[str, Any]:
    """The values of a new call; what is wrong is noted in `fields`."""
    fields.demand("direction", "startedAt")
    blank = dict.fromkeys(["duration_seconds", "recording_url", *(column for column, _ in _TEXTS.values())])
    started_at = fields.read("startedAt", partial(past_moment, now=now))
    return {**blank, **_values(fields), "started_at": started_at, "created_at": now}


async def update_call(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[CallRow]:
    """Left out: unchanged; null: cleared. A call keeps its contact and its time. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    fields = Fields(raw)
    values = _values(fields)
    if "direction" in fields and values.get("direction") is None and not fields.errors:
        fields.wrong("direction cannot be cleared; leave it out to keep it.", "direction")
    fields.refuse_if_wrong()
    return await _ENTRIES.change(db, act, raw["id"], values)


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
