"""What an undo and an erasure read of a long history: nothing but what they are about."""

import re
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import event, insert

from db.conversations import ConversationRow, conversation
from db.engine import Transaction
from db.merges import merge_event, merge_source
from resolvers.contacts.erase import erase_contact
from resolvers.merging.rows import new_merge
from resolvers.merging.undo import undo_merge
from resolvers.merging.undo_request import UndoRequest
from tests.db.world import World, shown
from tests.support.databases import run_sql

LONG = 3_000


async def test_an_undo_reads_no_conversation_that_was_not_merged(world: World) -> None:
    """Of a contact with thousands: by the index that holds none but merged ones."""
    ann, other = await world.contacts(2)
    done = await world.merge(ann, [other])
    assert done.merge is not None
    await _fill(world, ann)
    request = UndoRequest(done.merge.id, None)
    plans = await _plans(world, lambda: undo_merge(world.db, world.act, request))
    (plan,) = [plan for statement, plan in plans.items() if "FROM conversation AS child" in statement]
    assert "ix_conversation_merged_contact" in plan
    assert "ix_conversation_contact" not in plan
    assert not re.search(r"Seq Scan on conversation|SCAN (child|parent)", plan)


async def test_an_erasure_finds_merges_by_what_was_merged(world: World) -> None:
    """Among thousands of the organisation, of contacts and of conversations."""
    ann, other = await world.contacts(2)
    await world.merge(ann, [other])
    await _fill(world, (await world.contacts(1))[0])
    plans = await _plans(world, lambda: erase_contact(world.db, world.act, shown(ann), None))
    reading = [plan for statement, plan in plans.items() if statement.startswith("SELECT merge_event")]
    assert len(reading) == 2
    for plan in reading:
        assert not re.search(r"Seq Scan on merge_|SCAN merge_|SEARCH merge_.*\(org_id=\?\)", plan), plan


async def _fill(world: World, owner: UUID) -> None:
    """Conversations of this contact, and merges of others' conversations and of others' contacts."""
    act, org = world.act, world.org_id
    strangers = await world.contacts(2)

    async def write(tx: Transaction) -> None:
        conversations, events, sources = [], [], []
        for number in range(LONG):
            made = act.new_id()
            row = ConversationRow(
                org, made, owner, None, "OPEN", None, [], None, made, None, None, None, act.now, act.now, None
            )
            conversations.append(asdict(row))
            threads = number % 2 == 0
            merge = new_merge(act, org, "CONVERSATIONS" if threads else "CONTACTS", None)
            key = {"primary_conversation_id": made} if threads else {"primary_contact_id": strangers[0]}
            events.append(asdict(merge) | key | {"undone_at": act.now})
            source = {"org_id": org, "merge_id": merge.id, "position": 0, "evidence": []}
            sources.append(
                source | {"conversation_id": made if threads else None, "contact_id": None if threads else strangers[1]}
            )
        await tx.run(insert(conversation), conversations)
        await tx.run(insert(merge_event), events)
        await tx.run(insert(merge_source), sources)

    await world.db.write(write)
    if world.db.dialect == "postgresql":
        await run_sql(world.db.url.set(drivername="postgresql").render_as_string(), "VACUUM ANALYZE")


async def _plans(world: World, run: Any) -> dict[str, str]:
    """Statement -> plan of what is read while the act runs."""
    plans: dict[str, str] = {}
    explain = "EXPLAIN " if world.db.dialect == "postgresql" else "EXPLAIN QUERY PLAN "

    def note(_c: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(explain + statement, parameters)
            plans[statement] = "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())

    event.listen(world.db.engine.sync_engine, "before_cursor_execute", note)
    await run()
    event.remove(world.db.engine.sync_engine, "before_cursor_execute", note)
    return plans
