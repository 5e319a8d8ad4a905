"""Reading the outbox from a position: what subscriptions and deliveries stand on.

Many readers of one organisation wait at the same place, so reads of one place that are asked for at once are one read.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from db import outbox
from db.engine import Database, Transaction
from db.outbox import EventRow

T = TypeVar("T")
PAGE = 100
_under_way: WeakKeyDictionary[Database, dict[object, asyncio.Task[Any]]] = WeakKeyDictionary()


async def read_after(db: Database, org_id: UUID, number: int) -> tuple[EventRow, ...]:
    """The next events behind a number, at most `PAGE`; none when there are none yet."""
    return await _shared(db, (org_id, number), lambda: _read_after(db, org_id, number))


async def newest(db: Database, org_id: UUID) -> int:
    """The number of the newest event that is committed by now; 0 when there was none."""
    return await _shared(db, (org_id, None), lambda: _newest(db, org_id))


async def number_of(db: Database, org_id: UUID, event_id: UUID) -> int | None:
    """The number of an event that is kept."""
    await newest(db, org_id)
    return await db.read(lambda tx: outbox.number_of(tx, org_id, event_id))


async def _read_after(db: Database, org_id: UUID, number: int) -> tuple[EventRow, ...]:
    async def look(tx: Transaction) -> tuple[EventRow, ...]:
        return tuple(await outbox.events_after(tx, org_id, number, PAGE))

    await _number(db, org_id)
    return await db.read(look)


async def _newest(db: Database, org_id: UUID) -> int:
    await _number(db, org_id)
    return await db.read(lambda tx: outbox.last_number(tx, org_id))


async def _number(db: Database, org_id: UUID) -> None:
    if await db.read(lambda tx: outbox.has_new(tx, org_id)):
        await db.write(lambda tx: outbox.number_events(tx, org_id))


async def _shared(db: Database, place: object, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    under_way = _under_way.setdefault(db, {})
    task = under_way.get(place)
    if task is None:
        task = under_way[place] = asyncio.create_task(work())
        task.add_done_callback(lambda _: under_way.pop(place))
    found: T = await asyncio.shield(task)  # one who leaves must not take the answer from the others
    return found
