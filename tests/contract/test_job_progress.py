"""jobProgress: what it tells, when it ends, and whom it refuses."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from gateway.tokens import new_key
from resolvers.access import ALL_SCOPES, Actor, Scope
from resolvers.ids import JOB, encode_id
from resolvers.jobs.working import claim_job, work_piece
from schema.build import build_schema
from schema.context import Context
from tests.contract.steps import neighbour
from tests.contract.test_bulk import CONTACTS, contacts, people
from tests.support.api import Api
from tests.support.jobs import start, work

PROGRESS = "subscription ($id: ID!) { jobProgress(id: $id) { id status done failed total } }"
_schema = build_schema()


async def follow(api: Api, job: str, scopes: frozenset[Scope] = ALL_SCOPES) -> AsyncGenerator[dict[str, Any], None]:
    """What jobProgress answers: each state, or the extensions of the error that ends it."""
    context = Context("request", db=api.db, clock=api.clock, new_id=api.new_id, new_token=new_key)
    context.actor = Actor(api.new_id(), "tests", (api.org_id,), scopes)
    stream: Any = await _schema.stream(PROGRESS, variable_values={"id": job}, context_value=context)
    async with aclosing(stream) as results:
        async for result in results:
            yield result.errors[0].extensions if result.errors else result.data["jobProgress"]


async def test_it_follows_a_job_to_its_end(api: Api) -> None:
    """The state at once, then each move, and the stream ends with the job."""
    ids = await contacts(api, 6)
    job = await start(api, CONTACTS, groups=[people(*ids[place : place + 2]) for place in (0, 2, 4)])
    async with aclosing(follow(api, job["id"])) as stream:
        assert (await anext(stream))["status"] == "QUEUED"
        held = await claim_job(api.db, api.clock())
        assert held is not None
        await work_piece(api.db, held, api.clock(), api.new_id, 2)
        moved = await anext(stream)
        assert (moved["status"], moved["done"], moved["total"]) == ("RUNNING", 2, 3)
        await work_piece(api.db, held, api.clock(), api.new_id, 2)
        rest = [state async for state in stream]
    assert [(state["status"], state["done"]) for state in rest] == [("SUCCEEDED", 3)]


async def test_a_job_that_is_over_is_told_once(api: Api) -> None:
    """And a cancelled one."""
    for end in ("work", "cancel"):
        job = await start(api, CONTACTS, groups=[people(*await contacts(api, 2))])
        if end == "work":
            await work(api)
        else:
            await api.done("cancelJob", "job { id }", id=job["id"])
        assert len([state async for state in follow(api, job["id"])]) == 1


async def test_what_cannot_be_followed(api: Api) -> None:
    """Unknown, foreign, malformed alike; a key without the scope."""
    away = await neighbour(api)
    foreign = (await start(away, CONTACTS, groups=[people(*await contacts(away, 2))]))["id"]
    for job in (foreign, encode_id(JOB, api.new_id()), "job_1"):
        assert [one["code"] async for one in follow(api, job)] == ["NOT_FOUND"]
    own = (await start(api, CONTACTS, groups=[people(*await contacts(api, 2))]))["id"]
    found = [one async for one in follow(api, own, ALL_SCOPES - {Scope.CONTACTS_READ})]
    assert [one["code"] for one in found] == ["FORBIDDEN"]


async def test_a_server_that_stops_says_so(api: Api) -> None:
    """UNAVAILABLE instead of silence."""
    job = await start(api, CONTACTS, groups=[people(*await contacts(api, 2))])
    async with aclosing(follow(api, job["id"])) as stream:
        await anext(stream)
        api.db.notices.stop()
        assert (await anext(stream))["code"] == "UNAVAILABLE"
