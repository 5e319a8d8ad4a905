"""A real server that serves the demo, as `make run` starts it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import Server, running_server


@dataclass(frozen=True)
class Demo:
    """The server, its base URL, and the key that `onefold demo` printed."""

    server: Server
    token: str
    contacts: int

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return self.server.url

    @property
    def headers(self) -> dict[str, str]:
        """What a request with the demo key sends."""
        return {"Authorization": f"Bearer {self.token}"}


@asynccontextmanager
async def serving_demo(database_url: str, folder: Path) -> AsyncIterator[Demo]:
    """`onefold demo`, then `onefold serve`."""
    key_file = folder / "demo.key"
    async with running_server(database_url, start=False, ONEFOLD_DEMO_KEY_FILE=str(key_file)) as server:
        made = json.loads(server.onefold("demo", "--json").stdout)
        assert key_file.read_text() == f"{made['token']}\n"
        await server.start()
        yield Demo(server, made["token"], made["contacts"])
