"""Writing channels, labels, segments and memories of a batch of lines, each under the contact that it names.

An import adds: it takes nothing off, and overwrites no more than a colour that it gives.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from db import channels, contact_writes, memories
from db import contacts as contact_rows
from db.bulk import encode, insert_encoded
from db.channels import ChannelRow, channel
from db.tags import R, Tags
from resolvers.contacts.channel_inputs import channel_row, identifying_field
from resolvers.contacts.importing import Outcome
from resolvers.contacts.tags import changed_tag, new_rows
from resolvers.duplicates.records import keep_in_step
from resolvers.errors import ErrorCode, UserError
from resolvers.history.writing_lines import Batch, Taken, Writer, belonging
from resolvers.ids import CHANNEL, encode_id
from resolvers.memories.writing import memory_rows, recorded_at


async def write_channels(batch: Batch, taken: Sequence[Taken]) -> list[Outcome]:
    """One that the contact's tree has already is refused; one that was taken off this very contact is back."""
    tx, org_id, act = batch.tx, batch.terms.org_id, batch.act
    lines = belonging(taken)
    roots = sorted({parent.root for _, _, parent in lines})
    held = await channels.channels_of(tx, [org_id], roots)
    having = {root: {row.key: row.id for row in rows} for root, rows in held.items()}
    removed = await channels.removed_channels(tx, org_id, sorted({parent.thing_id for _, _, parent in lines}))
    off = {(row.contact_id, row.key): row for row in removed}
    outcomes, new, revived = [], [], []
    for line, thing_id, parent in lines:
        values = channel_row(thing_id, act.now, org_id, parent.thing_id, line.values)
        row = ChannelRow(**values)
        if (equal := having[parent.root].get(row.key)) is not None:
            outcomes.append(Outcome(errors=(_equal(line.values, equal),)))
            continue
        if (earlier := off.get((parent.thing_id, row.key))) is not None:
            row = replace(row, id=earlier.id, created_at=earlier.created_at)
            revived.append(row)
        else:
            new.append(values)
        having[parent.root][row.key] = row.id
        outcomes.append(Outcome(thing_id=row.id))
    await channels.save_channels(tx, revived)
    await insert_encoded(tx, channel, encode(channel, tx.dialect, new))
    changed = {parent.root for (_, _, parent), outcome in zip(lines, outcomes, strict=True) if not outcome.errors}
    await contact_writes.touch(tx, org_id, sorted(changed), act.now)
    if changed:
        await keep_in_step(tx, list((await contact_rows.contacts_by_id(tx, [org_id], changed)).values()))
    return outcomes


def _equal(sent: dict[str, Any], equal: UUID) -> UserError:
    message = f"The contact has this channel already: {encode_id(CHANNEL, equal)}. Leave the line out."
    return UserError(ErrorCode.BAD_USER_INPUT, message, ("channel", identifying_field(sent)))


def give_tags(tags: Tags[R]) -> Writer:
    """Labels or segments by name beside those that a contact has; missing ones are made."""

    async def write(batch: Batch, taken: Sequence[Taken]) -> list[Outcome]:
        tx, org_id, act = batch.tx, batch.terms.org_id, batch.act
        lines = belonging(taken)
        wanted: dict[str, str] = {}
        for line, _, _ in lines:
            wanted = line.values["names"] | wanted  # a name as first written
        ids = dict(zip(sorted(wanted), await tags.make(tx, org_id, new_rows(act, org_id, wanted, tags)), strict=True))
        roots = sorted({parent.root for _, _, parent in lines})
        held = {root: {row.id for row in rows} for root, rows in (await tags.of_trees(tx, [org_id], roots)).items()}
        given: dict[tuple[UUID, UUID], None] = {}
        changed: set[UUID] = set()
        for line, _, parent in lines:
            named = [ids[key] for key in line.values["names"]]
            given |= dict.fromkeys((parent.thing_id, tag) for tag in named)
            if not held[parent.root].issuperset(named):
                changed.add(parent.root)
        await tags.add(tx, org_id, list(given), act.now)
        await contact_writes.touch(tx, org_id, sorted(changed), act.now)
        return [Outcome(thing_id=thing_id) for _, thing_id, _ in taken]

    return write


def define_tags(tags: Tags[R]) -> Writer:
    """Labels or segments themselves: made when missing; the colour that a line gives is theirs."""

    async def write(batch: Batch, taken: Sequence[Taken]) -> list[Outcome]:
        tx, org_id, act = batch.tx, batch.terms.org_id, batch.act
        wanted: dict[str, str] = {}
        colors: dict[str, str] = {}
        for line, _, _ in taken:
            key, color = line.values["name_key"], line.values["color"]
            wanted.setdefault(key, line.values["name"])
            if color is not None:
                colors[key] = color
        ids = dict(zip(sorted(wanted), await tags.make(tx, org_id, new_rows(act, org_id, wanted, tags)), strict=True))
        rows = await tags.by_id(tx, [org_id], list(ids.values()))
        changed = [changed_tag(row, act.now, color=colors[row.name_key]) for row in rows if row.name_key in colors]
        await tags.save(tx, sorted(changed, key=lambda row: row.name_key))
        return [Outcome(thing_id=ids[line.values["name_key"]]) for line, _, _ in taken]

    return write


async def write_memories(batch: Batch, taken: Sequence[Taken]) -> list[Outcome]:
    """What personas remember, added to what they know; of two facts with one key the later line's stays."""
    tx, org_id, act = batch.tx, batch.terms.org_id, batch.act
    heads, facts, messages, summaries = [], [], [], []
    for line, _, parent in belonging(taken):
        at = recorded_at(act.now, parent.root, batch.parents.changed[parent.root], parent.thing_id)
        rows = memory_rows(act, line.values["remembered"], org_id, parent.thing_id, at)
        heads.append(rows.head)
        facts += rows.facts
        messages += rows.messages
        summaries += rows.summaries
    await memories.remember(tx, heads, facts, messages, summaries)
    return [Outcome(thing_id=thing_id) for _, thing_id, _ in taken]
