"""Making and changing webhooks: a part of the root of writing."""

from collections.abc import Awaitable
from typing import Annotated, Any

import strawberry

from db.webhooks import WebhookRow
from resolvers.access import Scope
from resolvers.events.webhooks import (
    Secret,
    create_webhook,
    delete_webhook,
    redeliver,
    rotate_secret,
    update_webhook,
)
from schema.context import Info
from schema.described import mutation
from schema.errors import attempt
from schema.inputs import raw
from schema.organization import organization_in
from schema.webhook_types import (
    CreateWebhookInput,
    CreateWebhookPayload,
    RedeliverInput,
    RedeliverPayload,
    UpdateWebhookInput,
    WebhookInput,
    WebhookPayload,
    delivery_type,
    webhook_type,
)

_INPUT = strawberry.argument(description="What to do.")


@strawberry.type(description="Making and changing webhooks.")
class WebhookMutation:
    """What `Mutation` has of webhooks."""

    @mutation("Makes a webhook. It is told of what happens from now on.", needs=Scope.WEBHOOKS)
    async def create_webhook(
        self,
        info: Info,
        input: Annotated[CreateWebhookInput, _INPUT],  # noqa: A002
    ) -> CreateWebhookPayload | None:
        """`Mutation.createWebhook`."""
        return await _with_secret(_create(info, raw(input)))

    @mutation("Changes a webhook, or switches it off or on.", needs=Scope.WEBHOOKS)
    async def update_webhook(
        self,
        info: Info,
        input: Annotated[UpdateWebhookInput, _INPUT],  # noqa: A002
    ) -> WebhookPayload | None:
        """`Mutation.updateWebhook`."""
        context = info.context
        return await _payload(update_webhook(context.db, context.act, raw(input), context.webhook_addresses))

    @mutation("Deletes a webhook with its deliveries.", needs=Scope.WEBHOOKS)
    async def delete_webhook(
        self,
        info: Info,
        input: Annotated[WebhookInput, _INPUT],  # noqa: A002
    ) -> WebhookPayload | None:
        """`Mutation.deleteWebhook`."""
        return await _payload(delete_webhook(info.context.db, info.context.act, input.id))

    @mutation(
        "Gives a webhook a new secret. For 24 hours deliveries carry a signature by the old one too.",
        needs=Scope.WEBHOOKS,
    )
    async def rotate_webhook_secret(
        self,
        info: Info,
        input: Annotated[WebhookInput, _INPUT],  # noqa: A002
    ) -> CreateWebhookPayload | None:
        """`Mutation.rotateWebhookSecret`."""
        return await _with_secret(rotate_secret(info.context.db, info.context.act, input.id))

    @mutation(
        "Sends an event once more, by the same id: a receiver that had it can tell.",
        needs=Scope.WEBHOOKS,
    )
    async def redeliver_webhook(
        self,
        info: Info,
        input: Annotated[RedeliverInput, _INPUT],  # noqa: A002
    ) -> RedeliverPayload | None:
        """`Mutation.redeliverWebhook`."""
        row, errors = await attempt(redeliver(info.context.db, info.context.act, input.delivery_id))
        return RedeliverPayload(delivery=delivery_type(row) if row else None, user_errors=errors)


async def _create(info: Info, given: dict[str, Any]) -> Secret:
    context = info.context
    return await create_webhook(context.db, context.act, given, organization_in(given), context.webhook_addresses)


async def _payload(act: Awaitable[WebhookRow]) -> WebhookPayload:
    row, errors = await attempt(act)
    return WebhookPayload(webhook=webhook_type(row) if row else None, user_errors=errors)


async def _with_secret(act: Awaitable[Secret]) -> CreateWebhookPayload:
    made, errors = await attempt(act)
    return CreateWebhookPayload(
        webhook=webhook_type(made.hook) if made else None, secret=made.secret if made else None, user_errors=errors
    )
