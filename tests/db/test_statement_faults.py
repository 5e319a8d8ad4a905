"""A fault at every statement of an act, before it and after it, and at COMMIT: nothing is written, or all of it.

(As SQLite's own tests do it: a merge has some twenty statements, so each of them can be the one.)
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import event

from db.engine import Database, EngineOptions
from db.faults import StorageUnavailable
from tests.db import acts, thread_acts
from tests.db.acts import Prepared
from tests.db.test_cancellation import write_at_once
from tests.db.test_statements import COUNTS, Preparing
from tests.db.world import World, check_invariants, open_world
from tests.support.state import dump

ACTS: list[Preparing] = [
    acts.merge,
    acts.detect,
    acts.undo,
    acts.erase,
    thread_acts.join_threads,
    thread_acts.undo_with_threads,
]


class Broken(Exception):
    """What the injected faults raise."""


@dataclass
class Fault:
    """At statement number `at`, counted from 0, with BEGIN and savepoints. `seen`: how many there were."""

    at: int = -1
    seen: int = 0

    def pass_statement(self, *_: Any) -> None:
        """Called once for each."""
        self.seen += 1
        if self.seen == self.at + 1:
            raise Broken


@contextmanager
def fault_at(db: Database, moment: str, at: int) -> Iterator[Fault]:
    """`moment`: before_cursor_execute or after_cursor_execute."""
    fault = Fault(at)
    event.listen(db.engine.sync_engine, moment, fault.pass_statement)
    try:
        yield fault
    finally:
        event.remove(db.engine.sync_engine, moment, fault.pass_statement)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """Over a pool of two: a connection that a fault has spoiled is used again at once."""
    db = Database(database_url, EngineOptions(pool_size=2))
    yield await open_world(db)
    await db.close()


@pytest.mark.parametrize("moment", ["before_cursor_execute", "after_cursor_execute"])
@pytest.mark.parametrize("prepare", ACTS, ids=lambda prepare: prepare.__name__)
async def test_a_fault_at_any_statement_writes_nothing(world: World, prepare: Preparing, moment: str) -> None:
    """Each in turn, until there is none left: then the act succeeds, on what all the faults have left."""
    act = await prepare(world, 2)
    before = await dump(world.db)
    faults = 0
    while await _fails(world.db, act, moment, faults):
        assert await dump(world.db) == before, f"{moment} of statement {faults}"
        faults += 1
    assert faults >= COUNTS[prepare] - 1  # of what two connections do, one more or less
    assert await dump(world.db) != before
    await check_invariants(world)
    await write_at_once(world)


async def _fails(db: Database, act: Prepared, moment: str, at: int) -> bool:
    with fault_at(db, moment, at) as fault:
        try:
            await act()
        except Broken:
            return True
    assert fault.seen <= at, "a fault was swallowed"
    return False


@contextmanager
def broken_commit(db: Database, *, done: bool) -> Iterator[None]:
    """The connection breaks at COMMIT, once: before the database has heard of it, or before its answer is here."""
    dialect: Any = db.engine.sync_engine.dialect
    commit = dialect.do_commit

    def break_off(connection: Any) -> None:
        dialect.do_commit = commit
        if done:
            commit(connection)
        raise ConnectionResetError

    dialect.do_commit = break_off
    try:
        yield
    finally:
        dialect.do_commit = commit


@pytest.mark.parametrize("done", [False, True])
async def test_a_connection_that_breaks_at_commit(world: World, done: bool) -> None:
    """Nobody knows then: the caller is told UNAVAILABLE, and a repeat with the same key does it or gives its answer."""
    ids = await world.contacts(3)
    before = await dump(world.db)
    with broken_commit(world.db, done=done), pytest.raises(StorageUnavailable):
        await world.merge(ids[0], ids[1:], idempotencyKey="k")
    between = await dump(world.db)
    assert (between == before) is not done
    again = await world.merge(ids[0], ids[1:], idempotencyKey="k")
    after = await dump(world.db)
    assert (between == after) is done, "a repeat of what was done writes nothing"
    assert again.merge is not None
    assert [event[1] for event in after["merge_event"]] == [again.merge.id]
    await check_invariants(world)
    await write_at_once(world)
