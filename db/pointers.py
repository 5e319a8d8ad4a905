"""The pointers by which one row leads to another: what a merge and its undo write, of contacts and of conversations.

`canonical_id` is where an id leads now; `merged_into_id` and `merge_id` are what it was merged into, and by which
merge, for as long as that merge holds.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, case, update

from db.base import any_of
from db.engine import Transaction


class Pointers:
    """Of one table. `lost`: what a row loses that is merged away."""

    def __init__(self, table: Table, **lost: Any) -> None:
        alone, top = table.c.merged_into_id.is_(None), table.c.id == bindparam("root")
        primary, merge = (bindparam(name, type_=table.c.id.type) for name in ("primary", "merge"))
        self._away = (
            update(table)
            .where(table.c.org_id == bindparam("org"), any_of(table.c.canonical_id, "sources"))
            .values(
                canonical_id=primary,
                merged_into_id=case((alone, primary), else_=table.c.merged_into_id),
                merge_id=case((alone, merge), else_=table.c.merge_id),
                **lost,
            )
            .returning(table.c.id)
        )
        self._part = (
            update(table)
            .where(table.c.org_id == bindparam("key_org"), any_of(table.c.id, "members"))
            .values(
                canonical_id=bindparam("root"),
                merged_into_id=case((top, None), else_=table.c.merged_into_id),
                merge_id=case((top, None), else_=table.c.merge_id),
            )
        )

    async def merge_away(
        self, tx: Transaction, org_id: UUID, sources: Sequence[UUID], primary: UUID, merge_id: UUID
    ) -> list[UUID]:
        """Points the sources and all that they led to at the primary. Their values are frozen from here on. Every id
        that leads there by this merge, the sources in front."""
        asked = {"org": org_id, "sources": sources, "primary": primary, "merge": merge_id}
        moved = {row.id for row in await tx.rows(self._away, asked)}
        return [*sources, *sorted(moved.difference(sources))]

    async def part(self, tx: Transaction, org_id: UUID, trees: Sequence[Sequence[UUID]]) -> None:
        """Makes the first id of each list stand for itself again, and points the others at it. One statement."""
        await tx.run(self._part, [{"key_org": org_id, "root": tree[0], "members": tree} for tree in trees])
