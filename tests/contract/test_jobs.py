"""Jobs: asked for, read, cancelled, tried again, undone; worked on once, whoever is killed; nobody starved."""

from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from sqlalchemy import text

from db import job_queue
from db.conversation_merges import lock_conversations
from db.faults import StorageUnavailable
from resolvers.access import ALL_SCOPES, Scope
from resolvers.ids import JOB, decode_id, encode_id
from resolvers.jobs.working import LEASE, LeaseLost, claim_job, work_piece
from tests.contract.steps import get, neighbour, refused, with_key
from tests.contract.test_bulk import CONTACTS, CONVERSATIONS, contacts, conversations, people, threads
from tests.contract.test_conversation_merges import join, read
from tests.contract.test_undo import undo
from tests.support.api import Api
from tests.support.jobs import JOB as FIELDS
from tests.support.jobs import finished, read_job, start, work, worker_of, wrong


async def merged(api: Api, pairs: list[tuple[str, str]]) -> list[bool]:
    """Of each pair of contacts, whether the second leads to the first."""
    found = [await api.read(b, "id", follow=True) for _, b in pairs]
    return [one == {"id": a} for one, (a, _) in zip(found, pairs, strict=True)]


async def pairs_of(api: Api, number: int) -> list[tuple[str, str]]:
    """So many pairs of contacts."""
    ids = await contacts(api, 2 * number)
    return list(zip(ids[::2], ids[1::2], strict=True))


async def test_jobs_are_listed_newest_first_and_by_status(api: Api) -> None:
    """Page by page; another organisation sees none of them."""
    pairs = await pairs_of(api, 3)
    ids = [(await start(api, CONTACTS, groups=[people(*pair)]))["id"] for pair in pairs]
    await api.done("cancelJob", "job { status }", id=ids[1])
    query = """query ($after: String, $status: JobStatus) { jobs(first: 2, after: $after, status: $status) {
        totalCount nodes { id status } pageInfo { hasNextPage endCursor } } }"""
    first = (await api.ask(query))["jobs"]
    assert ([one["id"] for one in first["nodes"]], first["totalCount"]) == ([ids[2], ids[1]], 3)
    rest = (await api.ask(query, after=first["pageInfo"]["endCursor"]))["jobs"]
    assert ([one["id"] for one in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([ids[0]], False)
    queued = (await api.ask(query, status="QUEUED"))["jobs"]
    assert [one["id"] for one in queued["nodes"]] == [ids[2], ids[0]]
    away = await neighbour(api)
    assert (await away.ask(query))["jobs"]["totalCount"] == 0
    seen = await away.ask("query ($id: ID!) { job(id: $id) { id } node(id: $id) { id } }", id=ids[0])
    assert seen == {"job": None, "node": None}
    assert (await api.ask("query ($id: ID!) { node(id: $id) { id } }", id=ids[0]))["node"] == {"id": ids[0]}


async def test_errors_are_paged(api: Api) -> None:
    """In the order of the call, several of one group beside each other."""
    a, b = await contacts(api, 2)
    groups = [people("x", "y", "z"), people(a, a), people(a, b), people(b, b)]
    job = await finished(api, CONTACTS, groups=groups)
    query = """query ($id: ID!, $after: String) { job(id: $id) { errors(first: 2, after: $after) {
        totalCount edges { cursor node { index } } pageInfo { hasNextPage endCursor } } } }"""
    seen: list[int] = []
    after = None
    while True:
        page = (await api.ask(query, id=job["id"], after=after))["job"]["errors"]
        seen += [edge["node"]["index"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert (seen, page["totalCount"]) == ([0, 0, 0, 1, 3], 5)


async def test_cancelling_ends_a_job_between_two_groups(api: Api) -> None:
    """What was done stays, nothing more is done; cancelling again is no mistake, cancelling what is over is one."""
    pairs = await pairs_of(api, 4)
    job = await start(api, CONTACTS, groups=[people(*pair) for pair in pairs])
    held = await claim_job(api.db, api.clock())
    assert held is not None
    await work_piece(api.db, held, api.clock(), api.new_id, 2)
    shown = await read_job(api, job["id"])
    assert (shown["status"], shown["done"]) == ("RUNNING", 2)
    for _ in range(2):
        cancelled = (await api.done("cancelJob", FIELDS, id=job["id"]))["job"]
        assert (cancelled["status"], cancelled["done"]) == ("CANCELLED", 2)
    with pytest.raises(LeaseLost):
        await work_piece(api.db, held, api.clock(), api.new_id, 2)
    await work(api)
    assert await merged(api, pairs) == [True, True, False, False]
    done = await finished(api, CONTACTS, groups=[people(*pairs[2])])
    assert await refused(api, "cancelJob", id=done["id"]) == [("JOB_OVER", ["id"], None)]


async def test_a_retry_does_what_failed_and_what_was_left(api: Api) -> None:
    """Never what was done: a merge that was undone since stays undone. What is wrong in itself stays wrong."""
    pairs = await pairs_of(api, 4)
    (a, _), (c, d) = pairs[:2]
    await api.done("markDistinct", "pairs", contactIds=[c, d])
    job = await start(api, CONTACTS, groups=[people("x", "y"), *[people(*pair) for pair in pairs]])
    assert await refused(api, "retryJob", id=job["id"]) == [("JOB_NOT_OVER", ["id"], None)]
    held = await claim_job(api.db, api.clock())
    assert held is not None
    await work_piece(api.db, held, api.clock(), api.new_id, 3)
    await api.done("cancelJob", "job { id }", id=job["id"])
    shown = await read_job(api, job["id"])
    assert (shown["done"], shown["failed"], [code for _, code, _ in wrong(shown)]) == (
        2,
        2,
        ["BAD_USER_INPUT", "BAD_USER_INPUT", "MARKED_DISTINCT"],
    )
    (merge,) = (await get(api, a, "merges { nodes { id } }"))["merges"]["nodes"]
    await undo(api, merge["id"])
    await api.done("unmarkDistinct", "pairs", contactIds=[c, d])
    again = (await api.done("retryJob", FIELDS, id=job["id"]))["job"]
    assert (again["status"], again["done"], again["failed"], again["errors"]["totalCount"]) == ("QUEUED", 2, 1, 2)
    await work(api)
    shown = await read_job(api, job["id"])
    assert (shown["status"], shown["done"], shown["failed"]) == ("SUCCEEDED", 4, 1)
    assert await merged(api, pairs) == [False, True, True, True]
    assert await refused(api, "retryJob", id=job["id"]) == [("JOB_OVER", ["id"], None)]


async def test_undo_job_takes_back_everything_that_a_run_merged(api: Api) -> None:
    """Chains too, the latest first; what somebody undid before is no mistake; twice finds nothing left."""
    fields = "name email mergedContactIds identifiers { normalized }"
    a, b, c, d, e = await contacts(api, 5)
    before = [await get(api, one, fields) for one in (a, b, c, d, e)]
    job = await finished(api, CONTACTS, groups=[people(a, b), people(c, a), people(d, e)])
    assert (await get(api, c, "mergedContactIds"))["mergedContactIds"] == [a, b]
    (last,) = (await get(api, d, "merges { nodes { id } }"))["merges"]["nodes"]
    undoing = await start(api, "undoJob", id=job["id"], reason="wrong file")
    assert (undoing["kind"], undoing["total"]) == ("UNDO", 3)
    await undo(api, last["id"])
    await work(api)
    shown = await read_job(api, undoing["id"])
    assert (shown["status"], shown["done"], shown["failed"]) == ("SUCCEEDED", 3, 0)
    assert [await get(api, one, fields) for one in (a, b, c, d, e)] == before
    assert await refused(api, "undoJob", id=job["id"]) == [("NOT_UNDOABLE", ["id"], None)]
    assert await refused(api, "undoJob", id=shown["id"]) == [("NOT_UNDOABLE", ["id"], None)]


async def test_undo_job_of_conversations(api: Api) -> None:
    """Threads are parted, and what the merges wrote is gone."""
    a, b, c, d = await conversations(api, 4)
    before = [await read(api, one) for one in (a, b, c, d)]
    job = await start(api, CONVERSATIONS, groups=[threads(a, b), threads(c, d)])
    assert await refused(api, "undoJob", id=job["id"]) == [("JOB_NOT_OVER", ["id"], None)]
    await work(api)
    await join(api, a, c)
    done = await finished(api, "undoJob", id=job["id"])
    assert (done["done"], done["failed"]) == (2, 0)
    after = [await read(api, one) for one in (a, b, c, d)]
    assert after[0]["mergedConversationIds"] == [c]
    assert (after[1], after[3]) == (before[1], before[3])


async def test_what_cannot_be_undone_is_reported(api: Api) -> None:
    """A merge whose contacts were erased since; the others are taken back."""
    pairs = await pairs_of(api, 2)
    job = await finished(api, CONTACTS, groups=[people(*pair) for pair in pairs])
    await api.done("deleteContact", "__typename", id=pairs[1][0])
    done = await finished(api, "undoJob", id=job["id"])
    assert (done["done"], wrong(done)) == (1, [(0, "NOT_UNDOABLE", "")])
    assert await merged(api, pairs[:1]) == [False]


async def test_bad_ids_of_jobs(api: Api) -> None:
    """Malformed, unknown, foreign."""
    nobody = encode_id(JOB, api.new_id())
    away = await neighbour(api)
    foreign = (await start(away, CONTACTS, groups=[people(*await contacts(away, 2))]))["id"]
    for name in ("cancelJob", "retryJob", "undoJob"):
        assert await refused(api, name, id="job_1") == [("BAD_USER_INPUT", ["id"], None)]
        for job in (nobody, foreign):
            assert await refused(api, name, id=job) == [("NOT_FOUND", ["id"], None)]


@pytest.mark.parametrize("name", ["cancelJob", "retryJob"])
async def test_a_job_is_ruled_by_the_scope_that_it_was_asked_for_with(api: Api, name: str) -> None:
    """A key that may not merge may not start or stop merging."""
    job = await start(api, CONTACTS, groups=[people(*await contacts(api, 2))])
    if name == "retryJob":
        await api.done("cancelJob", "job { id }", id=job["id"])
    weak = await with_key(api, scopes=ALL_SCOPES - {Scope.MERGE})
    answer = await weak.send(f'mutation {{ {name}(input: {{id: "{job["id"]}"}}) {{ job {{ id }} }} }}')
    assert answer["errors"][0]["extensions"]["requiredScope"] == "merge"


async def test_a_worker_that_lost_its_lease_writes_nothing(api: Api) -> None:
    """Another one has taken the job over: each group is merged once."""
    pairs = await pairs_of(api, 3)
    job = await start(api, CONTACTS, groups=[people(*pair) for pair in pairs])
    slow = await claim_job(api.db, api.clock())
    assert slow is not None
    assert await claim_job(api.db, api.clock()) is None
    await work_piece(api.db, slow, api.clock(), api.new_id, 1)
    api.clock.advance(seconds=LEASE.total_seconds() + 1)
    quick = await claim_job(api.db, api.clock())
    assert quick is not None
    assert (quick.job_id, quick.fence) == (slow.job_id, slow.fence + 1)
    with pytest.raises(LeaseLost):
        await work_piece(api.db, slow, api.clock(), api.new_id, 1)
    done = await work_piece(api.db, quick, api.clock(), api.new_id, 9)
    assert (done.worked, done.job.done, done.is_last) == (2, 3, True)
    assert await merged(api, pairs) == [True, True, True]
    merges = await api.ask("query ($job: ID) { merges(filter: {jobId: $job}) { totalCount } }", job=job["id"])
    assert merges["merges"]["totalCount"] == 3


async def test_one_organisation_does_not_starve_another(api: Api) -> None:
    """With turns of no length, the jobs of two organisations are worked on by turns, one organisation's in order."""
    away = await neighbour(api)
    mine = [await start(api, CONTACTS, groups=[people(*pair) for pair in await pairs_of(api, 11)]) for _ in range(2)]
    theirs = await start(away, CONTACTS, groups=[people(*pair) for pair in await pairs_of(away, 11)])
    served: list[UUID] = []
    claim = job_queue.claim

    async def watched(*arguments: Any) -> Any:
        held = await claim(*arguments)
        if held is not None:
            served.append(held.job_id)
        return held

    with patch("resolvers.jobs.working.job_queue.claim", watched):
        worker = worker_of(api, turn=0.0)
        api.clock.advance(seconds=1)
        while await worker.work_turn():
            api.clock.advance(seconds=1)
    first, second, other = (decode_id(JOB, job["id"]) for job in (*mine, theirs))
    assert served[:4] == [first, other, first, other]
    assert served[4:] == [second] * (len(served) - 4)


async def test_a_fault_is_reported_for_its_item_alone(api: Api) -> None:
    """What fails again and again for a reason of ours is INTERNAL, logged, and the rest goes on."""
    ids = await conversations(api, 6)
    bad = decode_id("conversation", ids[2])
    lock = lock_conversations

    async def faulty(tx: Any, org_id: UUID, asked: Any) -> Any:
        if bad in asked:
            raise RuntimeError("a fault of ours")
        return await lock(tx, org_id, asked)

    with patch("db.conversation_merges.lock_conversations", faulty):
        groups = [threads(*ids[start : start + 2]) for start in (0, 2, 4)]
        job = await finished(api, CONVERSATIONS, groups=groups)
    assert (job["status"], job["done"], wrong(job)) == ("SUCCEEDED", 2, [(1, "INTERNAL", "groups.1")])
    await api.done("retryJob", "job { id }", id=job["id"])
    await work(api)
    assert (await read_job(api, job["id"]))["done"] == 3


async def test_a_group_that_kills_workers_is_given_up(api: Api) -> None:
    """After some claims without progress it alone is noted as a fault, and the job goes on."""
    pairs = await pairs_of(api, 2)
    job = await start(api, CONTACTS, groups=[people(*pair) for pair in pairs])
    for _ in range(6):
        assert await claim_job(api.db, api.clock()) is not None
        api.clock.advance(seconds=LEASE.total_seconds() + 1)
    await work(api)
    shown = await read_job(api, job["id"])
    assert (shown["status"], shown["done"], wrong(shown)) == ("SUCCEEDED", 1, [(0, "INTERNAL", "groups.0")])


async def test_a_job_that_cannot_go_on_fails_with_its_cause(api: Api) -> None:
    """Its items are gone: it says so instead of being tried for ever."""
    job = await start(api, CONTACTS, groups=[people(*await contacts(api, 2))])
    async with api.db.engine.begin() as connection:
        await connection.execute(text("DELETE FROM job_chunk"))
    await work(api)
    shown = await read_job(api, job["id"])
    assert shown["status"] == "FAILED"
    assert "retryJob" in shown["problem"]


async def test_a_database_that_is_away_costs_no_item(api: Api) -> None:
    """The job waits, and is worked on once the database is back."""
    pairs = await pairs_of(api, 1)
    job = await start(api, CONTACTS, groups=[people(*pairs[0])])
    worker = worker_of(api)
    with (
        patch("gateway.worker.work_piece", side_effect=StorageUnavailable("gone")),
        pytest.raises(StorageUnavailable),
    ):
        await worker.work_turn()
    assert await worker.work_turn() is False
    api.clock.advance(seconds=3)
    await work(api)
    assert (await read_job(api, job["id"]))["done"] == 1


async def test_rate_and_time_left(api: Api) -> None:
    """Measured over the present run; null before there is anything to measure, and once it is over."""
    fields = "job { ratePerSecond etaSeconds }"
    pairs = await pairs_of(api, 4)
    job = await start(api, CONTACTS, groups=[people(*pair) for pair in pairs])
    query = f"query ($id: ID!) {{ {fields.replace('job', 'job(id: $id)')} }}"
    assert (await api.ask(query, id=job["id"]))["job"] == {"ratePerSecond": None, "etaSeconds": None}
    held = await claim_job(api.db, api.clock())
    assert held is not None
    for _ in range(2):
        await work_piece(api.db, held, api.clock(), api.new_id, 1)
        api.clock.advance(seconds=2)
    await work_piece(api.db, held, api.clock(), api.new_id, 1)
    assert (await api.ask(query, id=job["id"]))["job"] == {"ratePerSecond": 0.5, "etaSeconds": 2}
    await work_piece(api.db, held, api.clock(), api.new_id, 1)
    assert (await api.ask(query, id=job["id"]))["job"]["etaSeconds"] is None
