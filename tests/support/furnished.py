"""An organisation with one of everything, made through a server, for tests that then throw things at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from db.engine import Database
from gateway.clock import system_clock
from resolvers.ids import CONTACT, IdSource, encode_id
from tests.support.server import Server, running_server
from tests.support.state import dump

_MERGE = "merged { id } merge { id }"


@asynccontextmanager
async def serving_house(database_url: str, seconds: float) -> AsyncIterator["House"]:
    """A furnished house behind a server of its own, where nothing but requests changes the state, and none of them is
    refused for coming too soon. Its client waits so long for an answer and no longer."""
    async with (
        running_server(
            database_url, ONEFOLD_JOB_WORKERS="0", ONEFOLD_WEBHOOK_DELIVERY="false", ONEFOLD_RATE_LIMIT="off"
        ) as server,
        server.client(timeout=seconds) as client,
    ):
        house = House(server, client)
        await house.furnish()
        yield house
        assert "Traceback" not in server.stderr


class House:
    """The client of one organisation, the ids that it has, and the state of its database."""

    def __init__(self, server: Server, client: httpx.AsyncClient) -> None:
        self.server = server
        self.client = client
        self.ids: dict[str, list[str]] = {"organization": [server.org]}

    async def act(self, name: str, fields: str, /, **values: Any) -> dict[str, Any]:
        """The payload of a mutation that must succeed."""
        kind = f"{name[0].upper()}{name[1:]}Input"
        query = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {fields} userErrors {{ code message }} }} }}"
        answer = await self.client.post("/graphql", json={"query": query, "variables": {"input": values}})
        payload: dict[str, Any] = answer.json()["data"][name]
        assert payload["userErrors"] == [], payload
        return payload

    async def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, read past the server."""
        database = Database(self.server.database_url)
        try:
            return await dump(database)
        finally:
            await database.close()

    async def furnish(self) -> None:
        """Contacts in every state, and one of everything that hangs on them; fills `ids`, by kind."""
        made = [
            await self.act("createContact", "contact { id }", name=name, email="ann@lee.example") for name in "ABCD"
        ]
        living, other, merged, erased = contacts = [str(payload["contact"]["id"]) for payload in made]
        conversations = [
            (await self.act("createConversation", "conversation { id }", contactId=one))["conversation"]["id"]
            for one in (living, living, other)
        ]
        here = {"contactId": living}
        note = await self.act("addNote", "note { id }", **here, body="Tea")
        call = await self.act("logCall", "call { id }", **here, direction="INBOUND", startedAt="2026-01-31T12:00:00Z")
        channel = await self.act("addChannel", "channel { id }", **here, channel={"type": "API", "username": "a"})
        await self.act("addInbox", "contact { id }", **here, sourceId="s", inbox={"name": "Shop"})
        fields = "contact { identifiers { id } labels { id } segments { id } inboxes { inbox { id } } }"
        await self.act("setLabels", "contact { id }", **here, names=["vip"])
        last = (await self.act("setSegments", fields, **here, names=["trial"]))["contact"]
        merges = [
            await self.act("mergeContacts", _MERGE, primaryContactId=other, sourceContactIds=[merged]),
            await self.act(
                "mergeConversations",
                _MERGE,
                primaryConversationId=conversations[0],
                sourceConversationIds=[conversations[1]],
            ),
        ]
        await self.act("deleteContact", "deletedContactIds", id=erased)
        webhook = await self.act(
            "createWebhook", "webhook { id }", url="https://a.example/h", topics=["contact.merged"]
        )
        groups = [{"primaryContactId": living, "sourceContactIds": [other]}]
        job = await self.act("mergeContactsInBulk", "job { id }", groups=groups)
        self.ids |= {
            "contact": [*contacts, encode_id(CONTACT, IdSource(system_clock)())],
            "conversation": conversations,
            "merge": [payload["merge"]["id"] for payload in merges],
            "note": [note["note"]["id"]],
            "call": [call["call"]["id"]],
            "channel": [channel["channel"]["id"]],
            "identifier": [one["id"] for one in last["identifiers"]],
            "label": [one["id"] for one in last["labels"]],
            "segment": [one["id"] for one in last["segments"]],
            "inbox": [one["inbox"]["id"] for one in last["inboxes"]],
            "webhook": [webhook["webhook"]["id"]],
            "job": [job["job"]["id"]],
        }
