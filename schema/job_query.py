"""Reading jobs: a part of the root of reading."""

from functools import partial
from typing import Annotated

import strawberry

from resolvers.access import Scope
from resolvers.jobs.reading import count_jobs, job_by_id, list_jobs
from resolvers.paging import read_page
from schema.context import Info
from schema.described import query
from schema.job_types import Job, JobStatus, job_type
from schema.organization import InOrganization, organization_of
from schema.paging import After, Connection, First, connection


@strawberry.type(description="Reading jobs.")
class JobQuery:
    """What `Query` has of jobs."""

    @query("A job by its id.", needs=Scope.CONTACTS_READ)
    async def job(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="`job_…`")],  # noqa: A002
    ) -> Job | None:
        """`Query.job`."""
        row = await job_by_id(info.context.db, info.context.act, id)
        return job_type(row) if row else None

    @query("The jobs of the organization, newest first.", needs=Scope.CONTACTS_READ)
    async def jobs(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        status: Annotated[JobStatus | None, strawberry.argument(description="Only those that stand there.")] = None,
        organization_id: InOrganization = None,
    ) -> Connection[Job] | None:
        """`Query.jobs`."""
        db, act = info.context.db, info.context.act
        page = read_page(first, after)
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        wanted = str(status) if status is not None else None
        found = await list_jobs(db, act, org_id, wanted, page)
        return connection(found, job_type, partial(count_jobs, db, act, org_id, wanted))
