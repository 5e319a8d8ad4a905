"""The receivers of docs/webhooks.md, in Python and in TypeScript, with a real server that delivers to them."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.test_workers import ask
from tests.peers.conftest import HERE
from tests.support.server import Server, free_port, running_server

TOPICS = ["contact.merged", "contact.merge_undone", "contact.erased"]
HOOK = """mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) {
    webhook { id } secret userErrors { message } } }"""
MAKE = """mutation ($input: ImportContactsInput!) { importContacts(input: $input) { results { contact { id } } } }"""
MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) { merge { id } } }"""
UNDO = "mutation ($id: ID!) { undoMerge(input: {mergeId: $id}) { userErrors { message } } }"
ERASE = "mutation ($id: ID!) { deleteContact(input: {id: $id}) { deletedContactIds } }"
LOG = "query ($id: ID!) { webhookDeliveries(webhookId: $id) { nodes { id number attempt status } } }"
AGAIN = "mutation ($id: ID!) { redeliverWebhook(input: {deliveryId: $id}) { userErrors { message } } }"
Command = tuple[tuple[str, ...], Path]
Hooked = tuple[Server, httpx.AsyncClient, str]  # onefold, the receiver, the webhook's id


@pytest.fixture
def python_receiver() -> Command:
    """uvicorn, as its head says."""
    return (sys.executable, "-m", "uvicorn", "webhook_receiver:app", "--log-level", "warning"), HERE / "clients"


@pytest.fixture
def node_receiver(node: str, built: Path) -> Command:
    """What tsc --strict made of it."""
    return (node, "built/clients/webhook-receiver.js"), built


@asynccontextmanager
async def hooked(
    database_url: str, command: Command, folder: Path
) -> AsyncIterator[tuple[Server, httpx.AsyncClient, str]]:
    """(onefold, the receiver, the webhook's id)."""
    here: dict[str, Any] = {"ONEFOLD_WEBHOOK_ALLOW_PRIVATE": "true"}
    port = free_port()
    async with running_server(database_url, **here) as server:
        made = await ask(server, HOOK, input={"url": f"http://127.0.0.1:{port}/onefold", "topics": TOPICS})
        with _started(command, port, made["secret"], folder):
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
                await _answering(client)
                yield server, client, made["webhook"]["id"]


@contextmanager
def _started(command: Command, port: int, secret: str, folder: Path) -> Iterator[None]:
    words, where = command
    if "uvicorn" in words:
        words = (*words, "--port", str(port))
    env = {
        "WEBHOOK_SECRET": secret,
        "PORT": str(port),
        "CUSTOMERS": str(folder / "customers.db"),
        "PATH": "/usr/bin:/bin",
    }
    process = subprocess.Popen(words, cwd=where, env=env)
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def _answering(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await client.get("/customers")
            except httpx.TransportError:
                await asyncio.sleep(0.05)  # nothing tells another process that a port is open
            else:
                return


async def _until(client: httpx.AsyncClient, expected: dict[str, str]) -> None:
    """Returns once the customers lead there."""
    found = None
    try:
        async with asyncio.timeout(60):
            while True:
                found = (await client.get("/customers")).json()
                if found == expected:
                    return
                await asyncio.sleep(0.05)  # a delivery tells the receiver alone
    except TimeoutError:
        raise AssertionError(f"{found} instead of {expected}") from None


async def _log(server: Server, webhook: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ask(server, LOG, id=webhook))["nodes"]
    return found[::-1]


@pytest.mark.parametrize("receiver", ["python_receiver", "node_receiver"])
async def test_a_receiver_never_holds_a_dead_id(
    database_url: str, receiver: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Merges at two depths, an undo, a repeat, a forgery, an erasure: each customer leads to a living contact."""
    command: Command = request.getfixturevalue(receiver)
    async with hooked(database_url, command, tmp_path) as (server, client, webhook):
        made = await ask(server, MAKE, input={"contacts": [{"name": name} for name in "ABC"]})
        a, b, c = ids = [one["contact"]["id"] for one in made["results"]]
        for name, contact in zip("ABC", ids, strict=True):
            await client.post("/customers", json={"name": name, "id": contact})
        await ask(server, MERGE, input={"primaryContactId": b, "sourceContactIds": [c]})
        merge = (await ask(server, MERGE, input={"primaryContactId": a, "sourceContactIds": [b]}))["merge"]["id"]
        await _until(client, {"A": a, "B": a, "C": a})
        await ask(server, UNDO, id=merge)
        await _until(client, {"A": a, "B": b, "C": b})
        await _repeated(server, webhook)
        forged = {"type": "contact.merged", "data": {"contactId": "x", "mergedContactIds": ids}}
        now = str(int(time.time()))
        headers = {"webhook-id": "event_x", "webhook-timestamp": now, "webhook-signature": "v1,eHg="}
        assert (await client.post("/onefold", json=forged, headers=headers)).status_code == 401
        await _until(client, {"A": a, "B": b, "C": b})
        await ask(server, ERASE, id=b)
        await _until(client, {"A": a})


async def _repeated(server: Server, webhook: str) -> None:
    """Sends the second merge once more: who does not ignore it points at the wrong contact again."""
    second = (await _log(server, webhook))[1]
    await ask(server, AGAIN, id=second["id"])
    async with asyncio.timeout(60):
        while True:
            now = (await _log(server, webhook))[1]
            if now["status"] == "DELIVERED" and now["attempt"] > second["attempt"]:
                return
            await asyncio.sleep(0.05)  # the log is asked, as a person would
