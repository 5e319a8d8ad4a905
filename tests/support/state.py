"""The whole state of a database, to be compared before and after an act that must change nothing."""

from typing import Any

from sqlalchemy import select

from db.engine import Database, Transaction
from db.tables import metadata

# Written by every request: not part of what an act must leave alone.
_MOVING = {"api_key": {"last_used_at"}}


async def dump(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in a fixed order."""

    async def read(tx: Transaction) -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        for table in metadata.sorted_tables:
            columns = [c for c in table.c if c.name not in _MOVING.get(table.name, set())]
            rows = [tuple(row) for row in await tx.rows(select(*columns))]
            found[table.name] = sorted(rows, key=repr)
        return found

    return await db.read(read)
