"""What the served requests are measured beside, each in a process of its own on the same database.

`bare`: routes of FastAPI alone that run the same statements, the look-up of the key among them, and write the same
answer by orjson. `installed`: the same schema as Strawberry serves it when nothing is changed.

    python -m tests.benchmarks.bare_app bare|installed DATABASE_URL PORT
"""

import sys
from datetime import UTC, datetime
from typing import Any

import orjson
import strawberry
import uvicorn
from fastapi import FastAPI, Request, Response
from strawberry.fastapi import GraphQLRouter
from strawberry.schema.config import StrawberryConfig

from db.engine import Database
from gateway.tokens import bearer, new_key, token_hash
from gateway.tune import settle_memory
from resolvers.access import Act, Actor
from resolvers.contacts.channels import channels_of_contacts
from resolvers.contacts.children import identifiers_of_contacts, labels_of_contacts, segments_of_contacts
from resolvers.contacts.filters import read_filter
from resolvers.contacts.read import Order, contact_by_id, list_contacts
from resolvers.history.notes import notes_of_contacts
from resolvers.ids import CONTACT, IdSource, decode_id, encode_id
from resolvers.merging.merge import merge_contacts
from resolvers.merging.request import MergeRequest
from resolvers.organizations import actor_of_token
from resolvers.paging import PageArguments
from schema.context import Context
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS

_ALL = read_filter({}, None)
_NOTES = PageArguments(5, backward=False, after=None, before=None)


def _now() -> datetime:
    return datetime.now(UTC)


class Caller:
    """Who asks, looked up at each request."""

    def __init__(self, url: str) -> None:
        self.db = Database(url)
        self.new_id = IdSource(_now)

    async def actor(self, request: Request) -> Actor:
        """Raises PermissionError for a key that is not good."""
        hashed = token_hash(bearer(request.headers.get("authorization")) or "")
        actor = await actor_of_token(self.db, hashed, _now()) if hashed else None
        if actor is None:
            raise PermissionError
        return actor

    async def act(self, request: Request) -> Act:
        """One act of theirs."""
        return Act(await self.actor(request), _now(), self.new_id)


def bare_app(caller: Caller) -> FastAPI:
    """The three requests as plain routes."""
    app, db = FastAPI(openapi_url=None), caller.db

    @app.get("/contact/{shown}")
    async def contact(shown: str, request: Request) -> Response:
        act = await caller.act(request)
        row = await contact_by_id(db, act, shown, follow=False)
        assert row is not None
        (labels,) = await labels_of_contacts(db, act, [row.id])
        return _answer({
            "id": encode_id(CONTACT, row.id), "name": row.name, "email": row.email, "phone": row.phone,
            "createdAt": row.created_at, "labels": [{"name": one.name} for one in labels],
        })  # fmt: skip

    @app.get("/page")
    async def page(request: Request) -> Response:
        act = await caller.act(request)
        wanted = PageArguments(100, backward=False, after=None, before=None)
        rows = (await list_contacts(db, act, act.actor.organizations[0], _ALL, Order(), wanted)).rows
        ids = [row.id for row in rows]
        children = zip(
            rows,
            await labels_of_contacts(db, act, ids),
            await identifiers_of_contacts(db, act, ids),
            await channels_of_contacts(db, act, ids),
            await segments_of_contacts(db, act, ids),
            await notes_of_contacts(db, act, ids, _NOTES),
            strict=True,
        )
        return _answer([
            {
                "id": encode_id(CONTACT, row.id), "name": row.name, "email": row.email, "phone": row.phone,
                "labels": [{"name": one.name} for one in labels],
                "identifiers": [{"kind": one.kind, "value": one.value} for one in identifiers],
                "channels": [{"type": one.type, "userId": one.user_id} for one in channels],
                "segments": [{"name": one.name} for one in segments],
                "notes": {"nodes": [{"body": one.body} for one in notes.rows]},
            }
            for row, labels, identifiers, channels, segments, notes in children
        ])  # fmt: skip

    @app.post("/merge")
    async def merge(request: Request) -> Response:
        act, body = await caller.act(request), orjson.loads(await request.body())
        primary, source = (decode_id(CONTACT, body[name]) for name in ("primary", "source"))
        assert primary
        assert source
        done = await merge_contacts(db, act, MergeRequest(primary, (source,)))
        merged = {"id": encode_id(CONTACT, done.survivor.id), "name": done.survivor.name}
        return _answer({"merged": merged, "mergedContactIds": [encode_id(CONTACT, one) for one in done.source_ids]})

    return app


def installed_app(caller: Caller) -> FastAPI:
    """Our types behind Strawberry's own schema and router, as its documentation has it."""

    async def context(request: Request) -> Context:
        made = Context("benchmark", db=caller.db, clock=_now, new_id=caller.new_id, new_token=new_key)
        made.actor = await caller.actor(request)
        return made

    schema = strawberry.Schema(Query, Mutation, config=StrawberryConfig(scalar_map=SCALARS))
    router: GraphQLRouter[Any, None] = GraphQLRouter(schema, context_getter=context)
    app = FastAPI(openapi_url=None)
    app.include_router(router, prefix="/graphql")
    return app


def _answer(data: object) -> Response:
    return Response(orjson.dumps({"data": data}), media_type="application/json")


def main(what: str, url: str, port: str) -> None:
    """Serves until it is killed."""
    caller = Caller(url)
    app = bare_app(caller) if what == "bare" else installed_app(caller)
    if what == "bare":
        settle_memory()
    uvicorn.run(app, port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
