"""Whether this process can serve: asked by /readyz and before `onefold serve` begins."""

import asyncio

from db.engine import Database
from db.faults import StorageUnavailable
from db.migrate import current_revision, head_revision
from resolvers.duplicates.rebuild import is_current

_SECONDS = 1.0
UNREACHABLE = "the database does not answer"


async def readiness(db: Database) -> str | None:
    """None when the database answers within a second and its migrations are current, else the reason, without
    detail: anybody may ask."""
    try:
        async with asyncio.timeout(_SECONDS):
            if await current_revision(db) != head_revision():
                return "the migrations of the database are not those of this version: run `onefold migrate`"
            if not await is_current(db):
                return "what matching keeps was made by the rules of another version: run `onefold migrate`"
    except (StorageUnavailable, TimeoutError):
        return UNREACHABLE
    return None
