"""The pointers by which one row leads to another: what a merge and its undo write, of contacts and of conversations.

`canonical_id` is where an id leads now; `merged_into_id` and `merge_id` are what it was merged into, and by which
merge, for as long as that merge holds.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Table, Uuid, bindparam, case, text, update

from db.base import UuidList, any_of
from db.engine import Transaction


class Move(NamedTuple):
    """What one merge points anew: these sources, and all that they led to, at this primary."""

    sources: Sequence[UUID]
    primary: UUID
    merge_id: UUID


# The moves as rows: one bound list for any number of them.
_MOVES = {
    "postgresql": "unnest(:sources, :primaries, :merges) AS move(source_id, primary_id, merge_id)",
    "sqlite": "(SELECT value ->> 0 AS source_id, value ->> 1 AS primary_id, value ->> 2 AS merge_id"
    " FROM json_each(:moves)) AS move",
}


class Pointers:
    """Of one table. `emptied`: a text that a row loses when it is merged away."""

    def __init__(self, table: Table, emptied: str | None = None) -> None:
        self._away = {dialect: _away(table, emptied, moves) for dialect, moves in _MOVES.items()}
        top = table.c.id == bindparam("root")
        self._part = (
            update(table)
            .where(table.c.org_id == bindparam("key_org"), any_of(table.c.id, "members"))
            .values(
                canonical_id=bindparam("root"),
                merged_into_id=case((top, None), else_=table.c.merged_into_id),
                merge_id=case((top, None), else_=table.c.merge_id),
            )
        )

    async def merge_away(self, tx: Transaction, org_id: UUID, moves: Sequence[Move]) -> list[list[UUID]]:
        """Points the sources and all that they led to at their primaries; their values are frozen from here on. Of each
        move every id that leads to its primary by it, the sources in front. One statement, for any number of moves,
        of which none knows another's rows."""
        rows = await tx.rows(self._away[tx.dialect], {"org": org_id, **_bound(tx.dialect, moves)})
        moved: dict[UUID, set[UUID]] = {move.primary: set() for move in moves}
        for row in rows:
            moved[row.canonical_id].add(row.id)
        return [[*move.sources, *sorted(moved[move.primary].difference(move.sources))] for move in moves]

    async def part(self, tx: Transaction, org_id: UUID, trees: Sequence[Sequence[UUID]]) -> None:
        """Makes the first id of each list stand for itself again, and points the others at it. One statement."""
        await tx.run(self._part, [{"key_org": org_id, "root": tree[0], "members": tree} for tree in trees])


def _away(table: Table, emptied: str | None, moves: str) -> Any:
    name = table.name
    first = f"CASE WHEN {name}.merged_into_id IS NULL THEN move.{{0}} ELSE {name}.{{1}} END"
    sql = (
        f"UPDATE {name} SET canonical_id = move.primary_id,"  # noqa: S608 - names of our own
        f" merged_into_id = {first.format('primary_id', 'merged_into_id')},"
        f" merge_id = {first.format('merge_id', 'merge_id')}"
        f"{f', {emptied} = {chr(39) * 2}' if emptied else ''} FROM {moves}"
        f" WHERE {name}.org_id = :org AND {name}.canonical_id = move.source_id"
        f" RETURNING {name}.id, {name}.canonical_id"
    )
    bound: list[BindParameter[Any]] = [bindparam("org", type_=Uuid())]
    bound += [bindparam(lists, type_=UuidList()) for lists in ("sources", "primaries", "merges") if f":{lists}" in sql]
    return text(sql).bindparams(*bound).columns(id=Uuid(), canonical_id=Uuid())


def _bound(dialect: str, moves: Sequence[Move]) -> dict[str, Any]:
    rows = [(source, move.primary, move.merge_id) for move in moves for source in move.sources]
    if dialect == "sqlite":
        return {"moves": json.dumps([[one.hex for one in row] for row in rows])}
    sources, primaries, merges = (list(column) for column in zip(*rows, strict=True))
    return {"sources": sources, "primaries": primaries, "merges": merges}
