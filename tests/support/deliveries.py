"""Webhooks of a test's own, and their deliveries, without a process that delivers by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import update

from db.webhook_leases import webhook_lease
from gateway.courier import Courier
from gateway.webhook_client import WebhookClient
from resolvers.events.addresses import AddressRules
from resolvers.events.delivering import DeliveryTerms
from resolvers.events.webhooks import TOPICS
from tests.support.api import Api

HERE = AddressRules(allow_private=True)
LOG = """query ($id: ID!) { webhookDeliveries(webhookId: $id, first: 100) { totalCount nodes {
    id eventId number topic status attempt responseStatus error at nextAt } } }"""


async def hook(api: Api, url: str, *topics: str) -> tuple[str, str]:
    """(id, secret) of a new webhook; without topics it is told of everything."""
    made = await api.done("createWebhook", "webhook { id } secret", url=url, topics=list(topics) or TOPICS)
    return made["webhook"]["id"], made["secret"]


async def read_hook(api: Api, webhook: str) -> dict[str, Any]:
    """A webhook as it stands."""
    query = "query ($id: ID!) { webhook(id: $id) { url topics active inactiveReason failingSince } }"
    found: dict[str, Any] = (await api.ask(query, id=webhook))["webhook"]
    return found


async def read_log(api: Api, webhook: str) -> list[dict[str, Any]]:
    """Its deliveries, oldest first."""
    found: list[dict[str, Any]] = (await api.ask(LOG, id=webhook))["webhookDeliveries"]["nodes"]
    return found[::-1]


@asynccontextmanager
async def courier_of(
    api: Api, *, seconds: float = 5.0, rules: AddressRules = HERE, **terms: Any
) -> AsyncIterator[Courier]:
    """One that is not running."""
    client = WebhookClient(rules, seconds)
    yield Courier(api.db, api.clock, api.new_id, client, DeliveryTerms(**terms))
    await client.close()


async def deliver(api: Api, *, rules: AddressRules = HERE, seconds: float = 5.0, **terms: Any) -> None:
    """Delivers all that may be sent by the test's clock, once."""
    due = update(webhook_lease).values(due_at=0.0)  # leases go by the database's clock, and the test's has moved
    await api.db.write(lambda tx: tx.run(due))
    async with courier_of(api, rules=rules, seconds=seconds, **terms) as courier:
        await courier.look()
        await courier.settle()


async def delivered(api: Api) -> tuple[str, str]:
    """(id, delivery's id) of a webhook that was told of an erasure, in vain: its address is none to connect to."""
    webhook, _ = await hook(api, "https://hooks.invalid/", "contact.erased")
    await api.done("deleteContact", "deletedContactIds", id=await api.contact())
    await deliver(api)
    (log,) = await read_log(api, webhook)
    return webhook, log["id"]
