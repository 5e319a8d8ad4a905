"""A receiver of webhooks: a real server on this machine that keeps what it gets and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from standardwebhooks.webhooks import Webhook

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def status(code: int, *headers: str) -> bytes:
    """An answer with this status and nothing else."""
    lines = [f"HTTP/1.1 {code} Said", *headers, "content-length: 0"]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def event(self) -> str:
        """The event's id, which every attempt has."""
        return self.headers["webhook-id"]

    def verified_by(self, secret: str) -> bool:
        """What the reference library of the specification says, as a receiver would ask it."""
        with suppress(Exception):  # it raises for whatever is wrong
            return bool(Webhook(secret).verify(self.body, self.headers))
        return False


@dataclass
class Receiver:
    """What was received so far. `answer`: the answer to a request; None: none, for as long as the sender waits."""

    url: str = ""
    got: list[Received] = field(default_factory=list)
    answer: Callable[[Received], bytes | None] = lambda _: OK
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    open: int = 0

    async def until(self, number: int) -> list[Received]:
        """All requests, once there are so many."""
        async with asyncio.timeout(60):
            while len(self.got) < number:
                self.changed.clear()
                await self.changed.wait()
        return self.got

    async def all_closed(self) -> None:
        """Returns once no connection is open."""
        async with asyncio.timeout(60):
            while self.open:
                self.changed.clear()
                await self.changed.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            while request := await _read(reader):
                self.got.append(request)
                said = self.answer(request)
                self.changed.set()
                if said is None:
                    await reader.read()  # until the sender has had enough
                    break
                writer.write(said)
                await writer.drain()
                if b"endless" in said:
                    while True:
                        writer.write(b"x" * 65_536)
                        await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            self.changed.set()
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Received(first.split()[1], headers, body)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
