"""Jobs as they are read."""

from datetime import datetime
from enum import StrEnum
from functools import partial

import strawberry

from db.jobs import JobErrorRow, JobRow
from resolvers.errors import ErrorCode
from resolvers.errors import UserError as Mistake
from resolvers.ids import JOB, encode_id
from resolvers.jobs.reading import count_errors, errors_of_jobs, rate, seconds_left
from resolvers.paging import read_page
from schema.context import Info
from schema.described import about, enum, resolved
from schema.errors import UserError, user_errors_of
from schema.node import Node
from schema.paging import After, Connection, First, connection


class JobKind(StrEnum):
    """schema.graphql: JobKind."""

    MERGE_CONVERSATIONS = "MERGE_CONVERSATIONS"
    MERGE_CONTACTS = "MERGE_CONTACTS"
    UNDO = "UNDO"
    REBUILD_MATCHING = "REBUILD_MATCHING"


class JobStatus(StrEnum):
    """schema.graphql: JobStatus."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


enum(
    JobKind,
    "What a job does. More may come.",
    {
        "MERGE_CONVERSATIONS": "mergeConversationsInBulk.",
        "MERGE_CONTACTS": "mergeContactsInBulk.",
        "UNDO": "undoJob: it takes back what another job merged.",
        "REBUILD_MATCHING": "rebuildMatching.",
    },
)
enum(
    JobStatus,
    "Where a job stands.",
    {
        "QUEUED": "It waits for a worker.",
        "RUNNING": "It is being worked on, or waits for its organization's next turn.",
        "SUCCEEDED": "Everything was worked on. `failed` says how much of it was refused, `errors` why.",
        "FAILED": "It cannot go on; `problem` says why. What was done stays done; retryJob goes on from there.",
        "CANCELLED": "cancelJob ended it. What was done stays done; retryJob goes on from there.",
    },
)


@strawberry.type(description="One thing that was wrong with one item of a job.")
class JobError:
    """The type `JobError`."""

    index: int = about("Which item: its place in the list of the call, from 0; of an undo the place of the merge.")
    user_error: UserError = about("What was wrong. `field` is the way to it in the call's input.")


@strawberry.type(description="Long work: it goes on after the answer, and after a restart of the server.")
class Job(Node):
    """The type `Job`."""

    kind: JobKind = about("What it does.")
    status: JobStatus = about("Where it stands.")
    total: int | None = about("How many items it has: groups to merge, merges to undo, or parts of up to 100 contacts.")
    done: int = about("How many are done, or stood already just as they were asked for.")
    failed: int = about("How many were refused; nothing of those was written.")
    actor: str = about("The key that asked for it: its name, or the beginning of its id.")
    problem: str | None = about("Why it FAILED.")
    rate_per_second: float | None = about("Items worked on in a second, measured since it was last taken up.")
    eta_seconds: int | None = about("How long it will go on at that rate; null unless it is RUNNING.")
    created_at: datetime = about("When it was asked for.")
    started_at: datetime | None = about("When it was first worked on.")
    finished_at: datetime | None = about("When it ended.")
    row: strawberry.Private[JobRow]

    @resolved("What was refused, in the order of the items. The merges that it made: `merges(filter: {jobId})`.")
    async def errors(self, info: Info, first: First = None, after: After = None) -> Connection[JobError]:
        """`Job.errors`."""
        read = partial(errors_of_jobs, page=read_page(first, after))
        page = await info.context.load_as((errors_of_jobs, first, after), read, self.row.id)
        return connection(page, _error_type, partial(info.context.load, count_errors, self.row.id))


def job_type(row: JobRow) -> Job:
    """A row as its type."""
    return Job(
        id=strawberry.ID(encode_id(JOB, row.id)),
        kind=JobKind(row.kind),
        status=JobStatus(row.status),
        total=row.total,
        done=row.done,
        failed=row.failed,
        actor=row.actor,
        problem=row.problem,
        rate_per_second=rate(row),
        eta_seconds=seconds_left(row),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        row=row,
    )


def _error_type(row: JobErrorRow) -> JobError:
    mistake = Mistake(
        ErrorCode(row.code),
        row.message,
        tuple(row.field) if row.field is not None else None,
        row.contact_id,
        row.conversation_id,
    )
    (shown,) = user_errors_of((mistake,))
    return JobError(index=row.item, user_error=shown)
