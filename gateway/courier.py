"""Delivering to webhooks: inside `onefold serve` and `onefold worker`, by any number of processes at once.

One task for each webhook that has something to be delivered, so that a receiver that never answers holds up no other.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import SystemRandom
from uuid import UUID

import structlog

from db.deliveries import DeliveryRow
from db.engine import Database
from db.faults import StorageUnavailable
from db.metrics import DELIVERIES
from db.notices import POLL_SECONDS, Stopping, WatchOfAll
from db.outbox import EventRow
from db.webhook_leases import Lease, LeaseLost
from gateway.clock import Clock
from gateway.settings import Settings
from gateway.webhook_client import WebhookClient
from resolvers.events.addresses import AddressRules
from resolvers.events.choosing import Outcome
from resolvers.events.delivering import (
    DeliveryTerms,
    Moment,
    Step,
    claim_webhooks,
    forget_old,
    organizations_behind,
    seconds_to_due,
    step,
)
from resolvers.events.signing import message, signed_headers
from resolvers.ids import EVENT, WEBHOOK, encode_id

log = structlog.get_logger()

_WEBHOOKS_AT_ONCE = 1_000
_STORAGE_AT_ONCE = 3  # of the connections that requests need too
_FORGET_SECONDS = 3_600.0
_AWAY_SECONDS = 2.0  # between two tries when the database does not answer
_SHORTEST_PAUSE = 0.02
_STOP_SECONDS = 3.0  # what is in flight at the end may take so long


def address_rules(settings: Settings) -> AddressRules:
    """Where webhooks may lead."""
    return AddressRules(allow_private=settings.webhook_allow_private)


def courier_for(settings: Settings, db: Database, clock: Clock, new_id: Callable[[], UUID]) -> "Courier":
    """A courier that is not running."""
    seconds = settings.webhook_timeout_seconds
    client = WebhookClient(address_rules(settings), seconds)
    # Longer than anything is in flight: who takes a lease over sends nothing that its last holder is still sending.
    terms = DeliveryTerms(timedelta(hours=settings.webhook_retry_hours), lease=seconds + 5.0)
    return Courier(db, clock, new_id, client, terms, timedelta(days=settings.event_days))


@asynccontextmanager
async def delivering(courier: "Courier | None") -> AsyncIterator[None]:
    """Lets it deliver meanwhile; at the end what is in flight is waited for shortly, and noted."""
    if courier is None:
        yield
        return
    task = asyncio.create_task(courier.run())
    try:
        yield
    finally:
        courier.stop()
        await task


@dataclass
class _Round:
    """A webhook that this process delivers for. `news`: whether it may have events that were not looked for."""

    lease: Lease
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    news: bool = False
    flying: dict[asyncio.Task[Outcome], UUID] = field(default_factory=dict)

    def wake(self) -> None:
        self.news = True
        self.changed.set()


class Courier:
    """All deliveries of one process."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        new_id: Callable[[], UUID],
        client: WebhookClient,
        terms: DeliveryTerms,
        kept: timedelta = timedelta(days=30),
    ) -> None:
        self._db, self._clock, self._new_id = db, clock, new_id
        self._client, self._terms, self._kept = client, terms, kept
        self._jitter = SystemRandom().random
        self._storage = asyncio.Semaphore(_STORAGE_AT_ONCE)
        self._rounds: dict[UUID, tuple[_Round, asyncio.Task[None]]] = {}
        self._again: set[UUID] = set()  # organisations whose news came as a round ended
        self._stopping = asyncio.Event()
        self._watch: WatchOfAll | None = None
        self._next_sweep = self._next_forget = 0.0
        self._forgetting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Delivers until it is told to stop."""
        with self._db.notices.watch_all() as self._watch:
            while not self._stopping.is_set():
                pause = _AWAY_SECONDS
                try:
                    await self.look()
                    pause = await self._pause()
                except StorageUnavailable as error:
                    log.warning("no deliveries: the database does not answer", error=str(error))
                except Exception:
                    log.exception("courier fault")  # the others go on, and the next look may do better
                try:
                    await self._watch.changed(pause)
                except Stopping:
                    break
        self.stop()
        await self.settle()
        await self._client.close()

    def stop(self) -> None:
        """Nothing is sent any more."""
        self._stopping.set()
        for one, _ in self._rounds.values():
            one.wake()
        if self._watch is not None:
            self._watch.event.set()

    async def look(self) -> None:
        """Starts delivering for every webhook with something to do that nobody delivers for."""
        woken, missed = self._watch.take() if self._watch is not None else (set(), True)
        now = asyncio.get_running_loop().time()
        if missed or now >= self._next_sweep:
            woken |= await organizations_behind(self._db)
            self._next_sweep = now + POLL_SECONDS
        for one, _ in self._rounds.values():
            if one.lease.org_id in woken:
                one.wake()
        woken |= self._again
        self._again.clear()
        room = _WEBHOOKS_AT_ONCE - len(self._rounds)
        for lease in await claim_webhooks(self._db, woken, room, self._terms.lease):
            self._start(lease)
        if now >= self._next_forget:
            self._next_forget = now + _FORGET_SECONDS
            self._forgetting = asyncio.create_task(self._forget())

    async def settle(self) -> None:
        """Returns once every round that is under way has ended."""
        while self._rounds:
            await asyncio.wait([task for _, task in self._rounds.values()])
        if self._forgetting is not None:
            if self._stopping.is_set():
                self._forgetting.cancel()
            await asyncio.wait([self._forgetting])

    async def _forget(self) -> None:
        try:
            await forget_old(self._db, self._clock() - self._kept)
        except StorageUnavailable as error:
            log.warning("old events are kept for another hour", error=str(error))

    async def _pause(self) -> float:
        """Seconds until something is due."""
        if self._again:
            return _SHORTEST_PAUSE
        return max(_SHORTEST_PAUSE, min(await seconds_to_due(self._db), POLL_SECONDS))

    def _start(self, lease: Lease) -> None:
        one = _Round(lease)
        task = asyncio.create_task(self._deliver(one))
        self._rounds[lease.webhook_id] = (one, task)
        task.add_done_callback(lambda _: self._ended(one))

    def _ended(self, one: _Round) -> None:
        found = self._rounds.get(one.lease.webhook_id)
        if found is not None and found[0] is one:
            del self._rounds[one.lease.webhook_id]
        if one.news:
            self._again.add(one.lease.org_id)
        if self._watch is not None:
            self._watch.event.set()

    async def _deliver(self, one: _Round) -> None:
        shown = encode_id(WEBHOOK, one.lease.webhook_id)
        try:
            await self._rounds_of(one)
        except LeaseLost:
            log.info("webhook left to another process", webhook=shown)
        except Exception:
            log.exception("webhook fault", webhook=shown)  # its lease runs out, and it is tried again
        finally:
            for task in one.flying:
                task.cancel()

    async def _rounds_of(self, one: _Round) -> None:
        outcomes: list[Outcome] = []
        while True:
            one.news = False
            one.changed.clear()
            try:
                done = await self._step(one, outcomes)
            except StorageUnavailable:
                if self._stopping.is_set():
                    return  # the lease runs out, and what has landed is sent once more
                await asyncio.sleep(_AWAY_SECONDS)
                continue
            if done.is_over:
                return
            for ready in done.send:
                assert ready.event is not None
                task = asyncio.create_task(self._send(done, ready.row, ready.event))
                one.flying[task] = ready.row.id
                task.add_done_callback(lambda _: one.changed.set())
            outcomes = await self._landed(one, done.wait)

    async def _step(self, one: _Round, outcomes: list[Outcome]) -> Step:
        moment = Moment(self._clock(), self._new_id, self._jitter, self._terms)
        in_flight = frozenset(one.flying.values())
        async with self._storage:
            return await step(self._db, one.lease, outcomes, in_flight, moment, is_last=self._stopping.is_set())

    async def _landed(self, one: _Round, seconds: float) -> list[Outcome]:
        """What came of those that have landed; waits for one, for news, or for so long."""
        if self._stopping.is_set():
            await self._cut_short(one)
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, self._terms.lease / 3)):  # the lease is to be renewed
                    await one.changed.wait()
        landed = [task for task in one.flying if task.done()]
        for task in landed:
            del one.flying[task]
        return [task.result() for task in landed if not task.cancelled()]

    async def _cut_short(self, one: _Round) -> None:
        """At the end: what is in flight may land, what does not will be sent again by another process."""
        if one.flying:
            _, late = await asyncio.wait(one.flying, timeout=_STOP_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    async def _send(self, done: Step, row: DeliveryRow, event: EventRow) -> Outcome:
        now, body = self._clock(), message(event)
        headers = signed_headers(encode_id(EVENT, event.id), now, body, done.hook.keys(now))
        answer = await self._client.send(done.hook.url, headers, body)
        outcome = Outcome(row, answer.status, answer.problem)
        DELIVERIES.labels("delivered" if outcome.is_success else "failed").inc()
        return outcome
