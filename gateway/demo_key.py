"""The demo's key as it lies beside its database, and who it stands for."""

from datetime import datetime
from pathlib import Path

from db.engine import Database
from gateway.tokens import token_hash
from resolvers.access import Actor
from resolvers.demo import demo_organization_id
from resolvers.organizations import actor_of_token


async def demo_actor(db: Database, token: str | None, now: datetime) -> Actor | None:
    """The holder of this key if it is good, and good for the demo organisation alone."""
    hashed = token_hash(token or "")
    actor = await actor_of_token(db, hashed, now) if hashed else None
    if actor is None or actor.organizations != (await demo_organization_id(db),):
        return None
    return actor


def read_demo_key(path: Path) -> str | None:
    """The demo key as `onefold demo` wrote it."""
    try:
        return path.read_text().strip() or None
    except FileNotFoundError:
        return None
