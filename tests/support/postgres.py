"""A real PostgreSQL server for the tests, from the machine's binaries, on a free loopback port."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c max_wal_size=128MB"
_ROOM = 2_000_000_000


class PostgresMissing(Exception):
    """No binaries: the message says how to get them."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `url` is asyncpg's for SQLAlchemy, `admin_url` asyncpg's own for the database `postgres`."""

    port: int
    folder: Path

    @property
    def version(self) -> int:
        """The major one."""
        return int((self.folder / "data" / "PG_VERSION").read_text())

    def url(self, database: str) -> str:
        """For `Database` and ONEFOLD_DATABASE_URL."""
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def admin_url(self) -> str:
        """For asyncpg.connect."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"


def binaries() -> Path:
    """The folder of initdb and pg_ctl."""
    places = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "pg_ctl").exists():
            return place
    raise PostgresMissing(
        "The tests need a PostgreSQL server's programs (initdb, pg_ctl). Install them: "
        "apt-get install postgresql, brew install postgresql@15, or put them on PATH."
    )


@contextmanager
def running_postgres(options: str = _FAST) -> Iterator[PostgresServer]:
    """A new cluster in a folder of its own, gone afterwards. PostgreSQL does not run as root: then as `postgres`."""
    place = binaries()
    folder = Path(tempfile.mkdtemp(prefix="onefold-pg-", dir=_place()))
    user = _owner(folder)
    data = folder / "data"
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}

    def call(*command: str) -> None:
        done = subprocess.run(
            command, user=user, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")

    call(str(place / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
    port = _free_port()
    start = f"-p {port} -k {folder} -h 127.0.0.1 {options}"
    # The server must not inherit our pipes, or pg_ctl would wait for them for ever.
    call(str(place / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-o", start, "-w", "-t", "60", "start")
    try:
        yield PostgresServer(port, folder)
    finally:
        call(str(place / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _place() -> Path:
    """A short path, as it holds the socket. In memory where there is room: each database of a test is 300 files, which
    are made and deleted in half the time."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else Path("/tmp")


def _owner(folder: Path) -> int | None:
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("postgres" if _exists("postgres") else "nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return account.pw_uid


def _exists(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
