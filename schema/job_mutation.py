"""Asking for jobs: a part of the root of writing."""

from collections.abc import Awaitable
from typing import Annotated, Any

import strawberry

from db.jobs import JobRow
from resolvers.access import Scope
from resolvers.jobs.acts import cancel_job, retry_job, start_bulk, start_rebuild, start_undo
from resolvers.jobs.requests import read_contact_groups, read_conversation_groups
from schema import job_inputs as inputs
from schema.context import Info
from schema.described import about, mutation
from schema.errors import UserError, attempt
from schema.inputs import raw
from schema.job_types import Job, job_type
from schema.organization import organization_in

_INPUT = strawberry.argument(description="What to do.")


@strawberry.type(description="The answer of a mutation on a job.")
class JobPayload:
    """The type `JobPayload`."""

    job: Job | None = about("The job as it stands now. Null when userErrors is not empty.")
    user_errors: list[UserError] = about(
        "What was wrong with the call as a whole: nothing was written. What is wrong with one group is in `job.errors`."
    )


@strawberry.type(description="Asking for jobs.")
class JobMutation:
    """What `Mutation` has of jobs."""

    @mutation(
        "Merges up to 10,000 groups of conversations, as a job; a bad group is reported, the others go on.",
        needs=Scope.MERGE,
    )
    async def merge_conversations_in_bulk(
        self,
        info: Info,
        input: Annotated[inputs.MergeConversationsInBulkInput, _INPUT],  # noqa: A002
    ) -> JobPayload | None:
        """`Mutation.mergeConversationsInBulk`."""
        return await _payload(_merge_conversations(info, raw(input)))

    @mutation(
        "Merges up to 10,000 groups of contacts, as a job; a bad group is reported, the others go on.",
        needs=Scope.MERGE,
    )
    async def merge_contacts_in_bulk(
        self,
        info: Info,
        input: Annotated[inputs.MergeContactsInBulkInput, _INPUT],  # noqa: A002
    ) -> JobPayload | None:
        """`Mutation.mergeContactsInBulk`."""
        return await _payload(_merge_contacts(info, raw(input)))

    @mutation(
        "Undoes everything that a job merged and that still stands, as a job, the latest merge first.", needs=Scope.UNDO
    )
    async def undo_job(
        self,
        info: Info,
        input: Annotated[inputs.JobInput, _INPUT],  # noqa: A002
    ) -> JobPayload | None:
        """`Mutation.undoJob`."""
        given = raw(input)
        return await _payload(start_undo(info.context.db, info.context.act, given["id"], given.get("reason")))

    @mutation(
        "Makes anew what matching keeps of each contact, as a job: after a change of `defaultRegion`. Detection goes on"
        " meanwhile. While one waits to begin, the answer is that one.",
        needs=Scope.SETTINGS,
    )
    async def rebuild_matching(
        self,
        info: Info,
        input: Annotated[inputs.RebuildMatchingInput, _INPUT],  # noqa: A002
    ) -> JobPayload | None:
        """`Mutation.rebuildMatching`."""
        return await _payload(_rebuild(info, raw(input)))

    @mutation(
        "Ends a job (`undo` is needed too of an undo, `settings` of rebuildMatching). What it has done stays; retryJob"
        " goes on from there.",
        needs=Scope.MERGE,
    )
    async def cancel_job(
        self,
        info: Info,
        input: Annotated[inputs.JobInput, _INPUT],  # noqa: A002
    ) -> JobPayload | None:
        """`Mutation.cancelJob`."""
        return await _payload(cancel_job(info.context.db, info.context.act, input.id))

    @mutation(
        "Tries again what failed of a job that is over, or was left over (`undo` is needed too of an undo, `settings`"
        " of rebuildMatching).",
        needs=Scope.MERGE,
    )
    async def retry_job(
        self,
        info: Info,
        input: Annotated[inputs.JobInput, _INPUT],  # noqa: A002
    ) -> JobPayload | None:
        """`Mutation.retryJob`."""
        return await _payload(retry_job(info.context.db, info.context.act, input.id))


async def _merge_conversations(info: Info, given: dict[str, Any]) -> JobRow:
    request = read_conversation_groups(given)
    return await start_bulk(info.context.db, info.context.act, request, organization_in(given))


async def _merge_contacts(info: Info, given: dict[str, Any]) -> JobRow:
    request = read_contact_groups(given)
    return await start_bulk(info.context.db, info.context.act, request, organization_in(given))


async def _rebuild(info: Info, given: dict[str, Any]) -> JobRow:
    return await start_rebuild(info.context.db, info.context.act, organization_in(given))


async def _payload(act: Awaitable[JobRow]) -> JobPayload:
    job, errors = await attempt(act)
    return JobPayload(job=job_type(job) if job else None, user_errors=errors)
