"""The application: GraphQL, health, and the GraphiQL page, behind the gate."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp

from db.engine import Database
from db.faults import StorageUnavailable
from gateway.clock import Clock, system_clock
from gateway.courier import Courier, address_rules, courier_for, delivering
from gateway.database import hear_notices, open_database
from gateway.demo_session import demo_session
from gateway.draining import Drain
from gateway.gate import Gate, GateLimits
from gateway.graphiql_page import graphiql_page
from gateway.health import readiness
from gateway.metrics import metrics_page
from gateway.origins import open_to
from gateway.rate import buckets_of
from gateway.router import EdgeOptions, build_router
from gateway.settings import Settings
from gateway.tokens import bearer, new_key, token_hash
from gateway.tune import settle_memory
from gateway.worker import Pace, Worker, working
from resolvers.access import Actor
from resolvers.errors import CodedError, ErrorCode
from resolvers.ids import IdSource
from resolvers.organizations import actor_of_token
from schema.build import build_schema
from schema.context import Context
from schema.extensions.masking import UNAVAILABLE


def create_app(
    settings: Settings, *, database: Database | None = None, clock: Clock = system_clock, drain: Drain | None = None
) -> ASGIApp:
    """The finished ASGI application. It closes its database at shutdown."""
    db = database or open_database(settings)
    new_id = IdSource(clock)
    pace = Pace(lease=settings.job_lease_seconds)
    workers = [Worker(db, clock, new_id, pace) for _ in range(settings.job_workers)]
    courier = courier_for(settings, db, clock, new_id) if settings.webhook_delivery else None
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan(db, settings, workers, courier))
    allowance = buckets_of(settings.rate_limit)

    async def authenticate(header: str | None) -> Actor | None:
        hashed = token_hash(bearer(header) or "")
        try:
            return await actor_of_token(db, hashed, clock()) if hashed else None
        except StorageUnavailable as error:
            raise CodedError(ErrorCode.UNAVAILABLE, UNAVAILABLE, retryAfter=1) from error

    def make_context(request_id: str) -> Context:
        context = Context(
            request_id,
            db=db,
            clock=clock,
            new_id=new_id,
            new_token=new_key,
            webhook_addresses=address_rules(settings),
        )
        context.allowance = allowance
        return context

    edge = EdgeOptions(
        public_introspection=settings.public_introspection,
        ide_url="graphiql/" if settings.graphiql else None,
        allowed_origins=tuple(settings.allowed_origins),
        drain=drain or Drain(),
    )
    schema = build_schema(timeout_seconds=settings.operation_timeout_seconds)
    router = build_router(schema, authenticate=authenticate, make_context=make_context, options=edge)
    app.include_router(router, prefix="/graphql")
    _add_health(app, db)
    if settings.metrics:
        app.add_api_route("/metrics", metrics_page(db, clock), methods=["GET", "HEAD"], include_in_schema=False)
    if settings.graphiql:
        app.mount("/graphiql", graphiql_page(demo_session(db, settings.demo_key_file, clock)))
        app.add_api_route("/", _to_graphiql, include_in_schema=False)
    limits = GateLimits(body_bytes=settings.body_limit_bytes, body_seconds=settings.body_timeout_seconds)
    return open_to(Gate(app, limits), settings.allowed_origins)


def _lifespan(
    db: Database, settings: Settings, workers: Sequence[Worker], courier: Courier | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await hear_notices(db, settings)
        settle_memory()
        async with working(workers), delivering(courier):
            yield
        await db.close()

    return lifespan


def _add_health(app: FastAPI, db: Database) -> None:
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz() -> JSONResponse:
        problem = await readiness(db)
        if problem is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": problem}, 503)

    for path, answer in (("/healthz", healthz), ("/readyz", readyz)):
        app.add_api_route(path, answer, methods=["GET", "HEAD"], include_in_schema=False)


async def _to_graphiql() -> RedirectResponse:
    return RedirectResponse("graphiql/", 307)
