"""Merges by the thousand: contract row M2, and the same for contacts."""

from typing import Any

import pytest

from resolvers.ids import CONTACT, CONVERSATION, encode_id
from tests.contract.steps import get, neighbour, refused, settings, with_key
from tests.contract.test_conversation_merges import join, notes, read, said
from tests.contract.test_history import converse
from tests.contract.test_undo import merge_of
from tests.support.api import Api
from tests.support.jobs import finished, read_job, start, work, wrong

CONVERSATIONS, CONTACTS = "mergeConversationsInBulk", "mergeContactsInBulk"


def threads(primary: str, *sources: str) -> dict[str, Any]:
    """A group of conversations."""
    return {"primaryConversationId": primary, "sourceConversationIds": list(sources)}


def people(primary: str, *sources: str) -> dict[str, Any]:
    """A group of contacts."""
    return {"primaryContactId": primary, "sourceContactIds": list(sources)}


async def conversations(api: Api, number: int) -> list[str]:
    """So many conversations of one contact."""
    ann = await api.contact(name="Ann")
    return [await converse(api, ann, f"said in {n}") for n in range(number)]


async def contacts(api: Api, number: int) -> list[str]:
    """So many contacts."""
    return [await api.contact(name=f"N{n}", email=f"n{n}@x.example") for n in range(number)]


async def test_m2_groups_of_conversations_are_merged_as_a_job(api: Api) -> None:
    """At once there is a job; once it was worked on, each group reads as mergeConversations would have left it."""
    a, b, c, d, e = await conversations(api, 5)
    job = await start(
        api, CONVERSATIONS, groups=[threads(a, b, c), threads(d, e)], note="One case.", tag="dup", reason="ticket 7"
    )
    assert (job["kind"], job["status"], job["total"], job["done"], job["failed"]) == (
        "MERGE_CONVERSATIONS",
        "QUEUED",
        2,
        0,
        0,
    )
    assert (await read(api, a))["mergedConversationIds"] == []
    await work(api)
    job = await read_job(api, job["id"])
    assert (job["status"], job["done"], job["failed"], job["actor"]) == ("SUCCEEDED", 2, 0, "tests")
    thread = await read(api, a)
    assert (thread["mergedConversationIds"], said(thread)) == ([b, c], ["said in 0", "said in 1", "said in 2"])
    assert all(text.startswith("One case.\nMerged ") for _, text in notes(thread))
    assert (await read(api, e))["tags"] == ["dup"]
    found = await api.ask(
        "query ($job: ID) { merges(filter: {jobId: $job}) { nodes { primaryConversationId reason jobId actor } } }",
        job=job["id"],
    )
    assert found["merges"]["nodes"] == [
        {"primaryConversationId": one, "reason": "ticket 7", "jobId": job["id"], "actor": "tests"} for one in (d, a)
    ]


async def test_groups_of_contacts_are_merged_as_a_job(api: Api) -> None:
    """By the rules of mergeContacts: blanks filled in order, identifiers united, old ids lead on."""
    a, b, c, d, e = await contacts(api, 5)
    job = await finished(api, CONTACTS, groups=[people(a, b, c), people(d, e)], reason="clean up")
    assert (job["kind"], job["status"], job["done"], job["failed"]) == ("MERGE_CONTACTS", "SUCCEEDED", 2, 0)
    shown = await get(api, a, "mergedContactIds identifiers { normalized } merges { nodes { jobId reason } }")
    assert shown["mergedContactIds"] == [b, c]
    assert [one["normalized"] for one in shown["identifiers"]] == [f"n{n}@x.example" for n in range(3)]
    assert shown["merges"]["nodes"] == [{"jobId": job["id"], "reason": "clean up"}]
    assert await api.read(e, "id", follow=True) == {"id": d}


async def test_bulk_leaves_what_one_by_one_would(api: Api) -> None:
    """The same groups merged in one job and by single calls: the same survivors, values, matches."""
    fields = "name email customAttributes identifiers { normalized } labels { name } mergedContactIds version"
    trees = []
    for bulk in (True, False):
        ids = [
            await api.contact(name=name, email=f"{bulk}{n}@x.example".lower(), customAttributes={"n": n})
            for n, name in enumerate(("A", None, "C", "D"))
        ]
        groups = [(ids[1], ids[0]), (ids[3], ids[2])]
        if bulk:
            await finished(api, CONTACTS, groups=[people(*group) for group in groups])
        else:
            for group in groups:
                await merge_of(api, *group)
        shown = [await get(api, group[0], fields) for group in groups]
        trees.append([{**one, "mergedContactIds": len(one["mergedContactIds"]), "email": None} for one in shown])
    for tree in trees:
        for one in tree:
            one["identifiers"] = len(one["identifiers"])
    assert trees[0] == trees[1]


async def test_a_bad_group_is_reported_and_the_others_land(api: Api) -> None:
    """Each with its code and the way to it in the call's input; nothing of a bad group is written."""
    a, b, c, d, e, f, g = await conversations(api, 7)
    away = await neighbour(api)
    foreign = await converse(away, await away.contact())
    nobody = encode_id(CONVERSATION, api.new_id())
    (stranger,) = await conversations(api, 1)
    await join(api, e, f)
    many = [encode_id(CONVERSATION, api.new_id()) for _ in range(51)]
    groups = [
        threads(a, b),
        threads(c, c),
        threads(c, d, d),
        threads(c, nobody),
        threads(c, foreign),
        threads(c, f),
        threads(c, *many),
        threads(c, "contact_x"),
        threads(c),
        threads(c, stranger),
        threads(c, g),
    ]
    job = await finished(api, CONVERSATIONS, groups=groups)
    assert (job["status"], job["total"], job["done"], job["failed"]) == ("SUCCEEDED", 11, 2, 9)
    source = "sourceConversationIds"
    assert wrong(job) == [
        (1, "SELF_MERGE", f"groups.1.{source}.0"),
        (2, "DUPLICATE_SOURCE", f"groups.2.{source}.1"),
        (3, "NOT_FOUND", f"groups.3.{source}.0"),
        (4, "NOT_FOUND", f"groups.4.{source}.0"),
        (5, "ALREADY_MERGED", f"groups.5.{source}.0"),
        (6, "TOO_MANY_SOURCES", f"groups.6.{source}"),
        (7, "BAD_USER_INPUT", f"groups.7.{source}.0"),
        (8, "EMPTY_SOURCES", f"groups.8.{source}"),
        (9, "INVALID_MERGE", f"groups.9.{source}.0"),
    ]
    assert job["errors"]["nodes"][4]["userError"]["conversationId"] == e
    assert (await read(api, a))["mergedConversationIds"] == [b]
    assert (await read(api, c))["mergedConversationIds"] == [g]
    assert (await read(api, d))["mergedInto"] is None


async def test_bad_groups_of_contacts(api: Api) -> None:
    """The same of contacts: self, twice, unknown, foreign, merged, erased, too many, none, told apart."""
    a, b, c, d, e, f, g = await contacts(api, 7)
    foreign = await (await neighbour(api)).contact()
    await merge_of(api, d, e)
    await api.done("deleteContact", "__typename", id=f)
    await api.done("markDistinct", "pairs", contactIds=[c, g])
    nobody = encode_id(CONTACT, api.new_id())
    groups = [
        people(c, c),
        people(c, a, a),
        people(c, nobody),
        people(c, foreign),
        people(c, e),
        people(c, f),
        people(c, *[encode_id(CONTACT, api.new_id()) for _ in range(51)]),
        people(c),
        people("nonsense", a),
        people(c, g),
        people(a, b),
    ]
    job = await finished(api, CONTACTS, groups=groups)
    assert [(index, code) for index, code, _ in wrong(job)] == [
        (0, "SELF_MERGE"),
        (1, "DUPLICATE_SOURCE"),
        (2, "NOT_FOUND"),
        (3, "NOT_FOUND"),
        (4, "ALREADY_MERGED"),
        (5, "NOT_FOUND"),
        (6, "TOO_MANY_SOURCES"),
        (7, "EMPTY_SOURCES"),
        (8, "BAD_USER_INPUT"),
        (9, "MARKED_DISTINCT"),
    ]
    assert (job["done"], job["failed"]) == (1, 10)
    job = await finished(api, CONTACTS, groups=[people(c, g)], allowMarkedDistinct=True)
    assert (job["done"], job["failed"]) == (1, 0)


async def test_the_same_group_twice_is_the_same_answer(api: Api) -> None:
    """In one call and in a later one; what was merged otherwise is no such group."""
    a, b, c = await conversations(api, 3)
    job = await finished(api, CONVERSATIONS, groups=[threads(a, b), threads(a, b)])
    assert (job["done"], job["failed"]) == (2, 0)
    job = await finished(api, CONVERSATIONS, groups=[threads(a, b), threads(c, b), threads(b, c)])
    assert wrong(job) == [
        (1, "ALREADY_MERGED", "groups.1.sourceConversationIds.0"),
        (2, "ALREADY_MERGED", "groups.2.primaryConversationId"),
    ]
    merges = await api.ask("{ merges { totalCount } }")
    assert merges["merges"]["totalCount"] == 1
    x, y = await contacts(api, 2)
    job = await finished(api, CONTACTS, groups=[people(x, y), people(x, y)])
    assert (job["done"], job["failed"]) == (2, 0)


async def test_groups_are_worked_on_in_their_order(api: Api) -> None:
    """A group may name what an earlier one of the same call merged: as if they had been sent one by one."""
    a, b, c, d = await contacts(api, 4)
    job = await finished(api, CONTACTS, groups=[people(a, b), people(c, a), people(d, b)])
    assert (job["done"], wrong(job)) == (2, [(2, "ALREADY_MERGED", "groups.2.sourceContactIds.0")])
    assert (await get(api, c, "mergedContactIds"))["mergedContactIds"] == [a, b]
    assert job["errors"]["nodes"][0]["userError"]["contactId"] == c


async def test_a_contact_erased_while_the_job_waits(api: Api) -> None:
    """Its group is reported, the others land."""
    a, b, c, d = await contacts(api, 4)
    job = await start(api, CONTACTS, groups=[people(a, b), people(c, d)])
    await api.done("deleteContact", "__typename", id=b)
    await work(api)
    job = await read_job(api, job["id"])
    assert (job["done"], wrong(job)) == (1, [(0, "NOT_FOUND", "groups.0.sourceContactIds.0")])


@pytest.mark.parametrize("number", [0, 10_001])
async def test_no_group_and_too_many(api: Api, number: int) -> None:
    """The call is refused as a whole, and says how many fit."""
    group = threads(encode_id(CONVERSATION, api.new_id()), encode_id(CONVERSATION, api.new_id()))
    assert await refused(api, CONVERSATIONS, groups=[group] * number) == [("BAD_USER_INPUT", ["groups"], None)]


async def test_ten_thousand_groups_fit_into_one_call(api: Api) -> None:
    """Through the body's limit and the input's; nobody is there, so each is reported."""
    ids = iter(encode_id(CONVERSATION, api.new_id()) for _ in range(30_000))
    groups = [threads(next(ids), next(ids), next(ids)) for _ in range(10_000)]
    job = await start(api, CONVERSATIONS, groups=groups)
    assert (job["status"], job["total"]) == ("QUEUED", 10_000)
    await api.done("cancelJob", "job { id }", id=job["id"])


async def test_what_holds_for_all_groups_is_checked_first(api: Api) -> None:
    """A note, a tag, a reason, a key that cannot be used refuse the call."""
    a, b = await conversations(api, 2)
    groups = [threads(a, b)]
    for name, value in (("note", "x" * 10_001), ("tag", " "), ("reason", "x" * 1_001), ("idempotencyKey", "")):
        assert await refused(api, CONVERSATIONS, groups=groups, **{name: value}) == [("BAD_USER_INPUT", [name], None)]


async def test_an_idempotency_key_stands_for_one_job(api: Api) -> None:
    """The same call again is the same job; another one under the key is refused."""
    a, b, c = await conversations(api, 3)
    asked = {"groups": [threads(a, b)], "idempotencyKey": "k"}
    first = await start(api, CONVERSATIONS, **asked)
    assert (await start(api, CONVERSATIONS, **asked))["id"] == first["id"]
    await work(api)
    again = await start(api, CONVERSATIONS, **asked)
    assert (again["id"], again["status"]) == (first["id"], "SUCCEEDED")
    found = await refused(api, CONVERSATIONS, groups=[threads(a, c)], idempotencyKey="k")
    assert found == [("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"], None)]


async def test_a_key_of_two_organisations(api: Api) -> None:
    """Names the one that the job works in; what is of the other is CROSS_ORG and not unknown."""
    a, b = await contacts(api, 2)
    away = await neighbour(api)
    other = await away.contact()
    both = await with_key(api, api.org_id, away.org_id)
    assert await refused(both, CONTACTS, groups=[people(a, b)]) == [("BAD_USER_INPUT", ["organizationId"], None)]
    job = await finished(both, CONTACTS, groups=[people(a, other), people(a, b)], organizationId=api.org)
    assert wrong(job) == [(0, "CROSS_ORG", "groups.0.sourceContactIds.0")]


async def test_the_rules_of_the_organisation_hold(api: Api) -> None:
    """As they stand when a group is worked on."""
    a, b = await api.contact(name="A", role="USER"), await api.contact(name="B", role="USER")
    await settings(api, roleRule="LEAD_INTO_USER")
    job = await finished(api, CONTACTS, groups=[people(a, b)])
    assert wrong(job) == [(0, "INVALID_MERGE", "groups.0.sourceContactIds.0")]
