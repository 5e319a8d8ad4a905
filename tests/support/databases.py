"""Fresh, migrated databases for each test: copies of a template that is migrated once."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from db.engine import Database
from gateway.upgrading import upgrade
from tests.support.postgres import PostgresServer

TEMPLATE = "onefold_template"


def make_sqlite_template(folder: Path) -> Path:
    """A migrated file to copy."""
    path = folder / "template.db"
    _run(_migrated(f"sqlite+aiosqlite:///{path}"))
    return path


def make_postgres_template(server: PostgresServer) -> None:
    """A migrated database to copy."""

    async def make() -> None:
        await run_sql(server.admin_url, f"CREATE DATABASE {TEMPLATE}")
        await _migrated(server.url(TEMPLATE))

    _run(make())


def copy_sqlite(template: Path, folder: Path) -> str:
    """The URL of a fresh copy."""
    path = folder / f"{uuid4().hex}.db"
    shutil.copyfile(template, path)
    return f"sqlite+aiosqlite:///{path}"


async def copy_postgres(server: PostgresServer, name: str, template: str = TEMPLATE) -> None:
    """A fresh copy of that name."""
    # By its files. Block by block through the log, which is what a server from 15 on does unasked, costs three times
    # as much, and half of the tests begin with it.
    by_files = "STRATEGY file_copy" if server.version >= 15 else ""
    await run_sql(server.admin_url, f"CREATE DATABASE {name} TEMPLATE {template} {by_files}")


@asynccontextmanager
async def copied_postgres(server: PostgresServer) -> AsyncIterator[str]:
    """The URL of a fresh copy, dropped afterwards."""
    name = f"onefold_{uuid4().hex}"
    await copy_postgres(server, name)
    try:
        yield server.url(name)
    finally:
        await run_sql(server.admin_url, f"DROP DATABASE {name} WITH (FORCE)")


async def run_sql(url: str, statement: str) -> None:
    """One statement outside a transaction."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _migrated(url: str) -> None:
    database = Database(url)
    try:
        await upgrade(database, lambda _: None)
        if database.dialect == "sqlite":  # one file to copy, without a log beside it
            async with database.engine.connect() as connection:
                await connection.exec_driver_sql("COMMIT")
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                await connection.exec_driver_sql("BEGIN")
    finally:
        await database.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a session's fixture is made while a test's loop runs."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
