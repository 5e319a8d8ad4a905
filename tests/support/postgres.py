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
    options: str = ""

    def stop(self, mode: str = "fast") -> None:
        """`fast`: every connection is broken, what is under way is rolled back; `immediate`: as if it had crashed."""
        self.control("-m", mode, "stop")

    def start(self) -> None:
        """Again, on the same port and data; returns when it answers."""
        # The server must not inherit our pipes, or pg_ctl would wait for them for ever.
        self.control("-l", str(self.folder / "log"), "-o", self.options, "-t", "60", "start")

    def control(self, *arguments: str) -> None:
        """pg_ctl, to its end."""
        _call(self.folder, str(binaries() / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *arguments)

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
def running_postgres(options: str = _FAST, folder: Path | None = None) -> Iterator[PostgresServer]:
    """A new cluster in a folder of its own, gone afterwards. PostgreSQL does not run as root: then as `postgres`."""
    folder = folder or Path(tempfile.mkdtemp(prefix="onefold-pg-", dir=_place()))
    if (user := _user()) is not None:
        os.chown(folder, user, user)
    data = str(folder / "data")
    _call(folder, str(binaries() / "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
    port = _free_port()
    server = PostgresServer(port, folder, f"-p {port} -k {folder} -h 127.0.0.1 {options}")
    server.start()
    try:
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


def _call(folder: Path, *command: str) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, user=_user(), env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def _place() -> Path:
    """A short path, as it holds the socket. In memory where there is room: each database of a test is 300 files, which
    are made and deleted in half the time."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else Path("/tmp")


def _user() -> int | None:
    return pwd.getpwnam("postgres" if _exists("postgres") else "nobody").pw_uid if os.geteuid() == 0 else None


def _exists(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
