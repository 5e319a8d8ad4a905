"""Who stands at the command line: they may do everything in every organisation."""

from uuid import UUID

from db.engine import Database
from db.organizations import organization_ids
from gateway.clock import system_clock
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.ids import IdSource

_NAME = "command line"
_NO_KEY = UUID(int=0)


async def operators_act(db: Database) -> Act:
    """An act of theirs, beginning now."""
    orgs = tuple(await db.read(organization_ids))
    return Act(Actor(_NO_KEY, _NAME, orgs, ALL_SCOPES), system_clock(), IdSource(system_clock))
