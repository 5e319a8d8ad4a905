"""Many rows at once, at the price of the bare driver: values are brought into the driver's form beforehand.

`encode` may run in another process (it needs no connection); `insert_encoded` then only hands tuples to the driver.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Table, insert
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.sqlite import aiosqlite
from sqlalchemy.types import TypeEngine, Uuid
from sqlmodel import UTCDateTime

from db.base import encode_json
from db.engine import Transaction

Encoded: TypeAlias = tuple[Any, ...]
# Rows of one statement on SQLite. Each statement on a table with the search's trigger makes FTS5 write out what it has
# gathered, so a row a statement costs an import twice as much (decision 0006); SQLite takes 32,766 values at most.
_ROWS_AT_ONCE = {"sqlite": 250, "postgresql": 1}
_DIALECTS: dict[str, Callable[..., Dialect]] = {"postgresql": asyncpg.dialect, "sqlite": aiosqlite.dialect}
_REPEATED: dict[tuple[str, type[TypeEngine[Any]]], Callable[[Any], Any]] = {}


@dataclass(frozen=True)
class _Plan:
    sql: str
    rows_at_once: int
    sql_at_once: str  # so many rows in one statement
    values: Callable[[Mapping[str, Any]], Encoded]  # of all columns, in the order of the statement
    names: tuple[str, ...]  # those columns
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]  # place, and how the driver wants what stands there


@cache
def _plan(table: Table, dialect_name: str) -> _Plan:
    dialect = _DIALECTS[dialect_name](json_serializer=encode_json)
    compiled = insert(table).compile(dialect=dialect)
    names = compiled.positiontup or []
    found = [(place, _processor(table.c[name].type, dialect)) for place, name in enumerate(names)]
    processors = tuple((place, process) for place, process in found if process is not None)
    sql, at_once = str(compiled), _ROWS_AT_ONCE[dialect_name]
    into, values = sql.split(" VALUES ")
    return _Plan(
        sql, at_once, f"{into} VALUES {', '.join([values] * at_once)}", itemgetter(*names), tuple(names), processors
    )


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None or not isinstance(kind, UTCDateTime | Uuid):
        return process
    # Rows share times and ids, in all tables: each is put into text once, and crosses to another process once.
    return _REPEATED.setdefault((dialect.name, type(kind)), lru_cache(1024)(process))


def encode(table: Table, dialect: str, rows: Iterable[Mapping[str, Any]]) -> list[Encoded]:
    """Each row (all columns of the table, by name) as the driver takes it."""
    plan = _plan(table, dialect)
    encoded = []
    for row in rows:
        values = list(plan.values(row))
        for place, process in plan.processors:
            if values[place] is not None:
                values[place] = process(values[place])
        encoded.append(tuple(values))
    return encoded


def with_value(table: Table, dialect: str, column: str, rows: Iterable[tuple[Encoded, Any]]) -> list[Encoded]:
    """Encoded rows, each with another value in that column: one that was not known when they were encoded."""
    plan = _plan(table, dialect)
    place = plan.names.index(column)
    process = dict(plan.processors).get(place, lambda value: value)
    return [(*row[:place], process(value), *row[place + 1 :]) for row, value in rows]


async def insert_encoded(tx: Transaction, table: Table, rows: Sequence[Encoded]) -> None:
    """Inserts what `encode` made for this transaction's dialect. One statement, on SQLite one more for what is over."""
    plan = _plan(table, tx.dialect)
    whole = len(rows) - len(rows) % plan.rows_at_once
    starts = range(0, whole, plan.rows_at_once)
    together = [tuple(chain.from_iterable(rows[start : start + plan.rows_at_once])) for start in starts]
    if together:
        await tx.run_driver_sql(plan.sql_at_once, together)
    if rows[whole:]:
        await tx.run_driver_sql(plan.sql, rows[whole:])
