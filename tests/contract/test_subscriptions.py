"""contactMerged, inside one process: what it tells, from where, to whom, and when it ends."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any
from unittest.mock import patch

from db.faults import StorageUnavailable
from gateway.tokens import new_key
from resolvers.access import ALL_SCOPES, Actor, Scope
from resolvers.errors import CodedError, ErrorCode
from resolvers.events import subscribing
from resolvers.events.reading import PAGE, newest, read_after
from resolvers.ids import EVENT, KEY, decode_id, encode_id
from schema import subscription
from schema.build import build_schema
from schema.context import Context
from tests.contract.steps import neighbour
from tests.support.api import Api

MERGED = """subscription ($org: ID, $after: ID) { contactMerged(organizationId: $org, afterEvent: $after) {
    id number mergeId contactId mergedContactIds occurredAt contact { id name } } }"""
_schema = build_schema()
Readmit = Callable[[], Awaitable[Actor | None]]


async def listen(
    api: Api, scopes: frozenset[Scope] = ALL_SCOPES, readmit: Readmit | None = None, **variables: Any
) -> AsyncGenerator[dict[str, Any], None]:
    """What contactMerged answers: each event, or the extensions of the error that ends it."""
    key_id = decode_id(KEY, (await api.ask("{ viewer { keyId } }"))["viewer"]["keyId"])
    assert key_id is not None
    context = Context("request", db=api.db, clock=api.clock, new_id=api.new_id, new_token=new_key)
    context.actor, context.readmit = Actor(key_id, "tests", (api.org_id,), scopes), readmit
    stream: Any = await _schema.stream(MERGED, variable_values=variables, context_value=context)
    async with aclosing(stream) as results:
        async for result in results:
            yield result.errors[0].extensions if result.errors else result.data["contactMerged"]


async def _take(api: Api, number: int, **options: Any) -> list[dict[str, Any]]:
    async with aclosing(listen(api, **options)) as stream:
        return [await anext(stream) for _ in range(number)]


async def _code(api: Api, **options: Any) -> str:
    return str((await _take(api, 1, **options))[0]["code"])


async def _merge_many(api: Api, number: int) -> tuple[str, list[str]]:
    """A primary, and the sources merged into it one by one."""
    primary = await api.contact(name="Primary")
    sources = [await api.contact() for _ in range(number)]
    for source in sources:
        await api.merge(primary, source)
    return primary, sources


async def _event_ids(api: Api) -> list[str]:
    return [encode_id(EVENT, event.id) for event in await read_after(api.db, api.org_id, 0)]


async def test_i6_a_subscriber_hears_of_every_old_id(api: Api) -> None:
    """From now on: the merges that come, each with all ids that lead to the survivor by it."""
    a, b, c = [await api.contact(name=name) for name in "ABC"]
    await api.merge(b, c)
    async with aclosing(listen(api)) as stream:
        listens = asyncio.Event()

        async def listening(*where: Any) -> int:
            place = await newest(*where)
            listens.set()
            return place

        with patch.object(subscribing, "newest", listening):
            coming = asyncio.ensure_future(anext(stream))
            await listens.wait()
        merge = await api.merge(a, b)
        event = await coming
    assert event["mergedContactIds"] == [b, c]
    assert (event["contactId"], event["mergeId"]) == (a, merge["merge"]["id"])
    assert event["contact"] == {"id": a, "name": "A"}
    assert (event["number"], event["id"]) == (2, (await _event_ids(api))[1])
    assert event["occurredAt"].endswith("Z")


async def test_it_goes_on_from_any_event(api: Api) -> None:
    """What came after it, in order, however much; also behind events of other topics."""
    primary, sources = await _merge_many(api, 4)
    await api.done("deleteContact", "deletedContactIds", id=await api.contact())
    await api.merge(primary, await api.contact())
    ids = await _event_ids(api)
    for place in range(4):
        found = await _take(api, 3 - place, after=ids[place])
        assert [event["mergedContactIds"] for event in found] == [[source] for source in sources[place + 1 :]]
    (last,) = await _take(api, 1, after=ids[3])
    assert last["number"] == 6, "the erasure has a number too"


async def test_a_slow_reader_keeps_its_place_and_nothing_else(api: Api) -> None:
    """Events that come while it does not read are not gathered for it: they are read when it asks, page by page."""
    primary = await api.contact(name="Primary")
    await api.merge(primary, await api.contact())
    (first,) = await _event_ids(api)
    sizes = []

    async def counting(*where: Any) -> Any:
        page = await read_after(*where)
        sizes.append(len(page))
        return page

    with patch.object(subscribing, "read_after", counting):
        async with aclosing(listen(api, after=first)) as stream:
            await api.merge(primary, await api.contact())
            await anext(stream)
            for _ in range(PAGE + 20):
                await api.merge(primary, await api.contact())
            assert sizes == [1], "nobody reads for a reader that does not ask"
            numbers = [(await anext(stream))["number"] for _ in range(PAGE + 20)]
    assert numbers == list(range(3, PAGE + 23))
    assert sizes == [1, PAGE, 20]


async def test_what_cannot_be_subscribed_to_is_refused(api: Api) -> None:
    """An event that is none, one of another organisation, another organisation: as if there were no such thing."""
    other = await neighbour(api)
    await other.merge(await other.contact(), await other.contact())
    (theirs,) = [encode_id(EVENT, event.id) for event in await read_after(api.db, other.org_id, 0)]
    nobodys = encode_id(EVENT, api.new_id())
    assert await _take(api, 1, after=theirs) == await _take(api, 1, after=nobodys)
    assert await _code(api, after=theirs) == "NOT_FOUND"
    for malformed in ("", "event_", await api.contact(), "1"):
        assert await _code(api, after=malformed) == "BAD_USER_INPUT"
    assert await _take(api, 1, org=other.org) == await _take(api, 1, org="org_00000000000000000000000000")
    assert await _code(api, org=other.org) == "NOT_FOUND"
    assert await _code(api, scopes=ALL_SCOPES - {Scope.CONTACTS_READ}) == "FORBIDDEN"


async def test_a_stream_ends_with_its_key(api: Api) -> None:
    """Revoked, without its scope or the organisation: nothing more is told. A lookup that fails ends nothing."""
    await _merge_many(api, 2)
    first, second = await _event_ids(api)
    actor = Actor(api.new_id(), None, (api.org_id,), ALL_SCOPES)
    narrowed = Actor(actor.key_id, None, (api.org_id,), frozenset({Scope.MERGE}))
    elsewhere = Actor(actor.key_id, None, (api.new_id(),), ALL_SCOPES)

    async def answering(found: Actor | None) -> Actor | None:
        return found

    async def away() -> Actor | None:
        raise CodedError(ErrorCode.UNAVAILABLE, "away")

    with patch.object(subscription, "_RECHECK_SECONDS", 0):
        for found in (None, narrowed, elsewhere):
            code = await _code(api, readmit=lambda found=found: answering(found), after=first)
            assert code == "UNAUTHENTICATED"
        for good in (lambda: answering(actor), away):
            (event,) = await _take(api, 1, readmit=good, after=first)
            assert event["id"] == second


async def test_storage_that_is_away_for_a_moment_ends_nothing(api: Api) -> None:
    """The place stays, and the next look finds what came meanwhile."""
    await _merge_many(api, 2)
    first, second = await _event_ids(api)
    failures = iter([StorageUnavailable("away")])

    async def failing(*where: Any) -> Any:
        for failure in failures:
            api.db.notices.wake(api.org_id)
            raise failure
        return await read_after(*where)

    with patch.object(subscribing, "read_after", failing):
        (event,) = await _take(api, 1, after=first)
    assert event["id"] == second


async def test_a_server_that_stops_says_so(api: Api) -> None:
    """The client knows from where to go on."""
    await _merge_many(api, 1)
    (first,) = await _event_ids(api)
    api.db.notices.stop()
    (ended,) = await _take(api, 1, after=first)
    assert (ended["code"], ended["retryAfter"]) == ("UNAVAILABLE", 1)
