"""Asking for jobs and working on them, in a test's own process."""

from typing import Any

from gateway.worker import Pace, Worker
from tests.support.api import Api

FIELDS = """id kind status total done failed problem actor startedAt finishedAt
    errors(first: 100) { totalCount nodes { index userError { code message field contactId conversationId } } }"""
JOB = f"job {{ {FIELDS} }}"


def worker_of(api: Api, **pace: float) -> Worker:
    """A worker that is not running."""
    return Worker(api.db, api.clock, api.new_id, Pace(**pace))


async def work(api: Api, **pace: float) -> None:
    """Works on everything that there is to do."""
    worker = worker_of(api, **pace)
    while await worker.work_turn():
        pass


async def read_job(api: Api, job: str) -> dict[str, Any]:
    """A job as it stands."""
    found: dict[str, Any] = (await api.ask(f"query ($id: ID!) {{ job(id: $id) {{ {FIELDS} }} }}", id=job))["job"]
    return found


async def start(api: Api, name: str, /, **values: Any) -> dict[str, Any]:
    """The job of a bulk mutation that must succeed, before anybody has worked on it."""
    job: dict[str, Any] = (await api.done(name, JOB, **values))["job"]
    return job


async def finished(api: Api, name: str, /, **values: Any) -> dict[str, Any]:
    """The job of a bulk mutation once it is over."""
    job = await start(api, name, **values)
    await work(api)
    return await read_job(api, job["id"])


def wrong(job: dict[str, Any]) -> list[tuple[int, str, str]]:
    """(index, code, field) of each error of a job."""
    return [
        (one["index"], one["userError"]["code"], ".".join(one["userError"]["field"] or ()))
        for one in job["errors"]["nodes"]
    ]
