"""Making what matching keeps anew: after an upgrade that changes its rules, or a change of the default region.

`onefold migrate` does it at once, for everybody, before a server of the new version begins; a job does it for one
organisation, part by part, beside a server at work.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from uuid import UUID

from db import matching
from db.engine import Database, Transaction
from db.match_facts import ends_of_parts, living_after, living_between
from db.organizations import organization_ids
from resolvers.duplicates.records import keep_in_step
from resolvers.matching.score import MODEL

_AT_ONCE = 500
CONTACTS_OF_A_PART = 100  # one item of a job, one transaction
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
    await note_rebuilt(db)
    return done


async def note_rebuilt(db: Database) -> None:
    """Notes that everything in the database was made by the rules of this version."""
    await db.write(lambda tx: matching.set_model_version(tx, MODEL.version))


async def _make_anew(org_id: UUID, after: UUID, tx: Transaction) -> list[UUID]:
    rows = await living_after(tx, org_id, after, _AT_ONCE)
    if rows:
        await keep_in_step(tx, rows)
    return [row.id for row in rows]


async def parts_to_rebuild(tx: Transaction, org_id: UUID) -> tuple[list[list[str]], int]:
    """The items of a job that makes everything of an organisation anew: each [the id before, the last id] of up to 100
    living contacts; and how many contacts there are. What is written from now on is in step anyway."""
    ends, contacts = await ends_of_parts(tx, org_id, CONTACTS_OF_A_PART)
    return [[after.hex, last.hex] for after, last in pairwise([_BEFORE_ALL, *ends])], contacts


async def rebuild_part(tx: Transaction, org_id: UUID, part: Sequence[str]) -> None:
    """Makes what matching keeps of these contacts anew."""
    after, last = part
    rows = await living_between(tx, org_id, UUID(after), UUID(last))
    if rows:
        await keep_in_step(tx, rows)
