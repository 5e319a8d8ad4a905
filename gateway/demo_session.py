"""What the GraphiQL page of a local demo starts with: the demo key, and ids that exist."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from db.engine import Database
from gateway.demo_key import demo_actor, read_demo_key
from gateway.graphiql_page import GraphiqlSession, LoadSession
from resolvers.access import Act
from resolvers.demo import demo_examples
from resolvers.ids import CONTACT, MERGE, IdSource, encode_id


def demo_session(db: Database, key_file: str, clock: Callable[[], datetime]) -> LoadSession:
    """A loader for the page; it answers None unless the key on disk is that of the demo organisation alone."""

    async def load() -> GraphiqlSession | None:
        token = await asyncio.to_thread(read_demo_key, Path(key_file))
        actor = await demo_actor(db, token, clock())
        if actor is None:
            return None
        found = await demo_examples(db, Act(actor, clock(), IdSource(clock)))
        if found is None:
            return None
        return GraphiqlSession(
            token,
            encode_id(CONTACT, found.primary),
            encode_id(CONTACT, found.source),
            merged_id=encode_id(CONTACT, found.merged) if found.merged else None,
            merge_id=encode_id(MERGE, found.merge) if found.merge else None,
        )

    return load
