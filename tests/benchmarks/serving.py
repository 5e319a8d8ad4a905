"""(l) What a request costs through the whole edge: beside bare routes of FastAPI with the same statements, and beside
Strawberry as it is installed. Three real servers on one database, asked in turn over one connection each."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from db.engine import Database
from gateway.upgrading import upgrade
from tests.benchmarks.measure import show
from tests.support.server import Server, free_port, running_server

_CONTACT = "query ($id: ID!) { contact(id: $id) { id name email phone createdAt labels { name } } }"
_PAGE = """{ contacts(first: 100) { nodes { id name email phone labels { name } identifiers { kind value }
    channels { type userId } segments { name } notes(first: 5) { nodes { body } } } } }"""
_MERGE = """mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
    merged { id name } mergedContactIds userErrors { code message } } }"""
_IDS = "query ($after: String) { contacts(first: 100, after: $after) { nodes { id } pageInfo { endCursor } } }"
_SAMPLE = {"contact": 40, "page": 4, "merge": 15}  # requests in a row to one server

Call = Callable[[httpx.AsyncClient], Awaitable[Any]]


@dataclass
class Work:
    """Ids to read again and again, and pairs to be merged, each once."""

    ids: list[str]
    pairs: Iterator[tuple[str, str]]
    _place: int = field(default=0)

    def any_id(self) -> str:
        """The next one, round and round."""
        self._place = (self._place + 1) % len(self.ids)
        return self.ids[self._place]


async def measure_serving(urls: dict[str, str], rounds: int) -> None:
    """In each round every server gets some requests of each kind."""
    rows: list[list[object]] = []
    for name, url in urls.items():
        database = Database(url)
        await upgrade(database, lambda _made: None)
        await database.close()
        async with running_server(url, script=True, ONEFOLD_JOB_WORKERS="0") as server:
            rows += [[name, *row] for row in await _measure(server, rounds)]
    head = ["database", "request", "bare ms", "onefold ms", "x bare", "installed ms", "x bare", "p99 / p50"]
    show("(l) a request, medians", head, rows)


async def _measure(server: Server, rounds: int) -> list[list[object]]:
    async with AsyncExitStack() as stack:
        clients = {"onefold": await stack.enter_async_context(server.client())}
        for what in ("bare", "installed"):
            clients[what] = await stack.enter_async_context(_other(what, server))
        ids = await _contacts(server, 300 + 2 * (rounds + 1) * len(clients) * _SAMPLE["merge"])
        work = Work(ids[:300], zip(ids[300::2], ids[301::2], strict=True))
        times: dict[tuple[str, str], list[float]] = {(kind, what): [] for kind in _SAMPLE for what in clients}
        for number in range(rounds + 1):  # the first one warms up
            for kind, count in _SAMPLE.items():
                for what, client in clients.items():
                    call = _bare(kind, work) if what == "bare" else _graphql(kind, work)
                    found = [await _timed(call, client) for _ in range(count)]
                    times[kind, what] += found if number else []
    return [_row(kind, {what: times[kind, what] for what in clients}) for kind in _SAMPLE]


def _row(kind: str, times: dict[str, list[float]]) -> list[object]:
    median = {what: statistics.median(found) for what, found in times.items()}
    bare, ours, installed = median["bare"], median["onefold"], median["installed"]
    last = statistics.quantiles(times["onefold"], n=100)[98]
    return [kind, bare, ours, ours / bare, installed, installed / bare, last / ours]


async def _timed(call: Call, client: httpx.AsyncClient) -> float:
    begun = time.perf_counter()
    await call(client)
    return (time.perf_counter() - begun) * 1_000


def _bare(kind: str, work: Work) -> Call:
    async def call(client: httpx.AsyncClient) -> Any:
        if kind == "contact":
            answer = await client.get(f"/contact/{work.any_id()}")
        elif kind == "page":
            answer = await client.get("/page")
        else:
            answer = await client.post("/merge", json=dict(zip(("primary", "source"), next(work.pairs), strict=True)))
        return answer.raise_for_status()

    return call


def _graphql(kind: str, work: Work) -> Call:
    async def call(client: httpx.AsyncClient) -> Any:
        if kind == "contact":
            return await _ask(client, _CONTACT, id=work.any_id())
        if kind == "page":
            return await _ask(client, _PAGE)
        primary, source = next(work.pairs)
        done = await _ask(client, _MERGE, input={"primaryContactId": primary, "sourceContactIds": [source]})
        assert done["mergeContacts"]["mergedContactIds"] == [source], done
        return done

    return call


async def _ask(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    if answer.get("errors"):
        raise RuntimeError(str(answer["errors"]))
    found: dict[str, Any] = answer["data"]
    return found


async def _contacts(server: Server, number: int) -> list[str]:
    """With two labels, two segments, a channel, a note and two identifiers each, imported."""
    file = server.folder / "people.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for place in range(number) for line in _lines(place)))
    await asyncio.to_thread(server.onefold, "import", str(file), "--org", server.org)
    ids: list[str] = []
    after = None
    async with server.client() as client:
        while len(ids) < number:
            page = (await _ask(client, _IDS, after=after))["contacts"]
            ids += [node["id"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
    return ids


def _lines(place: int) -> Iterator[dict[str, Any]]:
    ref = str(place)
    yield {
        "ref": ref,
        "name": f"Person {place}",
        "email": f"person{place}@bench.example.com",
        "phone": f"+4915112{place:06d}",
    }
    yield {"type": "label", "contactRef": ref, "ref": f"l{place}", "names": ["vip", f"group {place % 20}"]}
    yield {"type": "segment", "contactRef": ref, "ref": f"s{place}", "names": ["trial", f"wave {place % 20}"]}
    channel = {"type": "WHATSAPP", "userId": f"wa-{place}"}
    yield {"type": "channel", "contactRef": ref, "ref": f"c{place}", "channel": channel}
    yield {"type": "note", "contactRef": ref, "ref": f"n{place}", "body": "Called back."}


@asynccontextmanager
async def _other(what: str, server: Server) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.bare_app", what, server.database_url, str(port)]
    process = subprocess.Popen(command, env=server.environment)  # noqa: ASYNC220 - a moment, and nothing else runs
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=server.headers, trust_env=False, timeout=30
        ) as client:
            await _answering(client, process)
            yield client
    finally:
        process.kill()
        process.wait()


async def _answering(client: httpx.AsyncClient, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(60):
        while process.poll() is None:
            try:
                await client.get("/nothing")
            except httpx.TransportError:
                await asyncio.sleep(0.05)  # nothing tells that its port is open
            else:
                return
    raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
