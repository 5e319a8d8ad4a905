"""/metrics: what this process counted, and how far behind the whole database is at this moment."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from db import deliveries, job_queue, webhook_leases, webhooks
from db.engine import Database, Transaction
from db.faults import StorageUnavailable
from db.metrics import (
    DATABASE_UP,
    DELIVERIES_WAITING,
    DELIVERY_LAG,
    JOB_AGE,
    OF_DATABASE,
    OUTBOX_LAG,
    POOL_IN_USE,
    REGISTRY,
)
from gateway.clock import Clock

_SECONDS = 1.0  # the scrape has to be answered, whatever the database does


def metrics_page(db: Database, clock: Clock) -> Callable[[], Awaitable[Response]]:
    """The route. Without a key: there is no id, name or value in it."""

    async def metrics() -> Response:
        POOL_IN_USE.set(db.connections_in_use())
        try:
            async with asyncio.timeout(_SECONDS):
                await db.read(lambda tx: _look(tx, clock()))
            DATABASE_UP.set(1)
        except (StorageUnavailable, TimeoutError):
            DATABASE_UP.set(0)
            for gauge in OF_DATABASE:
                gauge.set(math.nan)
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return metrics


async def _look(tx: Transaction, now: datetime) -> None:
    orgs = await webhook_leases.organizations_with_webhooks(tx)
    number, since = await deliveries.waiting(tx, orgs)
    DELIVERIES_WAITING.set(number)
    for gauge, oldest in (
        (DELIVERY_LAG, since),
        (OUTBOX_LAG, await webhooks.oldest_behind(tx, orgs)),
        (JOB_AGE, await job_queue.oldest_waiting(tx, now)),
    ):
        gauge.set(max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0)
