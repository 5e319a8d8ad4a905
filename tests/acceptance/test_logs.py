"""What a real server writes of its requests: whose they are and which, and nothing of what is in them."""

import asyncio
import json
from typing import Any

from tests.support.server import Server, running_server
from tests.support.sockets import open_socket

MAKE = """mutation Planted($input: CreateContactInput!) {
    createContact(input: $input) { contact { id } userErrors { code } } }"""
PERSON = {"name": "Quentin Planted", "email": "quentin@planted.example", "phone": "+49 151 98765432"}


async def test_a_line_says_whose_and_which_and_nothing_of_what(database_url: str) -> None:
    """Over HTTP and WebSocket, of what succeeds and is refused; running_server looks for the rest in every log."""
    async with running_server(database_url) as server, server.client() as client:
        for sent in (PERSON, PERSON | {"email": "no address of Quentin"}):
            await client.post("/graphql", json={"query": MAKE, "variables": {"input": sent}})
        await client.get("/graphql", params={"query": "query Found { contacts(first: 1) { totalCount } }"})
        await client.post("/graphql", json={"query": 'query Broken { nothing(of: "Quentin") }'})
        await client.post("/graphql", json={"query": "{ viewer { name } }", "operationName": "Quentin"})
        async with open_socket(server) as wire:
            payload = {"query": MAKE, "variables": {"input": PERSON}}
            await wire.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            assert json.loads(await wire.recv())["type"] == "next"
        lines = await _lines(server, 5)
    assert [line.get("operation") for line in lines] == ["Planted", "Planted", "Found", "Broken", None]
    assert {line["organization"] for line in lines} == {server.org}
    assert len({line["request_id"] for line in lines}) == 5
    for planted in ("Quentin", "quentin", "98765432", "planted.example"):
        assert planted not in server.stderr


async def _lines(server: Server, number: int) -> list[dict[str, Any]]:
    """The lines of requests to /graphql, once so many are written: after the answers."""
    async with asyncio.timeout(20):
        while True:
            logged = [json.loads(line) for line in server.stderr.splitlines() if line.startswith("{")]
            found = [line for line in logged if line["event"] == "request" and line["path"] == "/graphql"]
            if len(found) >= number:
                return found
            await asyncio.sleep(0.02)
