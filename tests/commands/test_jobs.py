"""`onefold jobs`: list, show, watch, cancel, retry, undo; and `onefold worker` until it is told to stop."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from db.engine import Database
from gateway.clock import system_clock
from gateway.worker import Worker
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.create import create_contact
from resolvers.ids import CONTACT, JOB, ORGANIZATION, IdSource, decode_id, encode_id
from resolvers.jobs.acts import start_bulk
from resolvers.jobs.requests import read_contact_groups
from tests.commands.process import Shell
from tests.support.forks import start_onefold


def asked(org: str, pairs: int) -> Callable[[Database], Awaitable[str]]:
    """A job that merges so many pairs, and one group that cannot be."""

    async def ask(db: Database) -> str:
        org_id, new_id = decode_id(ORGANIZATION, org), IdSource(system_clock)
        assert org_id is not None
        act = Act(Actor(new_id(), "crm", (org_id,), ALL_SCOPES), system_clock(), new_id)
        ids = [
            encode_id(CONTACT, (await create_contact(db, act, {"name": f"N{n}"}, org_id)).id) for n in range(2 * pairs)
        ]
        groups = [{"primaryContactId": ids[n], "sourceContactIds": [ids[n + 1]]} for n in range(0, 2 * pairs, 2)]
        groups.append({"primaryContactId": ids[0], "sourceContactIds": [ids[0]]})
        return encode_id(JOB, (await start_bulk(db, act, read_contact_groups({"groups": groups}), org_id)).id)

    return ask


async def work(db: Database) -> None:
    """All that there is to do."""
    worker = Worker(db, system_clock, IdSource(system_clock))
    while await worker.work_turn():
        pass


def test_jobs_are_followed_and_ended(shell: Shell) -> None:
    org = shell.organization()
    job = shell.ask(asked(org, 3))
    assert job in shell.by_script.done("jobs", "list").out
    shown = shell.done("jobs", "show", job).out
    assert "MERGE_CONTACTS QUEUED, 0 done, 1 refused of 4" in shown
    assert "3: SELF_MERGE: Cannot merge a contact with itself." in shown
    assert shell.done("jobs", "cancel", job).last == job
    ended = shell.run("jobs", "watch", job, "--json")
    assert (ended.code, ended.json["status"]) == (1, "CANCELLED")
    assert shell.done("jobs", "retry", job).last == job
    shell.ask(work)
    found = shell.done("jobs", "watch", job, "--json").json
    assert (found["status"], found["done"], found["failed"], found["actor"]) == ("SUCCEEDED", 3, 1, "crm")
    undoing = shell.done("jobs", "undo", job).last
    shell.ask(work)
    listed: list[dict[str, Any]] = json.loads(shell.done("jobs", "list", "--org", org, "--json").out)
    assert [(one["id"], one["kind"], one["status"], one["done"]) for one in listed] == [
        (undoing, "UNDO", "SUCCEEDED", 3),
        (job, "MERGE_CONTACTS", "SUCCEEDED", 3),
    ]
    assert shell.done("jobs", "list", "--org", shell.organization("Other")).out.strip() == "There is no job."


def test_ids_that_are_none(sqlite_shell: Shell) -> None:
    nobody = encode_id(JOB, IdSource(system_clock)())
    for command in ("show", "watch", "cancel", "retry", "undo"):
        for job in ("job_1", nobody):
            assert "job" in sqlite_shell.failed("jobs", command, job)
    assert "organization" in sqlite_shell.failed("jobs", "list", "--org", "org_1")


async def test_a_worker_does_what_there_is_and_stops_when_told(sqlite_shell: Shell) -> None:
    org = await asyncio.to_thread(sqlite_shell.organization)
    job = await asyncio.to_thread(sqlite_shell.ask, asked(org, 2))
    env = {"ONEFOLD_DATABASE_URL": sqlite_shell.url, **sqlite_shell.settings}
    with (sqlite_shell.folder / "worker.log").open("wb") as log:
        process = start_onefold("worker", cwd=sqlite_shell.folder, env=env, stdout=log, stderr=log)
    try:
        found = await asyncio.to_thread(sqlite_shell.done, "jobs", "watch", job, "--json")
        assert (found.json["status"], found.json["done"]) == ("SUCCEEDED", 2)
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 30) == 0
