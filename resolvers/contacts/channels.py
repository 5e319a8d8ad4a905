"""addChannel, updateChannel, removeChannel, and the channels of contacts.

A channel keeps the contact that it was given to. Its address and number are no identifiers of the contact: nothing is
found or merged by them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from db import channels
from db.channels import ChannelRow
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.organizations import settings
from resolvers.access import Act, Scope, require
from resolvers.contacts.channel_inputs import (
    ChannelValues,
    channel_rows,
    identifying_field,
    read_changes,
    read_channel,
    with_identity,
)
from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import Landed, landed_on, lock_landing, read_contact_id, save_changed
from resolvers.contacts.once import each_once
from resolvers.errors import ErrorCode, Refused, refuse
from resolvers.ids import CHANNEL, decode_id, encode_id


async def add_channel(db: Database, act: Act, contact: str, raw: Mapping[str, Any]) -> Landed[ChannelRow]:
    """Gives the contact that it is sent to a channel, which shows on the survivor. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    contact_id = read_contact_id(contact)

    async def work(tx: Transaction) -> Landed[ChannelRow]:
        root = await lock_landing(tx, act, contact_id)
        fields = Fields(raw, ("channel",))
        read = read_channel(fields, (await settings(tx, root.org_id)).default_region)
        fields.refuse_if_wrong()
        assert read is not None
        held = (await channels.channels_of(tx, [root.org_id], [root.id]))[root.id]
        _refuse_equal(held, read, None, "channel", identifying_field(read))
        (row,) = await _attach(tx, act, root.org_id, contact_id, [read])
        await save_changed(tx, act, root, seen=True)
        return Landed(row, landed_on(root, contact_id))

    return await db.write(work)


async def put_channels(tx: Transaction, act: Act, root: ContactRow, sent: Sequence[ChannelValues]) -> bool:
    """Gives a locked survivor those of these channels that its tree does not have; whether there were any."""
    if not sent:
        return False
    held = {row.key for row in (await channels.channels_of(tx, [root.org_id], [root.id]))[root.id]}
    new = [read for read in sent if read["identity"] is None or (read["type"], read["identity"]) not in held]
    await _attach(tx, act, root.org_id, root.id, new)
    return bool(new)


async def update_channel(db: Database, act: Act, raw: Mapping[str, Any]) -> Landed[ChannelRow]:
    """Left out: unchanged; null: cleared. A channel keeps its contact. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    channel_id = _read_id(raw["id"])

    async def work(tx: Transaction) -> Landed[ChannelRow]:
        root, row = await _lock(tx, act, channel_id)
        fields = Fields(raw)
        changes = read_changes(fields, (await settings(tx, root.org_id)).default_region, row.country)
        if "type" in fields and changes.get("type") is None and not fields.errors:
            fields.wrong("type cannot be cleared; leave it out to keep it.", "type")
        fields.refuse_if_wrong()
        changed = ChannelRow(**with_identity(asdict(row) | changes))
        if changed == row:
            return Landed(row, landed_on(root, row.contact_id))
        if changed.key != row.key:
            held = (await channels.channels_of(tx, [root.org_id], [root.id]))[root.id]
            _refuse_equal(held, asdict(changed), row.id, identifying_field(asdict(changed)))
            # What the channel was until now goes from the whole tree; an undo brings a source's own back.
            equal = [other.id for other in held if other.key == row.key and other.id != row.id]
            await channels.take_off(tx, root.org_id, root.id, equal, act.now)
        changed = replace(changed, updated_at=max(act.now, row.updated_at))
        await channels.save_channels(tx, [changed])
        await save_changed(tx, act, root, seen=True)
        return Landed(changed, landed_on(root, row.contact_id))

    return await db.write(work)


async def remove_channel(db: Database, act: Act, channel: str) -> UUID:
    """Takes a channel off the survivor and all that was merged into it; its id. Raises Refused."""
    require(act.actor, Scope.CONTACTS_WRITE)
    channel_id = _read_id(channel)

    async def work(tx: Transaction) -> UUID:
        root, row = await _lock(tx, act, channel_id)
        held = (await channels.channels_of(tx, [root.org_id], [root.id]))[root.id]
        equal = [other.id for other in held if other.key == row.key]
        await channels.take_off(tx, root.org_id, root.id, equal, act.now)
        await save_changed(tx, act, root, seen=True)
        return channel_id

    return await db.write(work)


async def channels_of_contacts(db: Database, act: Act, roots: Sequence[UUID]) -> list[list[ChannelRow]]:
    """For each survivor the channels of its tree, equal ones once."""
    found = await db.read(lambda tx: channels.channels_of(tx, act.actor.organizations, roots))
    return [channels_once(found[root], root) for root in roots]


def channels_once(rows: Sequence[ChannelRow], root: UUID) -> list[ChannelRow]:
    """Equal channels of a tree as one."""
    return each_once(rows, root, lambda row: row.key)


async def channel_by_id(db: Database, act: Act, channel: str) -> ChannelRow | None:
    """A channel that the key may see."""
    require(act.actor, Scope.CONTACTS_READ)
    channel_id = decode_id(CHANNEL, channel)
    if channel_id is None:
        return None
    return (await db.read(lambda tx: channels.channels_by_id(tx, act.actor.organizations, [channel_id]))).get(
        channel_id
    )


async def _attach(
    tx: Transaction, act: Act, org_id: UUID, contact_id: UUID, sent: Sequence[ChannelValues]
) -> list[ChannelRow]:
    """Writes channels that nobody in the tree has; one that was taken off this very contact is in force again."""
    removed = {row.key: row for row in await channels.removed_channels(tx, org_id, [contact_id])}
    made, new, revived = [], [], []
    for values in channel_rows(act.new_id, act.now, org_id, contact_id, sent):
        row = ChannelRow(**values)
        earlier = removed.pop(row.key, None)
        if earlier is None:
            new.append(row)
        else:
            row = replace(row, id=earlier.id, created_at=earlier.created_at)
            revived.append(row)
        made.append(row)
    await channels.save_channels(tx, revived)
    await channels.add_channels(tx, new)
    return made


def _refuse_equal(held: Sequence[ChannelRow], read: Mapping[str, Any], own: UUID | None, *path: str) -> None:
    """Raises BAD_USER_INPUT, naming the channel, when the tree has an equal one that is not the channel itself."""
    for row in held:
        if row.identity is not None and row.id != own and row.key == (read["type"], read["identity"]):
            shown = encode_id(CHANNEL, row.id)
            raise refuse(ErrorCode.BAD_USER_INPUT, f"The contact has this channel already: {shown}.", *path)


async def _lock(tx: Transaction, act: Act, channel_id: UUID) -> tuple[ContactRow, ChannelRow]:
    """The survivor, locked, and the channel as it stands then. Raises NOT_FOUND."""
    root = await lock_landing(tx, act, (await _channel(tx, act, channel_id)).contact_id, "id")
    return root, await _channel(tx, act, channel_id)


async def _channel(tx: Transaction, act: Act, channel_id: UUID) -> ChannelRow:
    found = (await channels.channels_by_id(tx, act.actor.organizations, [channel_id])).get(channel_id)
    if found is None:
        raise _gone(channel_id)
    return found


def _gone(channel_id: UUID) -> Refused:
    return refuse(ErrorCode.NOT_FOUND, f"Channel not found: {encode_id(CHANNEL, channel_id)}.", "id")


def _read_id(value: str) -> UUID:
    channel_id = decode_id(CHANNEL, value)
    if channel_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a channel id: they look like channel_01j….", "id")
    return channel_id
