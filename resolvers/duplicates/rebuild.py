"""Making what matching keeps anew: after an upgrade that changes its rules, or a change of the default region."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from db import matching
from db.engine import Database, Transaction
from db.match_facts import living_after
from db.organizations import organization_ids
from resolvers.duplicates.records import keep_in_step
from resolvers.matching.score import MODEL

_AT_ONCE = 500
_BEFORE_ALL = UUID(int=0)


async def is_current(db: Database) -> bool:
    """Whether everything was made by the rules of this version."""
    return await db.read(matching.model_version) == MODEL.version


async def rebuild(db: Database, show: Callable[[int], None]) -> int:
    """Makes the keys and features of every living contact anew, 500 a transaction, beside a server that goes on
    working; how many there were. `show` is told after each transaction. Stopped in the middle, it begins again."""
    done = 0
    for org_id in await db.read(organization_ids):
        after: UUID | None = _BEFORE_ALL
        while after is not None:
            made = await db.write(partial(_make_anew, org_id, after))
            done += len(made)
            show(done)
            after = made[-1] if len(made) == _AT_ONCE else None
    await db.write(lambda tx: matching.set_model_version(tx, MODEL.version))
    return done


async def _make_anew(org_id: UUID, after: UUID, tx: Transaction) -> list[UUID]:
    rows = await living_after(tx, org_id, after, _AT_ONCE)
    if rows:
        await keep_in_step(tx, rows)
    return [row.id for row in rows]
