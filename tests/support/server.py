"""A real `onefold serve` process on a free port, with an organisation and a key, for tests that kill and stop it."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from db.engine import Database
from gateway.clock import system_clock
from gateway.tokens import new_token, token_hash
from resolvers.access import ALL_SCOPES
from resolvers.ids import ORGANIZATION, IdSource, encode_id
from resolvers.organizations import KeyRequest, create_key, create_organization
from tests.support.forks import Forked, start_onefold
from tests.support.forks import run_onefold as _run

_START_SECONDS = 60.0  # a slow machine's; the wait itself ends with the answer


class ServerFailed(Exception):
    """The process ended, or never answered; the message holds what it wrote."""


@dataclass
class Server:
    """One address whose process may be killed and started again; the database and the key stay. `script`: it is started
    by its console script, and not as a fork of what has imported everything already."""

    database_url: str
    port: int
    folder: Path
    env: dict[str, str]
    token: str = ""
    org: str = ""
    process: subprocess.Popen[bytes] | Forked | None = None
    script: bool = False
    _starts: int = field(default=0)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What a request with the key sends."""
        return {"authorization": f"Bearer {self.token}"}

    @property
    def stderr(self) -> str:
        """What all its processes have written so far."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("serve-*.log")))

    @property
    def environment(self) -> dict[str, str]:
        """Of its processes, for a command that a test starts itself."""
        return _environment(self.env)

    def client(self, **options: Any) -> httpx.AsyncClient:
        """A client with the key."""
        options.setdefault("timeout", 30)
        return httpx.AsyncClient(base_url=self.url, headers=self.headers, trust_env=False, **options)

    def onefold(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command on the same database; it must succeed."""
        done = _run(*arguments, cwd=tempfile.gettempdir(), env=self.environment)
        if done.returncode != 0:
            raise ServerFailed(f"onefold {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done

    async def start(self, *, ready: bool = True) -> None:
        """Starts a process. `ready`: returns when /readyz says so, else as soon as it answers /healthz."""
        self._starts += 1
        with (self.folder / f"serve-{self._starts:03}.log").open("wb") as log:
            # Not in the repository: a developer's .env file there is none of ours.
            self.process = start_onefold(
                "serve",
                *("--port", str(self.port)),
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                script=self.script,
            )
        await self.wait_for("/readyz" if ready else "/healthz")

    async def wait_for(self, path: str, status: int = 200) -> None:
        """Returns when the path answers with this status."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=5) as client:
            try:
                async with asyncio.timeout(_START_SECONDS):
                    while not await _answers(client, path, status):
                        if self.process is None or self.process.poll() is not None:
                            raise ServerFailed(self.stderr)
                        await asyncio.sleep(0.02)  # nothing tells another process that a port is open
            except TimeoutError:
                raise ServerFailed(f"{path} never answered {status}: {self.stderr}") from None

    async def kill(self) -> None:
        """SIGKILL, and waits for the end."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM, and waits for the end; the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = await asyncio.to_thread(self.process.wait, 40)
        self.process = None
        return code


def run_onefold(*arguments: str, script: bool = False, **env: str) -> subprocess.CompletedProcess[str]:
    """One command to its end, with these settings alone."""
    return _run(*arguments, cwd=tempfile.gettempdir(), env=_environment(env), script=script, timeout=60)


@asynccontextmanager
async def running_server(
    database_url: str, *, start: bool = True, script: bool = False, **env: str
) -> AsyncIterator[Server]:
    """A server on a migrated database; `env` are further settings (ONEFOLD_…)."""
    with tempfile.TemporaryDirectory(prefix="onefold-server-") as folder:
        settings = {"ONEFOLD_DATABASE_URL": database_url, "ONEFOLD_RATE_LIMIT": "off", **env}
        server = Server(database_url, free_port(), Path(folder), settings, script=script)
        server.org, server.token = await _make_org_and_key(database_url)
        if start:
            await server.start()
        try:
            yield server
        finally:
            if server.process is not None:
                await server.kill()
        check_log(server)


def check_log(server: Server) -> None:
    """What no line of any server of the whole test run may hold: a key, an address of a person, a statement."""
    held = [line[:300] for line in server.stderr.splitlines() if _SECRETS.search(line)]
    assert held == [], f"a key, an address or a statement in the log: {held[:3]}"


# Every person in these tests has an address of a reserved domain.
_SECRETS = re.compile(r"ofk_\w+|[\w.+-]+@[\w.-]+\.example\b|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM) \w+|Bearer \w+")


async def _make_org_and_key(database_url: str) -> tuple[str, str]:
    """The organisation's id and the token. In this process: a command of its own takes seconds to import everything."""
    database = Database(database_url)
    new_id, token = IdSource(system_clock), new_token()
    hashed = token_hash(token)
    assert hashed is not None
    try:
        org_id = new_id()
        await create_organization(database, org_id, "Test", system_clock())
        request = KeyRequest((org_id,), ALL_SCOPES, "tests")
        await create_key(database, new_id(), hashed, request, system_clock())
        return encode_id(ORGANIZATION, org_id), token
    finally:
        await database.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _answers(client: httpx.AsyncClient, path: str, status: int) -> bool:
    try:
        return (await client.get(path)).status_code == status
    except httpx.TransportError:
        return False


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """Of this process, without its own settings of onefold."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ONEFOLD_")} | settings
