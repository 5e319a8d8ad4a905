"""Webhooks and their deliveries as they are read, and what they are made with."""

from datetime import datetime
from enum import StrEnum

import strawberry

from db.deliveries import DeliveryRow
from db.webhooks import WebhookRow
from resolvers.ids import DELIVERY, EVENT, WEBHOOK, encode_id
from schema.described import about, enum, optional
from schema.errors import UserError
from schema.inputs import ORGANIZATION_ID
from schema.node import Node

_ERRORS = "What was wrong. Empty: it is done and on disk. Not empty: nothing was written."
_URL = "Where to: https, port 443, a public address. It is checked again at each connection."
_TOPICS = (
    "What to be told of: contact.merged, contact.merge_undone, contact.created, contact.updated, contact.erased, "
    "duplicates.found, conversation.merged, conversation.merge_undone."
)


class DeliveryStatus(StrEnum):
    """schema.graphql: DeliveryStatus."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"


enum(
    DeliveryStatus,
    "Where a delivery stands.",
    {
        "PENDING": "It is to be sent, for the first time or again.",
        "DELIVERED": "The receiver answered 2xx.",
        "DEAD": "It failed for as long as deliveries are tried. redeliverWebhook sends it once more.",
    },
)


@strawberry.type(description="A receiver of events by HTTP, signed by the Standard Webhooks specification.")
class Webhook(Node):
    """The type `Webhook`."""

    url: str = about("Where to.")
    topics: list[str] = about("What it is told of.")
    active: bool = about("Whether it is delivered to. Events that come meanwhile wait, as long as they are kept.")
    inactive_reason: str | None = about("Why it is switched off.")
    failing_since: datetime | None = about("When the first of the attempts failed that have all failed since.")
    created_at: datetime = about("When it was made.")
    updated_at: datetime = about("When it was last changed by hand.")


@strawberry.type(description="An event on its way to a webhook.")
class WebhookDelivery(Node):
    """The type `WebhookDelivery`."""

    webhook_id: strawberry.ID = about("The webhook.")
    event_id: strawberry.ID = about("The event: the `webhook-id` of every attempt.")
    number: int = about("The event's number in its organization.")
    topic: str = about("What happened.")
    status: DeliveryStatus = about("Where it stands.")
    attempt: int = about("How often it was sent.")
    response_status: int | None = about("The HTTP status of the last answer, if there was one.")
    error: str | None = about("What was wrong with the last attempt.")
    at: datetime = about("When the last attempt ended; before the first, when it was taken up.")
    next_at: datetime | None = about("When it is sent again, at the earliest; null unless it is PENDING.")


@strawberry.type(description="The answer of a mutation on a webhook.")
class WebhookPayload:
    """The type `WebhookPayload`."""

    webhook: Webhook | None = about("The webhook, after; of deleteWebhook, as it was.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of createWebhook and rotateWebhookSecret.")
class CreateWebhookPayload:
    """The type `CreateWebhookPayload`."""

    webhook: Webhook | None = about("The webhook.")
    secret: str | None = about("`whsec_…`, what its deliveries are signed with. It is shown this once.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of redeliverWebhook.")
class RedeliverPayload:
    """The type `RedeliverPayload`."""

    delivery: WebhookDelivery | None = about("The delivery, to be sent again.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.input(description="A new webhook.")
class CreateWebhookInput:
    """The input `CreateWebhookInput`."""

    url: str = about(_URL)
    topics: list[str] = about(_TOPICS)
    organization_id: strawberry.ID | None = optional(ORGANIZATION_ID)


@strawberry.input(description="What to change of a webhook; what is left out stays.")
class UpdateWebhookInput:
    """The input `UpdateWebhookInput`."""

    id: strawberry.ID = about("`webhook_…`")
    url: str | None = optional(_URL)
    topics: list[str] | None = optional(_TOPICS)
    active: bool | None = optional("False: nothing is delivered. True: it goes on where it stopped.")


@strawberry.input(description="A webhook.")
class WebhookInput:
    """The input `WebhookInput`."""

    id: strawberry.ID = about("`webhook_…`")


@strawberry.input(description="A delivery.")
class RedeliverInput:
    """The input `RedeliverInput`."""

    delivery_id: strawberry.ID = about("`delivery_…`")


def webhook_type(row: WebhookRow) -> Webhook:
    """A row as its type, without the secrets."""
    return Webhook(
        id=strawberry.ID(encode_id(WEBHOOK, row.id)),
        url=row.url,
        topics=row.topic_list,
        active=row.active,
        inactive_reason=row.inactive_reason,
        failing_since=row.failing_since,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def delivery_type(row: DeliveryRow) -> WebhookDelivery:
    """A row as its type."""
    return WebhookDelivery(
        id=strawberry.ID(encode_id(DELIVERY, row.id)),
        webhook_id=strawberry.ID(encode_id(WEBHOOK, row.webhook_id)),
        event_id=strawberry.ID(encode_id(EVENT, row.event_id)),
        number=row.number,
        topic=row.topic,
        status=DeliveryStatus(row.status),
        attempt=row.attempt,
        response_status=row.response_status,
        error=row.error,
        at=row.at,
        next_at=row.next_at if row.status == "PENDING" else None,
    )
