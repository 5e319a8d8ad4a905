"""contactMerged: the merges of an organisation, from now on or from an event that was seen before."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import structlog

from db.engine import Database
from db.faults import StorageUnavailable
from db.metrics import STREAMS
from db.notices import Stopping
from db.outbox import EventRow
from resolvers.access import Act, Scope, require
from resolvers.errors import CodedError, ErrorCode
from resolvers.events.reading import newest, number_of, read_after
from resolvers.events.recording import Topic
from resolvers.ids import EVENT, decode_id

log = structlog.get_logger()

_NOT_KEPT = (
    "There is no such event, or it is no longer kept. Subscribe without afterEvent, and look your stored ids up once "
    "with resolveContact."
)
_STOPPING = "The server is stopping. Subscribe again, with the last event that you got as afterEvent."


async def merged_events(
    db: Database, act: Act, org_id: UUID, after_event: str | None, admitted: Callable[[], Awaitable[bool]]
) -> AsyncIterator[EventRow]:
    """Every merge of contacts behind a place, for ever. The reader keeps its place and one page, however far behind its
    client is. `admitted`: whether the caller's key is still good and sees the organisation; asked before each page.

    Raises CodedError: FORBIDDEN, BAD_USER_INPUT, NOT_FOUND for an unknown event, UNAUTHENTICATED once the key is
    revoked, UNAVAILABLE when the server stops.
    """
    require(act.actor, Scope.CONTACTS_READ)
    place = await _place(db, org_id, after_event)
    with db.notices.watch(org_id) as watch, STREAMS.track_inprogress():
        while True:
            events = await _next(db, org_id, place)
            if not await admitted():
                raise CodedError(ErrorCode.UNAUTHENTICATED, "The API key was revoked or has expired.")
            for event in events:
                if event.topic == Topic.CONTACT_MERGED:
                    yield event
                place = event.number
            if not events:
                try:
                    await watch.changed()
                except Stopping:
                    raise CodedError(ErrorCode.UNAVAILABLE, _STOPPING, retryAfter=1) from None


async def _next(db: Database, org_id: UUID, place: int) -> tuple[EventRow, ...]:
    """The next page. While the database is away there is none: the place stays, and the next look finds the rest."""
    try:
        return await read_after(db, org_id, place)
    except StorageUnavailable as error:
        log.warning("events could not be read", error=str(error))
        return ()


async def _place(db: Database, org_id: UUID, after_event: str | None) -> int:
    if after_event is None:
        return await newest(db, org_id)
    event_id = decode_id(EVENT, after_event)
    if event_id is None:
        raise CodedError(ErrorCode.BAD_USER_INPUT, "Not an event id: they look like event_01j….", argument="afterEvent")
    number = await number_of(db, org_id, event_id)
    if number is None:
        raise CodedError(ErrorCode.NOT_FOUND, _NOT_KEPT, argument="afterEvent")
    return number
