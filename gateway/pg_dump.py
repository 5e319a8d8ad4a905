"""PostgreSQL's own pg_dump, told where the database is by its environment alone: everybody sees arguments."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from db.backup import BackupFailed


def dump_postgresql(database_url: str, target: Path, *, shown: Path) -> None:
    """Fills `target` in pg_dump's custom format, and reads its table of contents. Raises BackupFailed, which names the
    command to run by hand, into the file `shown`, where there is no pg_dump."""
    url = make_url(database_url)
    dump, restore = shutil.which("pg_dump"), shutil.which("pg_restore")
    if dump is None or restore is None:
        raise BackupFailed(
            "pg_dump is not on PATH. Install PostgreSQL's client programs (package postgresql-client), or run where "
            f"they are: {command_for(url, shown)}"
        )
    secret = url.password or ""
    _call([dump, "--format=custom", "--no-password", f"--file={target}"], {**os.environ, **environment(url)}, secret)
    _call([restore, "--list", str(target)], dict(os.environ), secret)


def environment(url: URL) -> dict[str, str]:
    """libpq's variables for this address."""
    found = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
        "PGSSLMODE": str(url.query["ssl"]) if "ssl" in url.query else None,
    }
    return {name: value for name, value in found.items() if value}


def command_for(url: URL, target: Path) -> str:
    """What to type, without the password."""
    settings = " ".join(
        f"{name}={shlex.quote(value)}" for name, value in environment(url).items() if "PASS" not in name
    )
    return f"{settings} pg_dump --format=custom --file={shlex.quote(str(target))}  (it asks for the password)"


def _call(command: list[str], env: dict[str, str], secret: str) -> None:
    done = subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)  # noqa: S603 - a list, found on PATH
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit {done.returncode}"
        said = said.replace(secret, "…") if secret else said
        raise BackupFailed(f"{Path(command[0]).name} failed: {said[:500]} See: onefold doctor")
