"""The root of subscribing, over WebSocket (graphql-transport-ws) and server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from db.outbox import EventRow
from resolvers.access import Scope
from resolvers.errors import CodedError, ErrorCode
from resolvers.events.subscribing import merged_events
from resolvers.ids import CONTACT, EVENT, decode_id, encode_id
from resolvers.jobs.progress import job_progress
from resolvers.jobs.reading import job_by_id
from schema.contact import Contact, contact_type, survivors
from schema.context import Context, Info
from schema.described import about, resolved, subscription
from schema.job_types import Job, job_type
from schema.organization import InOrganization, organization_of

_RECHECK_SECONDS = 60.0
AfterEvent = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The last event that was seen: what came after it follows. Null: from now on."),
]


@strawberry.type(description="Contacts were merged. The ids tell which stored ids to replace, and by which.")
class ContactMergedEvent:
    """The type `ContactMergedEvent`."""

    id: strawberry.ID = about("The event's id: remember it, and go on from it by `afterEvent`.")
    number: int = about("Its number in its organization: 1, 2, 3 and so on, over all topics.")
    merge_id: strawberry.ID = about("The merge.")
    contact_id: strawberry.ID = about("The contact that they were merged into, whatever became of it since.")
    merged_contact_ids: list[strawberry.ID] = about("Every id that leads to it by this merge, at any depth.")
    occurred_at: datetime = about("When.")

    @resolved("Whoever that contact leads to now; null once it was erased.")
    async def contact(self, info: Info) -> Contact | None:
        """`ContactMergedEvent.contact`."""
        contact_id = decode_id(CONTACT, self.contact_id)
        found = await info.context.load(survivors, contact_id) if contact_id else None
        return contact_type(found) if found else None


@strawberry.type(description="Everything that can be listened to. The stream ends with the key that opened it.")
class Subscription:
    """The type `Subscription`."""

    @subscription("Each merge of contacts, once it is committed.", needs=Scope.CONTACTS_READ)
    async def contact_merged(
        self, info: Info, organization_id: InOrganization = None, after_event: AfterEvent = None
    ) -> AsyncGenerator[ContactMergedEvent, None]:
        """`Subscription.contactMerged`."""
        context = info.context
        org_id = organization_of(info, organization_id)
        if org_id is None:
            raise CodedError(ErrorCode.NOT_FOUND, "Organization not found.", argument="organizationId")
        admitted = admission(context, org_id, Scope.CONTACTS_READ)
        async for event in merged_events(context.db, context.act, org_id, after_event, admitted):
            yield merged_event(event)

    @subscription("A job, again whenever it has moved, until it is over.", needs=Scope.CONTACTS_READ)
    async def job_progress(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="`job_…`")],  # noqa: A002
    ) -> AsyncGenerator[Job, None]:
        """`Subscription.jobProgress`."""
        context = info.context
        job = await job_by_id(context.db, context.act, id)
        if job is None:
            raise CodedError(ErrorCode.NOT_FOUND, "Job not found.", argument="id")
        async for moved in job_progress(context.db, job, admission(context, job.org_id, Scope.CONTACTS_READ)):
            yield job_type(moved)


def merged_event(event: EventRow) -> ContactMergedEvent:
    """An event as its type."""
    payload = event.payload
    return ContactMergedEvent(
        id=strawberry.ID(encode_id(EVENT, event.id)),
        number=event.number,
        merge_id=payload["mergeId"],
        contact_id=payload["contactId"],
        merged_contact_ids=payload["mergedContactIds"],
        occurred_at=event.created_at,
    )


def admission(context: Context, org_id: UUID, scope: Scope) -> Callable[[], Awaitable[bool]]:
    """For a stream: whether its key is still good, has the scope and sees the organisation. Looked up once a minute."""
    checked = asyncio.get_running_loop().time()

    async def admitted() -> bool:
        nonlocal checked
        now = asyncio.get_running_loop().time()
        if context.readmit is not None and now - checked >= _RECHECK_SECONDS:
            checked = now
            with suppress(CodedError):  # storage is away for a moment: an open stream does not end for that
                context.actor = await context.readmit()
        actor = context.actor
        return actor is not None and org_id in actor.organizations and scope in actor.scopes

    return admitted
