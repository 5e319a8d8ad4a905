"""`onefold match rebuild`: a job for each organisation, worked on here and by whoever else works on jobs."""

import asyncio
from collections.abc import Callable

from db.engine import Database
from db.jobs import JobRow
from gateway.clock import system_clock
from gateway.operator import operators_act
from gateway.worker import Worker, working
from resolvers.duplicates.rebuild import CONTACTS_OF_A_PART, note_rebuilt
from resolvers.jobs.acts import start_rebuild
from resolvers.jobs.reading import jobs_of

_SECONDS = 0.2  # between two looks at how far they are


async def rebuild_by_jobs(db: Database, show: Callable[[int], None]) -> list[JobRow]:
    """Asks for the jobs and works on whatever waits until they are over; how they ended. `show`: how many contacts are
    done."""
    act = await operators_act(db)
    jobs = [await start_rebuild(db, act, org_id) for org_id in act.actor.organizations]
    async with working([Worker(db, system_clock, act.new_id)]):
        while any(job.finished_at is None for job in jobs):
            await asyncio.sleep(_SECONDS)
            jobs = await jobs_of(db, act, [job.id for job in jobs])
            show(sum(contacts_done(job) for job in jobs))
    if all(job.status == "SUCCEEDED" and not job.failed for job in jobs):
        await note_rebuilt(db)
    return jobs


def contacts_done(job: JobRow) -> int:
    """How many contacts a job has made anew; all its parts but the last are of one size."""
    contacts: int = job.terms["contacts"]
    return min(contacts, job.done * CONTACTS_OF_A_PART)
