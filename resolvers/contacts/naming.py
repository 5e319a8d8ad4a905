"""updateLabel, updateSegment and updateInbox: what the organisation itself names, under all contacts that have it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from db import inboxes
from db.engine import Database, Transaction
from db.inboxes import InboxRow
from db.labels import LABELS, LabelRow
from db.segments import SEGMENTS, SegmentRow
from db.tags import R, Tags
from resolvers.access import Act, Scope, require
from resolvers.contacts.fields import Fields
from resolvers.contacts.inboxes import NAME_LENGTH, SOURCE_LENGTH, TEXTS
from resolvers.contacts.tag_inputs import read_color, read_name
from resolvers.contacts.tags import changed_tag
from resolvers.contacts.values import name_key, required_text, text
from resolvers.errors import ErrorCode, Refused, refuse
from resolvers.ids import INBOX, LABEL, SEGMENT, decode_id, encode_id


async def update_label(db: Database, act: Act, raw: Mapping[str, Any]) -> LabelRow:
    """Left out: unchanged; a null colour: none. Contacts keep their version. Raises Refused."""
    return await _update_tag(db, act, LABELS, LABEL, raw)


async def update_segment(db: Database, act: Act, raw: Mapping[str, Any]) -> SegmentRow:
    """The same for a segment, which says when it was last changed. Raises Refused."""
    return await _update_tag(db, act, SEGMENTS, SEGMENT, raw)


async def _update_tag(db: Database, act: Act, tags: Tags[R], prefix: str, raw: Mapping[str, Any]) -> R:
    require(act.actor, Scope.CONTACTS_WRITE)
    tag_id = _read_id(prefix, raw["id"])
    fields = Fields(raw)
    values: dict[str, Any] = {}
    if "name" in fields:
        values["name"], values["name_key"] = read_name(fields)
    if "color" in fields:
        values["color"] = read_color(fields)
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> R:
        row = await tags.lock(tx, act.actor.organizations, tag_id)
        if row is None:
            raise _gone(prefix, tag_id)
        new = changed_tag(row, act.now, **values)
        if new != row and not await tags.save_alone(tx, new):
            other = (await tags.named(tx, new.org_id, [new.name_key]))[new.name_key]
            raise _taken(prefix, other)
        return new

    return await db.write(work)


async def update_inbox(db: Database, act: Act, raw: Mapping[str, Any]) -> InboxRow:
    """Left out: unchanged; null: cleared. Addresses and conversations keep their inbox. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    inbox_id = _read_id(INBOX, raw["id"])
    fields = Fields(raw)
    values = _inbox_values(fields)
    fields.refuse_if_wrong()

    async def work(tx: Transaction) -> InboxRow:
        row = await inboxes.lock_inbox(tx, act.actor.organizations, inbox_id)
        if row is None:
            raise _gone(INBOX, inbox_id)
        new = replace(row, **values)
        if new != row and not await inboxes.save_inbox(tx, new):
            other = await inboxes.inbox_named(tx, new.org_id, new.channel_id, new.name_key)
            raise _taken(INBOX, other.id)
        return new

    return await db.write(work)


def _inbox_values(fields: Fields) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "name" in fields:
        fields.demand("name")
        values["name"] = fields.read("name", partial(required_text, limit=NAME_LENGTH)) or ""
        values["name_key"] = fields.check(lambda: name_key(values["name"]), "name")
    if "channelId" in fields:
        values["channel_id"] = fields.read("channelId", partial(text, limit=SOURCE_LENGTH)) or ""
    for name, (column, limit) in TEXTS.items():
        if name in fields:
            values[column] = fields.read(name, partial(text, limit=limit))
    return values


def _read_id(prefix: str, value: str) -> UUID:
    found = decode_id(prefix, value)
    if found is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"No id of this kind: they look like {prefix}_01j….", "id")
    return found


def _gone(prefix: str, thing_id: UUID) -> Refused:
    return refuse(ErrorCode.NOT_FOUND, f"{prefix.capitalize()} not found: {encode_id(prefix, thing_id)}.", "id")


def _taken(prefix: str, other: UUID) -> Refused:
    message = f"Another {prefix} has this name: {encode_id(prefix, other)}. Names that differ only in case are one."
    return refuse(ErrorCode.BAD_USER_INPUT, message, "name")
