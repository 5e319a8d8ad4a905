"""Working on jobs: inside `onefold serve`, or in processes of their own by `onefold worker`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from uuid import UUID

import structlog

from db.engine import Database
from db.faults import StorageUnavailable
from db.job_queue import WORK, Claim
from db.notices import Stopping, Watch
from gateway.clock import Clock
from resolvers.ids import JOB, encode_id
from resolvers.jobs.working import LeaseLost, Piece, claim_job, fail_job, hand_back, work_piece

log = structlog.get_logger()

_FAULTS = 3  # so often an item is tried that meets a fault of ours
_CRASHES = 3  # after so many claims without any progress, items are worked on one by one
# On SQLite everybody waits for the one writer; on PostgreSQL only who wants the same contacts or a merge does.
_PIECE_SECONDS = {"sqlite": 0.02, "postgresql": 0.06}
_FEWEST = 10  # items of a transaction, whose own cost is about theirs
_LAST_CRASHES = 6  # and after so many, the next one is given up: it may be what kills the workers


@dataclass(frozen=True)
class Pace:
    """In seconds. `piece`: how long one transaction shall take, None as is best for the database; `turn`: how long one
    organisation is worked for while others wait; `idle`: how often an idle worker looks for work; `away`: how long it
    waits when the database does not answer; `lease`: after how long without a word from
    its worker a job is another's."""

    piece: float | None = None
    turn: float = 2.0
    idle: float = 1.0
    away: float = 2.0
    lease: float = 30.0


@asynccontextmanager
async def working(workers: Sequence["Worker"]) -> AsyncIterator[None]:
    """Lets them work meanwhile; at the end each finishes the piece that it is at, and hands its job back."""
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        await asyncio.gather(*tasks)


class Worker:
    """One worker: a job at a time, in turns."""

    def __init__(self, db: Database, clock: Clock, new_id: Callable[[], UUID], pace: Pace | None = None) -> None:
        self._db, self._clock, self._new_id = db, clock, new_id
        self._pace = pace or Pace()
        self._piece_seconds = self._pace.piece or _PIECE_SECONDS[db.dialect]
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Works until it is told to stop."""
        with self._db.notices.watch(WORK) as watch:
            while not self._stopping.is_set():
                try:
                    pause = 0.0 if await self.work_turn() else self._pace.idle
                except StorageUnavailable as error:
                    log.warning("no work: the database does not answer", error=str(error))
                    pause = self._pace.away
                if pause:
                    await self._rest(watch, pause)

    def stop(self) -> None:
        """No piece is begun any more; the job of this turn is handed back."""
        self._stopping.set()

    async def work_turn(self) -> bool:
        """One turn of the job that has waited longest. False when there is nothing to do."""
        held = await claim_job(self._db, self._clock(), timedelta(seconds=self._pace.lease))
        if held is None:
            return False
        try:
            await self._work(held)
        except LeaseLost:
            log.info("job left", job=encode_id(JOB, held.job_id))
        except StorageUnavailable:
            with suppress(StorageUnavailable):  # then its lease runs out
                await hand_back(self._db, held, self._clock() + timedelta(seconds=self._pace.away))
            raise
        return True

    async def _work(self, held: Claim) -> None:
        ends = perf_counter() + self._pace.turn
        limit = 1 if held.attempts > _CRASHES else _FEWEST
        faults = _FAULTS if held.attempts > _LAST_CRASHES else 0
        while True:
            begun = perf_counter()
            try:
                piece = await self._piece(held, limit, give_up=faults >= _FAULTS)
            except (LeaseLost, StorageUnavailable):
                raise
            except Exception:
                log.exception("job fault", job=encode_id(JOB, held.job_id), items=limit)
                faults, limit = faults + (limit == 1), 1
                if faults > _FAULTS:
                    await fail_job(self._db, held, self._clock())
                    return
                continue
            faults = 0
            if piece.is_last:
                return
            limit = self._next_limit(piece.worked, perf_counter() - begun)
            if self._stopping.is_set() or perf_counter() > ends:
                await hand_back(self._db, held, self._clock())
                return

    async def _piece(self, held: Claim, limit: int, *, give_up: bool) -> Piece:
        return await work_piece(self._db, held, self._clock(), self._new_id, limit, give_up=give_up)

    def _next_limit(self, worked: int, seconds: float) -> int:
        """As many items as fit into the time of a piece, but no leap, and enough to be worth a transaction."""
        fitting = int(worked * self._piece_seconds / seconds) if seconds > 0 else 2 * worked
        return max(_FEWEST, min(fitting, 2 * worked))

    async def _rest(self, watch: Watch, seconds: float) -> None:
        """Until there may be work, the time is over, or it is told to stop."""
        waiting = [asyncio.create_task(watch.changed(seconds)), asyncio.create_task(self._stopping.wait())]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        for task in done:
            if isinstance(task.exception(), Stopping):
                self.stop()
