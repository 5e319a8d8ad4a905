"""PostgreSQL's row locks, each by a script of two or three connections that meet at a known point."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import text

from db import identifiers
from db.activity import note_activity
from db.contact_writes import POINTERS, lock_contacts, lock_survivor
from db.contacts import ContactRow
from db.engine import Transaction
from db.faults import StorageUnavailable
from db.merges import add_merges
from db.organizations import lock_organization, settings_for_change, settings_for_identifiers
from db.pointers import Move
from resolvers.contacts.create import identifier_values
from resolvers.contacts.importing import import_terms
from resolvers.contacts.values import identifying
from resolvers.history.importing import import_lines
from resolvers.history.preparing import prepare_thing
from resolvers.merging.plan import MergeTerms, plan_merge
from resolvers.merging.survivorship import Policy
from tests.db.world import World, shown

Lock = Callable[[Transaction, UUID], Awaitable[object]]


class Held:
    """A transaction of its own that does one thing and then stands still until it is let go."""

    everyone: ClassVar[list["Held"]] = []

    def __init__(self, world: World, work: Callable[[Transaction], Awaitable[Any]]) -> None:
        self.everyone.append(self)
        self._done, self._go_on = asyncio.Event(), asyncio.Event()
        self._next: Callable[[Transaction], Awaitable[Any]] | None = None
        self.pid = 0

        async def whole(tx: Transaction) -> None:
            self.pid = await _pid(tx)
            await tx.run(text("SET LOCAL deadlock_timeout = '20ms'"))
            await work(tx)
            self._done.set()
            await self._go_on.wait()
            if self._next:
                await self._next(tx)

        self.task = asyncio.create_task(world.db.write(whole))

    async def done(self) -> "Held":
        """Waits until it has what it wanted."""
        waiting = asyncio.ensure_future(self._done.wait())
        await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        if not self._done.is_set():
            await self.task  # raises
        return self

    async def end(self, then: Callable[[Transaction], Awaitable[Any]] | None = None) -> None:
        """Lets it do one more thing and commit."""
        self._next = then
        self._go_on.set()
        await self.task


@pytest.fixture(autouse=True)
async def _nobody_is_left(postgres_world: World) -> AsyncIterator[None]:
    """Whatever a test ends with, no transaction stands still afterwards: closing the database would wait for it."""
    yield
    for held in Held.everyone:
        held.task.cancel()
        held._go_on.set()
    Held.everyone.clear()
    while postgres_world.db._tasks:
        await asyncio.wait(set(postgres_world.db._tasks))


async def _pid(tx: Transaction) -> int:
    row = await tx.row(text("SELECT pg_backend_pid()"))
    assert row is not None
    return int(row[0])


async def _waiting(world: World, number: int) -> None:
    """Returns once so many transactions of this database wait for a lock; the server has no event for it."""
    sql = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    async with asyncio.timeout(10):
        while await world.db.read(lambda tx: tx.row(sql)) != (number,):  # noqa: ASYNC110
            await asyncio.sleep(0)


async def _is_free(world: World, table: str, where: str, value: UUID, strength: str = "NO KEY UPDATE") -> bool:
    """Whether somebody else could lock this row at once."""
    sql = text(f"SELECT 1 FROM {table} WHERE {where} = :value FOR {strength} SKIP LOCKED")
    return await world.db.write(lambda tx: tx.row(sql, {"value": value})) is not None


def _pointers(world: World, rows: dict[UUID, ContactRow], primary: UUID, source: UUID) -> Callable[..., Any]:
    """What a merge writes about its sources."""

    async def write(tx: Transaction) -> None:
        plan = plan_merge(world.act, rows[primary], [rows[source]], MergeTerms(Policy({}), detected=False))
        await add_merges(tx, [plan.event], plan.sources)
        await POINTERS.merge_away(tx, world.org_id, [Move([source], primary, plan.event.id)])

    return write


async def _keeping_locks(tx: Transaction, contact_id: UUID) -> None:
    """lock_survivor without its savepoint: the lock of a dead root is kept while the next one is tried."""
    place = text("SELECT canonical_id FROM contact WHERE id = :id")
    lock = text("SELECT merged_into_id FROM contact WHERE id = :id FOR NO KEY UPDATE")
    while True:
        root = await tx.row(place, {"id": contact_id})
        assert root is not None
        row = await tx.row(lock, {"id": root[0]})
        assert row is not None
        if row[0] is None:
            return


async def _chase(world: World, edit: Lock) -> UUID:
    """An edit of A while A is merged into B and B into C: the merge of B holds B and rewrites A.

    The first merge would hold B too. Here another transaction holds it, and lets go first: of two that want B at the
    same moment, the second merge and the edit that found A dead, PostgreSQL may wake either.
    """
    a, b, c = await world.contacts(3)
    rows = await world.rows()
    first = await Held(world, lambda tx: lock_contacts(tx, world.org_id, [a])).done()
    with_b = await Held(world, lambda tx: lock_contacts(tx, world.org_id, [b])).done()
    editing = Held(world, lambda tx: edit(tx, a))
    await _waiting(world, 1)  # the edit has read that A leads itself and waits for A
    second = Held(world, lambda tx: lock_contacts(tx, world.org_id, [b, c]))
    await _waiting(world, 2)  # the second merge waits for B
    await with_b.end()
    await second.done()
    await first.end(_pointers(world, rows, b, a))
    await _waiting(world, 1)  # the edit found A dead, and waits for B
    await second.end(_pointers(world, rows, c, b))
    await editing.done()
    await editing.end()
    return c


async def test_an_edit_does_not_keep_the_lock_of_a_dead_root(postgres_world: World) -> None:
    """The two-connection script of scale.md: lock_survivor ends on the last root, nobody deadlocks."""
    found: list[ContactRow | None] = []

    async def edit(tx: Transaction, contact_id: UUID) -> None:
        found.append(await lock_survivor(tx, [postgres_world.org_id], contact_id))

    root = await _chase(postgres_world, edit)
    assert [row.id for row in found if row] == [root]


async def test_the_script_deadlocks_without_the_savepoint(postgres_world: World) -> None:
    """The script above can tell: with the dead root's lock kept, PostgreSQL ends one of the two."""
    world = postgres_world
    with pytest.raises(StorageUnavailable) as caught:
        await _chase(world, _keeping_locks)
    assert "deadlock detected" in str(caught.value.__cause__)


async def test_lock_survivor_lets_go_of_everything_but_the_root(postgres_world: World) -> None:
    """After the chase only the root is locked: the dead contact and a stranger are free."""
    world = postgres_world
    a, b, stranger = await world.contacts(3)
    await world.merge(b, [a])
    held = await Held(world, lambda tx: lock_survivor(tx, [world.org_id], a)).done()
    assert [await _is_free(world, "contact", "id", x) for x in (a, b, stranger)] == [True, False, True]
    await held.end()


async def test_contacts_are_locked_in_the_order_of_their_ids(postgres_world: World) -> None:
    """Whatever order a merge names them in: while it waits for the lowest it holds none of the others."""
    world = postgres_world
    low, middle, high = await world.contacts(3)
    first = await Held(world, lambda tx: lock_contacts(tx, world.org_id, [low])).done()
    second = Held(world, lambda tx: lock_contacts(tx, world.org_id, [high, middle, low]))
    await _waiting(world, 1)
    assert [await _is_free(world, "contact", "id", x) for x in (low, middle, high)] == [False, True, True]
    await first.end()
    await (await second.done()).end()


async def test_opposite_merges_do_not_deadlock(postgres_world: World) -> None:
    """A into B and B into A at once: one is done, the other is told that its contact was merged away."""
    world = postgres_world
    for _ in range(10):
        a, b = await world.contacts(2)
        answers = await asyncio.gather(world.merge(a, [b]), world.merge(b, [a]), return_exceptions=True)
        kinds = sorted(type(answer).__name__ for answer in answers)
        assert kinds == ["MergeResult", "Refused"]


async def test_a_change_of_settings_waits_for_writers_of_identifiers(postgres_world: World) -> None:
    """FOR SHARE against FOR UPDATE: two writers at once, and the change only when both are done."""
    world = postgres_world
    writers = [await Held(world, lambda tx: settings_for_identifiers(tx, world.org_id)).done() for _ in range(2)]
    change = Held(world, lambda tx: settings_for_change(tx, world.org_id))
    await _waiting(world, 1)
    await writers[0].end()
    await _waiting(world, 1)
    await writers[1].end()
    await change.done()
    late = Held(world, lambda tx: settings_for_identifiers(tx, world.org_id))
    await _waiting(world, 1)
    await change.end()
    await (await late.done()).end()


async def test_an_identifier_does_not_wait_for_its_locked_contact(postgres_world: World) -> None:
    """FOR NO KEY UPDATE: the foreign key's check passes beside a merge that holds the contact and the lock."""
    world = postgres_world
    a = await world.contact(name="A")
    row = (await world.rows())[a]

    async def hold(tx: Transaction) -> None:
        await lock_organization(tx, world.org_id)
        await lock_contacts(tx, world.org_id, [a])

    held = await Held(world, hold).done()
    found = identifying("EMAIL", "a@a.example", "", None)
    async with asyncio.timeout(5):
        await world.db.write(lambda tx: identifiers.put_on(tx, [identifier_values(world.act, row, found)]))
        await world.contact(name="B")
    await held.end()
    assert len((await world.db.read(lambda tx: identifiers.identifiers_of(tx, world.orgs, [a])))[a]) == 1


async def test_the_organization_s_lock_is_taken_by_one(postgres_world: World) -> None:
    """A second merge of the organisation waits; another organisation's does not."""
    world = postgres_world
    held = await Held(world, lambda tx: lock_organization(tx, world.org_id)).done()
    second = Held(world, lambda tx: lock_organization(tx, world.org_id))
    await _waiting(world, 1)
    await held.end()
    await (await second.done()).end()
    assert await _is_free(world, "organization_lock", "org_id", world.org_id)


async def test_an_import_waits_for_an_edit_before_it_writes(postgres_world: World) -> None:
    """An edit that holds the contact is let through: the import has written no row yet that it would wait for."""
    world = postgres_world
    contact = await world.contact()
    held = await Held(world, lambda tx: lock_survivor(tx, world.orgs, contact)).done()
    terms = await import_terms(world.db, world.org_id, "crm")
    raw = {"contactId": shown(contact), "direction": "INBOUND", "startedAt": "2026-01-01T00:00:00Z"}
    lines = [prepare_thing(world.act, terms, "call", raw, "k-1")]
    importing = asyncio.create_task(import_lines(world.db, world.act, terms, lines))
    await _waiting(world, 1)
    await held.end(lambda tx: note_activity(tx, world.org_id, contact, contact, world.act.now))
    outcomes = await importing
    assert outcomes is not None
    assert [outcome.errors for outcome in outcomes] == [()]
