"""jobProgress: a job as it stands, again whenever it has moved, until it is over."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from db import jobs
from db.engine import Database
from db.jobs import JobRow
from db.notices import Stopping
from resolvers.errors import CodedError, ErrorCode

_LOOK_SECONDS = 1.0  # at least so often: a worker of another process may share a SQLite file with us
_REST_SECONDS = 0.2  # at most so often: a worker moves a job fifty times a second
_STOPPING = "The server is stopping. Subscribe again: the job goes on."


async def job_progress(db: Database, job: JobRow, admitted: Callable[[], Awaitable[bool]]) -> AsyncIterator[JobRow]:
    """The job first, then each time that it has moved, at last as it ended. `admitted`: whether the caller's key is
    still good; asked before each look.

    Raises CodedError: UNAUTHENTICATED once the key is revoked, UNAVAILABLE when the server stops.
    """
    seen: JobRow | None = None
    with db.notices.watch(job.org_id) as watch:
        while True:
            if not await admitted():
                raise CodedError(ErrorCode.UNAUTHENTICATED, "The API key was revoked or has expired.")
            job = await _read(db, job)
            if job != seen:
                yield job
                seen = job
            if job.finished_at is not None:
                return
            await asyncio.sleep(_REST_SECONDS)
            try:
                await watch.changed(_LOOK_SECONDS)
            except Stopping:
                raise CodedError(ErrorCode.UNAVAILABLE, _STOPPING, retryAfter=1) from None


async def _read(db: Database, job: JobRow) -> JobRow:
    return (await db.read(lambda tx: jobs.jobs_by_id(tx, [job.org_id], [job.id])))[job.id]
