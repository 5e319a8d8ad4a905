"""`onefold webhook`: list and test."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from db.engine import Database
from gateway.clock import system_clock
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.events.addresses import AddressRules
from resolvers.events.webhooks import create_webhook
from resolvers.ids import ORGANIZATION, WEBHOOK, IdSource, decode_id, encode_id
from tests.commands.process import Shell
from tests.support.receiver import receiving, status

HERE = {"ONEFOLD_WEBHOOK_ALLOW_PRIVATE": "true"}


def made(org: str, url: str) -> Callable[[Database], Awaitable[tuple[str, str]]]:
    """(id, secret) of a webhook."""

    async def make(db: Database) -> tuple[str, str]:
        org_id, new_id = decode_id(ORGANIZATION, org), IdSource(system_clock)
        assert org_id is not None
        act = Act(Actor(new_id(), "crm", (org_id,), ALL_SCOPES), system_clock(), new_id)
        given = {"url": url, "topics": ["contact.merged", "contact.erased"]}
        secret = await create_webhook(db, act, given, org_id, AddressRules(allow_private=True))
        return encode_id(WEBHOOK, secret.hook.id), secret.secret

    return make


def test_a_webhook_is_listed_and_tried(shell: Shell) -> None:
    """Signed, by the rules of deliveries, and what came back is the exit code."""
    org = shell.organization()

    async def scene() -> list[Any]:
        async with receiving() as receiver:
            webhook, secret = await asyncio.to_thread(shell.ask, made(org, receiver.url))
            listed = await asyncio.to_thread(shell.done, "webhook", "list")
            assert webhook in listed.out
            assert receiver.url in listed.out
            refused = await asyncio.to_thread(shell.run, "webhook", "test", webhook)
            assert refused.code == 1
            assert "not public" in refused.out
            assert receiver.got == []
            taken = await asyncio.to_thread(shell.run, "webhook", "test", webhook, **HERE)
            assert (taken.code, "it answered 204" in taken.out) == (0, True), taken
            receiver.answer = lambda _: status(500)
            failed = await asyncio.to_thread(shell.run, "webhook", "test", webhook, "--json", **HERE)
            assert failed.code == 1
            assert json.loads(failed.out)["status"] == 500
            return [(one.json["type"], one.json["data"], one.verified_by(secret)) for one in receiver.got] + [webhook]

    *got, webhook = asyncio.run(scene())
    assert got == [("webhook.test", {"webhookId": webhook}, True)] * 2
    assert json.loads(shell.done("webhook", "list", "--org", org, "--json").out)[0]["id"] == webhook


def test_what_is_no_webhook_is_told(shell: Shell) -> None:
    """With the way to find one."""
    shell.organization()
    assert "There is no webhook" in shell.done("webhook", "list").out
    for given in ("x", "webhook_00000000000000000000000000"):
        failed = shell.run("webhook", "test", given)
        assert failed.code == 1
        assert "onefold webhook list" in failed.err
    assert "no organization's id" in shell.run("webhook", "list", "--org", "x").err
