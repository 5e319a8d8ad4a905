"""What `onefold doctor` asks a PostgreSQL server: only SELECT and SHOW. No sentence holds the password."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.findings import Finding, failure, fine, warning
from db.standing import judge_standing

OLDEST = 130_000  # PostgreSQL 13, as server_version_num has it
_EXTENSIONS = ("pg_trgm", "btree_gin")
_ASKED = text("""SELECT
    current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
    current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS replica,
    current_setting('default_transaction_read_only') AS read_only,
    current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('max_connections')::int AS connections,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
    has_database_privilege(current_database(), 'CREATE') AS may_create, clock_timestamp() AS now""")
_AVAILABLE = text("SELECT name, installed_version FROM pg_available_extensions WHERE name IN ('pg_trgm', 'btree_gin')")
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false))")
_WAITING = text("""SELECT pid, extract(epoch FROM clock_timestamp() - query_start)::float AS seconds,
    (pg_blocking_pids(pid))[1] AS holder FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' ORDER BY query_start LIMIT 1""")
_LONG_WAIT = 5.0  # seconds
_CLOCK_WARN, _CLOCK_FAIL = 5.0, 300.0  # seconds


async def server_findings(database: Database, clock: Callable[[], datetime]) -> list[Finding]:
    """Whether the server answers, is new enough and set up as onefold needs it; then where the database stands."""
    try:
        async with database.engine.connect() as connection:
            return await _findings(connection, database, clock)
    except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        return [_unreachable(database, error)]


async def _findings(connection: AsyncConnection, database: Database, clock: Callable[[], datetime]) -> list[Finding]:
    server = (await connection.execute(_ASKED)).one()
    now = clock()
    installed = {row.name: row.installed_version for row in await connection.execute(_AVAILABLE)}
    tables = {row.tablename for row in await connection.execute(_TABLES)}
    revision = None
    if "alembic_version" in tables:
        row = (await connection.execute(text("SELECT version_num FROM alembic_version"))).first()
        revision = row[0] if row else None
    waiting = (await connection.execute(_WAITING)).first()
    return [
        fine("database", f"{_place(database)} answers."),
        _version(server),
        _writable(server),
        *_extensions(installed, server.may_create),
        judge_standing(revision, tables - {"alembic_version"}),
        _locks(waiting),
        *_durability(server),
        _room(server, database.options.pool_size),
        _clocks((now - server.now).total_seconds()),
    ]


def _place(database: Database) -> str:
    url = database.url
    return f"PostgreSQL at {url.host or 'localhost'}:{url.port or 5432}, database {url.database or url.username}"


def _version(server: Any) -> Finding:
    check = "PostgreSQL"
    if server.number < OLDEST:
        return failure(check, f"{server.version} is too old.", f"Use PostgreSQL {OLDEST // 10_000} or newer.")
    if server.encoding != "UTF8":
        return failure(check, f"The database's encoding is {server.encoding}.", "Make it anew: createdb -E UTF8 …")
    return fine(check, f"{server.version}, UTF8.")


def _writable(server: Any) -> Finding:
    check = "writing"
    if server.replica:
        return failure(check, "The server is a replica, which takes no writes.", "Name the primary server.")
    if server.read_only == "on":
        cure = "Set default_transaction_read_only to off for this database and role."
        return failure(check, "Transactions are read-only.", cure)
    return fine(check, "The server takes writes.")


def _extensions(installed: dict[str, str | None], may_create: bool) -> Iterator[Finding]:
    for name in _EXTENSIONS:
        check = f"extension {name}"
        if name not in installed:
            cure = "Install PostgreSQL's contrib modules on the server (package postgresql-contrib)."
            yield failure(check, "The server does not have it.", cure)
        elif installed[name]:
            yield fine(check, f"Installed ({installed[name]}).")
        elif may_create:
            yield fine(check, "Not installed yet; onefold migrate does it.")
        else:
            yield failure(check, "Not installed, and this role may not.", f"As the owner: CREATE EXTENSION {name};")


def _locks(waiting: Any) -> Finding:
    check = "write lock"
    if waiting is None or waiting.seconds < _LONG_WAIT:
        return fine(check, "Nobody waits for long.")
    seen = f"Process {waiting.pid} has waited {waiting.seconds:.0f} s for a lock that process {waiting.holder} holds."
    cure = f"See what it does in pg_stat_activity; end it: SELECT pg_terminate_backend({waiting.holder});"
    return warning(check, seen, cure)


def _durability(server: Any) -> Iterator[Finding]:
    for name, value in (("fsync", server.fsync), ("synchronous_commit", server.synchronous_commit)):
        if value == "off":
            cure = f"Set {name} to on: with it off, an answered merge may be gone after a crash."
            yield warning(name, "off", cure)
        else:
            yield fine(name, f"{value}: an answered merge is on disk.")


def _room(server: Any, pool_size: int) -> Finding:
    check, free = "connections", server.connections - server.used
    seen = f"{server.used} of {server.connections} in use; one process here takes up to {pool_size}."
    if free < pool_size:
        return warning(check, seen, "Raise max_connections, or lower ONEFOLD_DATABASE_POOL_SIZE.")
    return fine(check, seen)


def _clocks(ahead: float) -> Finding:
    check, seen = "clock", f"This machine's is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} the server's."
    cure = "Let both machines keep time by NTP."
    if abs(ahead) > _CLOCK_FAIL:
        return failure(check, seen, cure)
    return warning(check, seen, cure) if abs(ahead) > _CLOCK_WARN else fine(check, seen)


def _unreachable(database: Database, error: BaseException) -> Finding:
    """Why not, in our own words: a driver's may quote the address."""
    check, url, state = "database", database.url, _sqlstate(error)
    if state in ("28P01", "28000"):
        seen = f"{_place(database)}: the server refuses user {url.username} with this password."
        return failure(check, seen, "Check user and password in ONEFOLD_DATABASE_URL, and the server's pg_hba.conf.")
    if state == "3D000":
        seen = f"{_place(database)}: there is no such database."
        return failure(check, seen, f"Make it: createdb {url.database or url.username}, then: onefold migrate")
    if state == "53300":
        seen = f"{_place(database)}: the server has no connection left."
        return failure(check, seen, "Raise max_connections, or stop what holds them.")
    if state is not None:
        cure = "Look into the server's log."
        return failure(check, f"{_place(database)}: the server says no (SQLSTATE {state}).", cure)
    seen = f"{_place(database)}: no answer ({type(error).__name__})."
    return failure(check, seen, "Start the server; check host and port in ONEFOLD_DATABASE_URL, and any firewall.")


def _sqlstate(error: BaseException | None) -> str | None:
    while error is not None:
        state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
        if state:
            return str(state)
        error = error.__cause__
    return None
