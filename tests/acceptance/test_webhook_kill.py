"""kill -9 of the real server between a commit and its delivery: the event arrives, on both databases."""

from typing import Any

from tests.acceptance.test_workers import ask
from tests.support.receiver import OK, receiving
from tests.support.server import Server, running_server

HOOK = """mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) {
    webhook { id } secret userErrors { message } } }"""
MAKE = """mutation ($input: ImportContactsInput!) { importContacts(input: $input) { results { contact { id } } } }"""
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) { userErrors { message } } }"""
HERE: dict[str, Any] = {"ONEFOLD_WEBHOOK_ALLOW_PRIVATE": "true", "ONEFOLD_WEBHOOK_TIMEOUT_SECONDS": "1"}
SILENT = {"ONEFOLD_WEBHOOK_DELIVERY": "false"}


async def merged(server: Server) -> tuple[str, str]:
    """(primary, source) of a merge that was acknowledged."""
    made = await ask(server, MAKE, input={"contacts": [{"name": "A"}, {"name": "B"}]})
    a, b = [one["contact"]["id"] for one in made["results"]]
    done: dict[str, Any] = await ask(server, MERGE, input={"primaryContactId": a, "sourceContactIds": [b]})
    assert done["userErrors"] == []
    return a, b


async def test_a_kill_between_commit_and_delivery_loses_nothing(database_url: str) -> None:
    """Neither before anything was sent, nor while the receiver had it and had not answered: that one comes again, by
    the same id."""
    async with (
        running_server(database_url, ONEFOLD_WEBHOOK_DELIVERY="false", **HERE) as server,
        receiving() as receiver,
    ):
        made = await ask(server, HOOK, input={"url": receiver.url, "topics": ["contact.merged"]})
        first = await merged(server)
        await server.kill()
        del server.env["ONEFOLD_WEBHOOK_DELIVERY"]
        receiver.answer = lambda _: None
        await server.start()
        await receiver.until(1)  # it has it, and says nothing
        await server.kill()
        receiver.answer = lambda _: OK
        await server.start()
        second = await merged(server)
        got = await receiver.until(3)
    assert [one.json["data"]["mergedContactIds"] for one in got[:2]] == [[first[1]]] * 2
    assert got[0].event == got[1].event
    assert got[2].json["data"]["contactId"] == second[0]
    assert [one.json["number"] for one in got] == [1, 1, 2]
    assert all(one.verified_by(made["secret"]) for one in got)
