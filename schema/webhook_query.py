"""Reading webhooks: a part of the root of reading."""

from functools import partial
from typing import Annotated

import strawberry

from resolvers.access import Scope
from resolvers.events.webhooks import count_deliveries, delivery_by_id, list_deliveries, list_webhooks, webhook_by_id
from resolvers.ids import DELIVERY, WEBHOOK
from resolvers.paging import read_page
from schema.context import Info
from schema.described import query
from schema.node import Node
from schema.organization import InOrganization, organization_of
from schema.paging import After, Connection, First, connection
from schema.webhook_types import DeliveryStatus, Webhook, WebhookDelivery, delivery_type, webhook_type

OfStatus = Annotated[DeliveryStatus | None, strawberry.argument(description="Only those that stand there.")]
WebhookId = Annotated[strawberry.ID, strawberry.argument(description="`webhook_…`")]


@strawberry.type(description="Reading webhooks.")
class WebhookQuery:
    """What `Query` has of webhooks."""

    @query("A webhook by its id.", needs=Scope.WEBHOOKS)
    async def webhook(self, info: Info, id: WebhookId) -> Webhook | None:  # noqa: A002
        """`Query.webhook`."""
        row = await webhook_by_id(info.context.db, info.context.act, id)
        return webhook_type(row) if row else None

    @query("The webhooks of the organization, at most 20, oldest first.", needs=Scope.WEBHOOKS)
    async def webhooks(self, info: Info, organization_id: InOrganization = None) -> list[Webhook] | None:
        """`Query.webhooks`."""
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        return [webhook_type(row) for row in await list_webhooks(info.context.db, info.context.act, org_id)]

    @query("What was sent to a webhook and what is still to be, newest first.", needs=Scope.WEBHOOKS)
    async def webhook_deliveries(
        self,
        info: Info,
        webhook_id: WebhookId,
        first: First = None,
        after: After = None,
        status: OfStatus = None,
    ) -> Connection[WebhookDelivery] | None:
        """`Query.webhookDeliveries`."""
        db, page = info.context.db, read_page(first, after)
        hook = await webhook_by_id(db, info.context.act, webhook_id)
        if hook is None:
            return None
        wanted = str(status) if status is not None else None
        found = await list_deliveries(db, hook, wanted, page)
        return connection(found, delivery_type, partial(count_deliveries, db, hook, wanted))


async def _webhook_node(info: Info, node_id: str) -> Node | None:
    row = await webhook_by_id(info.context.db, info.context.act, node_id)
    return webhook_type(row) if row else None


async def _delivery_node(info: Info, node_id: str) -> Node | None:
    row = await delivery_by_id(info.context.db, info.context.act, node_id)
    return delivery_type(row) if row else None


WEBHOOK_NODES = {WEBHOOK: _webhook_node, DELIVERY: _delivery_node}
