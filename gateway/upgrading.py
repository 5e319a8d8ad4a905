"""Bringing a database to this version: its tables, then what matching keeps in them."""

from collections.abc import Callable

from db.engine import Database
from db.migrate import current_revision, migrate
from resolvers.duplicates.rebuild import is_current, rebuild


async def upgrade(db: Database, show: Callable[[int], None]) -> tuple[str | None, str | None, int | None]:
    """The migration before and after, and how many contacts matching was made anew for; None when it was current."""
    before = await migrate(db)
    made = None if await is_current(db) else await rebuild(db, show)
    return before, await current_revision(db), made
