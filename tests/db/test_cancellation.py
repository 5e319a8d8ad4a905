"""A cancelled request leaves its transaction whole or not begun, and no connection and no lock behind (guard.md 7)."""

import asyncio
import gc
import random
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db.engine import Database, EngineOptions, Transaction
from db.faults import StorageUnavailable
from resolvers.contacts.update import update_contact
from resolvers.errors import Refused
from tests.db.world import World, check_invariants, open_world, shown, version_sum

ROUNDS = 180  # for each seed and database


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_cancellations_leave_nothing_behind(database_url: str, seed: int) -> None:
    """Some hundred units of work cancelled at random moments: no lock, no connection and no half merge stays."""
    db = Database(database_url, EngineOptions(pool_size=3))
    await _cancel_at_random(db, random.Random(seed), ROUNDS // 6)
    await db.close()


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
async def test_ten_thousand_cancellations_leave_nothing_behind(database_url: str) -> None:
    """2,000 waves with five each, through the same few connections; other moments each night."""
    db = Database(database_url, EngineOptions(pool_size=3))
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(50):
        await _cancel_at_random(db, chance, 40)
    await db.close()


async def _cancel_at_random(db: Database, chance: random.Random, waves: int) -> None:
    """In an organisation of its own, and what must hold afterwards."""
    world = await open_world(db)
    ids = await world.contacts(12)
    done = sum([await _wave(world, chance, ids) for _ in range(waves)])
    await _settled(db)
    await write_at_once(world)
    await check_invariants(world)
    pool: Any = db.engine.sync_engine.pool
    assert pool.checkedout() == 0
    assert done > 0, "some were not cancelled"


async def _wave(world: World, chance: random.Random, ids: list[UUID]) -> int:
    """Six acts at once, five of them cancelled after random numbers of turns of the loop; how many were answered."""
    acts = [asyncio.create_task(_some_act(world, chance, ids)) for _ in range(6)]
    for act in chance.sample(acts, 5):
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
        act.cancel()
    answers = await asyncio.gather(*acts, return_exceptions=True)
    wrong = [a for a in answers if isinstance(a, BaseException) and not isinstance(a, asyncio.CancelledError | Refused)]
    assert wrong == []
    return sum(not isinstance(answer, BaseException) for answer in answers)


async def _some_act(world: World, chance: random.Random, ids: list[UUID]) -> object:
    if chance.random() < 0.15:
        return await world.merge(*(lambda two: (two[0], [two[1]]))(chance.sample(ids, 2)))
    if chance.random() < 0.2:
        ids.append(await world.contact(name="New"))
        return None
    if chance.random() < 0.2:
        return await world.rows()
    patch = {"id": shown(chance.choice(ids)), "company": f"C{chance.random()}"}
    return await update_contact(world.db, world.act, patch)


async def _settled(db: Database) -> None:
    """Cancelled callers have left; their units of work end by themselves."""
    while db._tasks:
        await asyncio.wait(set(db._tasks))


async def write_at_once(world: World) -> None:
    """A write through a second connection that does not wait for anybody."""
    if world.db.dialect == "sqlite":
        with closing(sqlite3.connect(str(world.db.url.database), timeout=0, isolation_level=None)) as second:
            second.execute("BEGIN IMMEDIATE")
            second.execute("UPDATE contact SET language = 'de'")
            second.execute("COMMIT")
        return
    second_db = Database(world.db.url.render_as_string(hide_password=False), EngineOptions(lock_timeout_ms=1))
    await second_db.write(lambda tx: tx.run(text("LOCK TABLE contact IN ACCESS EXCLUSIVE MODE NOWAIT")))
    idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    assert await second_db.read(lambda tx: tx.row(text(idle))) == (0,)
    await second_db.close()


async def test_a_cancelled_write_is_still_carried_out(world: World) -> None:
    """What was begun ends: the cancellation reaches the caller, not the transaction."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(tx: Transaction) -> None:
        await tx.run(text("UPDATE contact SET company = 'written'"))
        begun.set()
        await go_on.wait()

    await world.contact(name="A")
    caller = asyncio.create_task(world.db.write(work))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await _settled(world.db)
    assert [row.company for row in (await world.rows()).values()] == ["written"]


async def test_a_time_limit_around_a_write_does_not_tear_it(world: World) -> None:
    """asyncio.timeout is a cancellation too: the merge is whole, whatever the caller was told."""
    ids = await world.contacts(20)
    before = await version_sum(world)
    for index in range(10):
        with suppress(TimeoutError):
            async with asyncio.timeout(index * 0.002):
                await world.merge(ids[2 * index], [ids[2 * index + 1]])
    await _settled(world.db)
    await check_invariants(world)
    merged = sum(row.merged_into_id is not None for row in (await world.rows()).values())
    assert await version_sum(world) == before + merged


async def test_a_failure_after_the_caller_has_left_is_not_logged_raw(world: World) -> None:
    """Nobody is left to hear of it: asyncio must not write it, with what people sent, beside our own log."""
    loop = asyncio.get_running_loop()
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(_tx: Transaction) -> None:
        begun.set()
        await go_on.wait()
        raise KeyError("secret@a.example")

    caller = asyncio.create_task(world.db.write(work))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    await _settled(world.db)
    gc.collect()
    assert complaints == []


@pytest.mark.parametrize("fails", [False, True])
async def test_close_waits_for_the_work_under_way(database_url: str, fails: bool) -> None:
    """A process that shuts down answers what it has begun: close() returns after the last unit of work."""
    db = Database(database_url)
    world = await open_world(db)
    begun, go_on = asyncio.Event(), asyncio.Event()
    ended: list[str] = []

    async def work(tx: Transaction) -> None:
        begun.set()
        await go_on.wait()
        await tx.run(text("SELECT 1"))
        ended.append("work")
        if fails:
            raise KeyError

    def note(name: str) -> Callable[[asyncio.Task[Any]], None]:
        return lambda _task: ended.append(name)

    writing: asyncio.Task[None] = asyncio.create_task(world.db.write(work))
    await begun.wait()
    closing_ = asyncio.create_task(db.close())
    closing_.add_done_callback(note("closed"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert ended == []
    go_on.set()
    await closing_
    await asyncio.sleep(0)
    assert ended == ["work", "closed"]
    assert (await _outcome(writing)) is (KeyError if fails else None)


async def _outcome(task: Awaitable[Any]) -> type[BaseException] | None:
    try:
        await task
    except (KeyError, StorageUnavailable) as error:
        return type(error)
    return None
