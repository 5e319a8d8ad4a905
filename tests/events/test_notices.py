"""Notices: they wake who waits, in this process and in others, and nothing hangs on their coming."""

import asyncio

import pytest
from sqlalchemy import text

from db import notices
from db.engine import Database, Transaction
from db.notices import Stopping, Watch
from tests.db.world import World

_LONG = 60.0  # seconds; a test that needs the poll to end would take as long


async def _wake(world: World, db: Database) -> None:
    async def work(tx: Transaction) -> None:
        tx.wake(world.org_id)

    await db.write(work)


async def test_a_commit_wakes_its_organization_alone(world: World) -> None:
    """And a notice that comes between the reading and the waiting is kept."""
    watch = world.db.notices.watch
    with watch(world.org_id) as own, watch(world.act.new_id()) as other, world.db.notices.watch_all() as every:
        await _wake(world, world.db)
        await own.changed(_LONG)
        await every.changed(_LONG)
        assert not other.event.is_set()
        assert not own.event.is_set(), "each notice wakes once"


async def test_what_is_rolled_back_wakes_nobody(world: World) -> None:
    """The notice goes with the commit."""

    async def fail(tx: Transaction) -> None:
        tx.wake(world.org_id)
        raise ValueError

    with world.db.notices.watch(world.org_id) as watch:
        with pytest.raises(ValueError):
            await world.db.write(fail)
        assert not watch.event.is_set()


async def test_who_waits_is_woken_without_a_notice_too(world: World) -> None:
    """After the given time at the latest."""
    with world.db.notices.watch(world.org_id) as watch:
        await watch.changed(0.001)


async def test_stopping_ends_every_wait(world: World) -> None:
    """Of who waits already and of who comes."""
    with world.db.notices.watch(world.org_id) as watch:
        waiting = asyncio.create_task(watch.changed(_LONG))
        await asyncio.sleep(0)
        world.db.notices.stop()
        for wait in (waiting, watch.changed(_LONG)):
            with pytest.raises(Stopping):
                await wait


async def test_a_watch_that_is_over_is_forgotten(world: World) -> None:
    """Subscriptions come and go for months."""
    for _ in range(3):
        with world.db.notices.watch(world.org_id), world.db.notices.watch_all():
            pass
    assert world.db.notices._watches == {}
    assert world.db.notices._all == set()


async def _listening(db: Database, watch: Watch) -> None:
    """Returns when the connection listens: it wakes everybody once then."""
    await watch.changed(_LONG)


async def test_other_processes_are_woken(postgres_world: World, postgres_url: str) -> None:
    """Each with an engine of its own, as two processes have: by NOTIFY, also after the connection was cut."""
    world = postgres_world
    other = Database(postgres_url)
    try:
        with other.notices.watch(world.org_id) as watch, world.db.notices.watch(world.org_id) as own:
            for db, waiting in ((world.db, own), (other, watch)):
                await db.notices.listen(postgres_url)
                await _listening(db, waiting)
            await _wake(world, world.db)
            await watch.changed(_LONG)
            await own.changed(_LONG)
            await _cut_listeners(other)
            await watch.changed(_LONG)  # what was said meanwhile nobody heard, so everybody looks
            await own.changed(_LONG)
            await _wake(world, world.db)
            await watch.changed(_LONG)
            assert watch._notices is other.notices
    finally:
        await other.close()


async def _cut_listeners(db: Database) -> None:
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'onefold notices'")
    ended = await db.read(lambda tx: tx.rows(cut))
    assert len(ended) == 2


async def test_a_notice_that_is_none_of_ours_is_passed_over(world: World) -> None:
    """Somebody may use the same channel."""
    with world.db.notices.watch(world.org_id) as watch:
        world.db.notices._heard(None, 0, notices.CHANNEL, "something else")
        world.db.notices._heard(None, 0, notices.CHANNEL, f"other {world.org_id.hex}")
        assert watch.event.is_set()
