"""Notices: "something of this organisation is new", after a commit, to whoever waits in any process.

A notice is a wake-up and never the data. It may come late, twice or not at all: whoever is woken reads from its own
position, and is woken every `POLL_SECONDS` whatever happens. In one process it is an event; between processes on
PostgreSQL it is NOTIFY, by one connection a process that listens and sends. Processes that share a SQLite file hear of
each other by the poll alone.

    with db.notices.watch(org_id) as watch:
        while True:
            ...  # read from your own position
            await watch.changed()
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import structlog
from sqlalchemy.engine import make_url

log = structlog.get_logger()

POLL_SECONDS = 15.0
CHANNEL = "onefold"
_RETRY_SECONDS = (1.0, 2.0, 5.0, 15.0)
_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Stopping(Exception):
    """The process is told to stop: nobody waits any longer."""


class Watch:
    """What one reader waits with. A notice that comes while it reads is not lost: the next wait ends at once."""

    def __init__(self, notices: "Notices") -> None:
        self._notices = notices
        self.event = asyncio.Event()

    async def changed(self, seconds: float = POLL_SECONDS) -> None:
        """Returns on a notice, and after so many seconds at the latest. Raises Stopping."""
        if not self._notices.stopping:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.event.wait()
        self.event.clear()
        if self._notices.stopping:
            raise Stopping


class WatchOfAll(Watch):
    """Waits for the notices of every organisation, and is told whose they were."""

    def __init__(self, notices: "Notices") -> None:
        super().__init__(notices)
        self._woken: set[UUID] = set()
        self._missed = True

    def note(self, org_id: UUID | None) -> None:
        """A notice of this organisation; None: some may have been missed."""
        if org_id is None:
            self._missed = True
        else:
            self._woken.add(org_id)

    def take(self) -> tuple[set[UUID], bool]:
        """Whose notices came since the last call, and whether others may have been missed, as before the first."""
        woken, missed = self._woken, self._missed
        self._woken, self._missed = set(), False
        return woken, missed


class Notices:
    """Those of one database, as one process sends and hears them."""

    def __init__(self) -> None:
        self.stopping = False
        self._watches: dict[UUID, set[Watch]] = {}
        self._all: set[WatchOfAll] = set()
        self._own = uuid4().hex  # our own notices come back to us
        self._outgoing: set[UUID] = set()
        self._to_send = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, org_id: UUID) -> Iterator[Watch]:
        """To wait for an organisation's notices."""
        watch = Watch(self)
        found = self._watches.setdefault(org_id, set())
        found.add(watch)
        try:
            yield watch
        finally:
            found.discard(watch)
            if not found and self._watches.get(org_id) is found:
                del self._watches[org_id]

    @contextmanager
    def watch_all(self) -> Iterator[WatchOfAll]:
        """To wait for those of all organisations."""
        watch = WatchOfAll(self)
        self._all.add(watch)
        try:
            yield watch
        finally:
            self._all.discard(watch)

    def wake(self, org_id: UUID) -> None:
        """After a commit: wakes who waits here, and soon who waits in other processes. Does not wait itself."""
        self._wake(org_id)
        if self._listener is not None:
            self._outgoing.add(org_id)
            self._to_send.set()

    def stop(self) -> None:
        """Whoever waits is sent home by Stopping, and so is whoever comes."""
        self.stopping = True
        self._wake_all()

    async def listen(self, url: str) -> None:
        """From now on also to and from other processes. `url`: of the database itself, not of a pooler before it."""
        self._listener = asyncio.create_task(self._keep_listening(url))

    async def close(self) -> None:
        """Ends what `listen` began; what was not sent yet is found by the others' poll."""
        self.stop()
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None

    def _wake(self, org_id: UUID) -> None:
        for watch in self._all:
            watch.note(org_id)
        for one in (*self._watches.get(org_id, ()), *self._all):
            one.event.set()

    def _wake_all(self) -> None:
        for one in self._all:
            one.note(None)
            one.event.set()
        for watches in self._watches.values():
            for watch in watches:
                watch.event.set()

    async def _keep_listening(self, url: str) -> None:
        failures = 0
        while True:
            try:
                async with _connected(url) as connection:
                    await connection.add_listener(CHANNEL, self._heard)
                    failures = 0
                    self._wake_all()  # what was said meanwhile, nobody heard
                    await self._send_for_ever(connection)
            except _LOST as error:
                log.warning("notices interrupted", error=type(error).__qualname__)
            await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
            failures += 1

    async def _send_for_ever(self, connection: Any) -> None:
        """Sends what is to be sent; a connection with nothing to send is asked whether it lives."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._to_send.wait()
            self._to_send.clear()
            said = [f"{self._own} {org_id.hex}" for org_id in self._outgoing]
            self._outgoing.clear()
            await connection.execute("SELECT 1", timeout=5)
            if said:
                await connection.executemany("SELECT pg_notify('onefold', $1)", [(one,) for one in said], timeout=5)

    def _heard(self, _connection: object, _process: int, _channel: str, payload: str) -> None:
        sender, _, org = payload.partition(" ")
        if sender == self._own:
            return
        try:
            self._wake(UUID(org))
        except ValueError:
            log.warning("a notice that is none of ours", length=len(payload))


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    """A bare connection of the driver. Any: asyncpg has no types."""
    parsed = make_url(url)
    _, options = parsed.get_dialect()().create_connect_args(parsed)
    options.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own
    options["server_settings"] = {**options.get("server_settings", {}), "application_name": "onefold notices"}
    connection = await asyncpg.connect(timeout=5, **options)
    try:
        yield connection
    finally:
        connection.terminate()
