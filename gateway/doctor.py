"""`onefold doctor`: every check in its order, on whatever ONEFOLD_DATABASE_URL points at."""

import asyncio
import os
import platform
from collections.abc import Callable
from pathlib import Path

from db.findings import Finding, fine
from db.postgres_checkup import server_findings
from db.sqlite_checkup import file_findings, library_finding
from gateway.clock import system_clock
from gateway.database import open_database
from gateway.place_checks import clock_finding, key_finding, lock_findings, place_findings
from gateway.settings import Settings

QUICK_SECONDS = 10.0  # reading a file of some 2 GB through


def examine(
    settings: Settings, path: Path | None, *, deep: bool, tick: Callable[[], None] = lambda: None
) -> list[Finding]:
    """All findings. `path`: the file of a SQLite database; `deep`: read it through, however long that takes."""
    findings = [fine("Python", platform.python_version())]  # an older one does not install onefold
    if path is None:
        findings += asyncio.run(_ask_server(settings))
    else:
        findings += [library_finding(), *place_findings(path)]
        if path.is_file() and os.access(path, os.R_OK):
            # The lock first: a look into a locked file would only say that it is.
            findings.append(lock_findings(path))
            findings += file_findings(path, seconds=None if deep else QUICK_SECONDS, tick=tick)
            findings.append(clock_finding(path))
    key = key_finding(Path(settings.demo_key_file))
    return findings if key is None else [*findings, key]


async def _ask_server(settings: Settings) -> list[Finding]:
    database = open_database(settings)
    try:
        return await server_findings(database, system_clock)
    finally:
        await database.close()
