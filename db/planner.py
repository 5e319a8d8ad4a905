"""What planners know of the sizes of tables.

SQLite's is told, instead of what it would guess. Without statistics it takes the first column of an index for
selective. Ours is the organisation, which may be all there is: it would read through an organisation to find one
contact. These say that the organisation is a tenth of a table and that the columns after it find a row or two. They are
the same on every database, so plans are too.

PostgreSQL's gathers its own, by autovacuum, a minute after a table was filled. Until then the check of a foreign key
keeps the plan that it made for an empty table, where every index costs the same: it may read through an organisation to
find one contact, for each row that is written. So who writes much at once asks for statistics, which also makes every
session plan anew.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database, Transaction

_ROWS = 1_000_000
_AN_ORGANIZATION = 100_000
_TABLES = """SELECT name FROM sqlite_schema WHERE type = 'table'
    AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'contact_search%'"""

# Tables of more than four times the pages that they had at the last look; one that had none counts as one of eight.
_REFRESH = text("""
    DO $$
    DECLARE grown regclass;
    BEGIN
        FOR grown IN
            SELECT oid FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
            AND pg_relation_size(oid) > 4 * current_setting('block_size')::bigint * (relpages + 8)
        LOOP
            EXECUTE format('ANALYZE (SKIP_LOCKED) %s', grown);
        END LOOP;
    END $$""")


async def refresh_statistics(db: Database) -> None:
    """Looks anew at tables that have grown much since PostgreSQL last looked. After a large write, in a transaction of
    its own; nothing on SQLite."""
    if db.dialect == "postgresql":
        await db.write(_refresh)


def refresh_statistics_later(db: Database) -> None:
    """The same in the background, when a caller waits for the answer."""
    if db.dialect == "postgresql":
        db.write_later(_refresh)


async def _refresh(tx: Transaction) -> None:
    await tx.run(_REFRESH)


async def teach_planner(connection: AsyncConnection) -> None:
    """Writes the statistics anew, in the transaction of the migrations. New connections read them."""
    await connection.exec_driver_sql("ANALYZE alembic_version")  # makes sqlite_stat1, from a table of one row
    await connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for (table,) in await _rows(connection, _TABLES):
        for _, index, unique, origin, _ in await _rows(connection, f"PRAGMA index_list({table})"):
            columns = [row[2] for row in await _rows(connection, f"PRAGMA index_info({index})")]
            # The primary key of a table WITHOUT ROWID goes by the table's own name.
            for name in {index, table} if origin == "pk" else {index}:
                values = {"table": table, "index": name, "sizes": _sizes(columns, bool(unique))}
                await connection.execute(text("INSERT INTO sqlite_stat1 VALUES (:table, :index, :sizes)"), values)


async def _rows(connection: AsyncConnection, sql: str) -> Sequence[Any]:
    return (await connection.exec_driver_sql(sql)).all()


def _sizes(columns: list[str], unique: bool) -> str:
    """The rows of the table, then for each number of leading columns how many rows share their values."""
    shared = [_AN_ORGANIZATION if columns[0] == "org_id" else 2] + [2] * (len(columns) - 1)
    if unique:
        shared[-1] = 1
    return " ".join(map(str, (_ROWS, *shared)))
