"""Many clients that merge, undo and edit the same few contacts of a real server over HTTP.

Every edit writes an attribute key of its own, so that a lost update can be seen afterwards: the key must stand on the
contact that acknowledged it, or on whoever that leads to now.
"""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.server import Server

MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    merge { id } mergedContactIds userErrors { code } } }"""
UNDO = "mutation ($input: UndoMergeInput!) { undoMerge(input: $input) { restored { id } userErrors { code } } }"
EDIT = "mutation ($input: UpdateContactInput!) { updateContact(input: $input) { contact { id } userErrors { code } } }"
MAKE = """mutation ($input: ImportContactsInput!) { importContacts(input: $input) {
    results { contact { id } userErrors { code message } } } }"""
LOOK = 'resolveContact(id: "%s") { status contact { id customAttributes mergedContactIds } }'
EXPECTED = {"ALREADY_MERGED", "NOT_UNDOABLE"}


@dataclass
class Told:
    """What the server acknowledged: `keys` are (contact, attribute key) of edits; milliseconds of every answer."""

    ids: list[str]
    keys: list[tuple[str, str]] = field(default_factory=list)
    merges: list[tuple[str, list[str]]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[Any] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


@dataclass
class Client:
    """One of them: does one act after the other until it has done enough or the server is gone."""

    http: httpx.AsyncClient
    told: Told
    name: str
    chance: random.Random

    async def run(self, acts: int) -> None:
        """So many acts. A connection that breaks ends it: nothing was acknowledged then."""
        for number in range(acts):
            act = self.chance.choice([self._merge, self._undo, self._edit, self._edit])
            try:
                await act(number)
            except httpx.TransportError:
                return

    async def _ask(self, name: str, query: str, given: dict[str, Any]) -> dict[str, Any] | None:
        begun = time.perf_counter()
        answer = await self.http.post("/graphql", json={"query": query, "variables": {"input": given}})
        self.told.ms.append((time.perf_counter() - begun) * 1000)
        body = answer.json()
        payload = (body.get("data") or {}).get(name)
        if answer.status_code != 200 or "errors" in body or payload is None:
            self.told.faults.append(body)
            return None
        codes = [error["code"] for error in payload["userErrors"]]
        self.told.refused.update(codes)
        if codes:
            return None
        self.told.done[name] += 1
        found: dict[str, Any] = payload
        return found

    async def _merge(self, _: int) -> None:
        primary, *sources = self.chance.sample(self.told.ids, self.chance.choice([2, 3]))
        given = {"primaryContactId": primary, "sourceContactIds": sources}
        if (done := await self._ask("mergeContacts", MERGE, given)) is not None:
            self.told.merges.append((done["merge"]["id"], done["mergedContactIds"]))

    async def _undo(self, number: int) -> None:
        if not self.told.merges:
            return await self._edit(number)
        merge, sources = self.chance.choice(self.told.merges[-20:])
        some = self.chance.choice([None, sources[:1]])
        await self._ask("undoMerge", UNDO, {"mergeId": merge, "sourceContactIds": some})
        return None

    async def _edit(self, number: int) -> None:
        contact, key = self.chance.choice(self.told.ids), f"{self.name}-{number}"
        given = {"id": contact, "customAttributes": {key: number}}
        if await self._ask("updateContact", EDIT, given) is not None:
            self.told.keys.append((contact, key))


async def make_contacts(server: Server, number: int) -> list[str]:
    """The ids of new contacts."""
    async with server.client() as http:
        rows = [{"name": f"Person {index}"} for index in range(number)]
        answer = await http.post("/graphql", json={"query": MAKE, "variables": {"input": {"contacts": rows}}})
    return [result["contact"]["id"] for result in answer.json()["data"]["importContacts"]["results"]]


async def storm(server: Server, ids: list[str], *, clients: int, acts: int, seed: int) -> Told:
    """All clients at once, each with a connection of its own."""
    told = Told(ids)
    limits = httpx.Limits(max_connections=clients)
    async with server.client(limits=limits, timeout=60) as http:
        callers = [Client(http, told, f"{seed}-{n}", random.Random(seed * 1_000 + n)) for n in range(clients)]
        await asyncio.gather(*(caller.run(acts) for caller in callers))
    return told


async def check_storm(server: Server, told: Told) -> None:
    """Every contact lives or leads to one that lives, and every acknowledged edit is there."""
    found: dict[str, dict[str, Any]] = {}
    async with server.client() as http:
        for start in range(0, len(told.ids), 20):
            asked = " ".join(f"c{n}: {LOOK % contact}" for n, contact in enumerate(told.ids[start : start + 20]))
            answer = (await http.post("/graphql", json={"query": f"{{ {asked} }}"})).json()
            assert "errors" not in answer, answer
            for n, contact in enumerate(told.ids[start : start + 20]):
                found[contact] = answer["data"][f"c{n}"]
    for contact, resolved in found.items():
        led = resolved["contact"]["id"]
        assert resolved["status"] == ("ACTIVE" if led == contact else "MERGED")
        assert found[led]["status"] == "ACTIVE", "an id leads to somebody who lives"
        assert led == contact or contact in resolved["contact"]["mergedContactIds"]
    lost = [(c, key) for c, key in told.keys if key not in found[c]["contact"]["customAttributes"]]
    assert lost == [], "an acknowledged edit is gone"
