"""Webhooks as their owners see and change them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from db import deliveries, outbox, webhook_leases, webhooks
from db.deliveries import DeliveryRow
from db.engine import Database, Transaction
from db.organizations import lock_organization
from db.webhooks import WebhookRow
from resolvers.access import Act, Scope, organization_for_input, require
from resolvers.errors import ErrorCode, refuse
from resolvers.events.addresses import AddressRules, url_problem
from resolvers.events.recording import Topic
from resolvers.events.signing import new_secret
from resolvers.ids import DELIVERY, WEBHOOK, decode_id, encode_id
from resolvers.paging import Page, PageArguments, cut_page, decode_cursor, encode_cursor

MAXIMUM_WEBHOOKS = 20  # of an organisation
TOPICS = [topic.value for topic in Topic]
OLD_SECRET = timedelta(hours=24)
_ORDER = "delivery"
_OFF = "It was switched off by updateWebhook."
_NO_WEBHOOK = "Not a webhook id: they look like webhook_01j…."


@dataclass(frozen=True)
class Secret:
    """A webhook with the secret that is shown this once."""

    hook: WebhookRow
    secret: str


async def list_webhooks(db: Database, act: Act, org_id: UUID) -> list[WebhookRow]:
    """All of an organisation, oldest first."""
    require(act.actor, Scope.WEBHOOKS)
    return await db.read(lambda tx: webhooks.webhooks_of(tx, org_id))


async def webhook_by_id(db: Database, act: Act, webhook: str) -> WebhookRow | None:
    """One that the key may see; None for anything else."""
    require(act.actor, Scope.WEBHOOKS)
    webhook_id = decode_id(WEBHOOK, webhook)
    if webhook_id is None:
        return None
    orgs = act.actor.organizations
    return (await db.read(lambda tx: webhooks.webhooks_by_id(tx, orgs, [webhook_id]))).get(webhook_id)


async def delivery_by_id(db: Database, act: Act, delivery: str) -> DeliveryRow | None:
    """One that the key may see; None for anything else."""
    require(act.actor, Scope.WEBHOOKS)
    delivery_id = decode_id(DELIVERY, delivery)
    if delivery_id is None:
        return None
    return await db.read(lambda tx: deliveries.delivery_by_id(tx, act.actor.organizations, delivery_id))


async def list_deliveries(db: Database, hook: WebhookRow, status: str | None, page: PageArguments) -> Page[DeliveryRow]:
    """Of a webhook that the key may see, newest first."""
    after = decode_cursor(page.after, "after", _ORDER, _no_value)
    start = after[1] if after else None
    rows = await db.read(lambda tx: deliveries.deliveries_page(tx, hook.org_id, hook.id, status, page.limit, start))
    return cut_page(rows, page, lambda row: encode_cursor(_ORDER, None, row.id))


async def count_deliveries(db: Database, hook: WebhookRow, status: str | None) -> int:
    """How many of a webhook are kept."""
    return await db.read(lambda tx: deliveries.count_deliveries(tx, hook.org_id, hook.id, status))


async def create_webhook(
    db: Database, act: Act, raw: Mapping[str, Any], asked: UUID | None, rules: AddressRules
) -> Secret:
    """A new one, told of what happens from now on. Raises Refused."""
    require(act.actor, Scope.WEBHOOKS)
    org_id = organization_for_input(act.actor, asked)
    url, topics = _read_url(raw["url"], rules), _read_topics(raw["topics"])
    return await db.write(lambda tx: _create(tx, act, org_id, url, topics))


async def _create(tx: Transaction, act: Act, org_id: UUID, url: str, topics: str) -> Secret:
    await lock_organization(tx, org_id)
    if await webhooks.count_webhooks(tx, org_id) >= MAXIMUM_WEBHOOKS:
        message = f"The organization has {MAXIMUM_WEBHOOKS} webhooks, and no more fit. Delete one, or use one for more."
        raise refuse(ErrorCode.BAD_USER_INPUT, message)
    await outbox.number_events(tx, org_id)  # it is told of what comes after these
    secret = new_secret()
    hook = WebhookRow(
        org_id=org_id,
        id=act.new_id(),
        url=url,
        topics=topics,
        active=True,
        inactive_reason=None,
        secret=secret,
        old_secret=None,
        old_secret_until=None,
        position=await outbox.last_number(tx, org_id),
        failures=0,
        failing_since=None,
        try_at=act.now,
        created_at=act.now,
        updated_at=act.now,
    )
    await webhooks.add_webhook(tx, hook)
    return Secret(hook, secret)


async def update_webhook(db: Database, act: Act, raw: Mapping[str, Any], rules: AddressRules) -> WebhookRow:
    """Changes its URL, its topics, or whether it is active; switched on again, it goes on where it stopped, as far as
    events are kept. Raises Refused."""
    require(act.actor, Scope.WEBHOOKS)
    webhook_id = _read_id(raw["id"], "id")
    values: dict[str, Any] = {}
    if raw.get("url") is not None:
        values["url"] = _read_url(raw["url"], rules)
    if raw.get("topics") is not None:
        values["topics"] = _read_topics(raw["topics"])
    for name in ("url", "topics", "active"):
        if name in raw and raw[name] is None:
            raise refuse(ErrorCode.BAD_USER_INPUT, f"{name} cannot be null. Leave it out to keep it.", name)
    return await db.write(lambda tx: _update(tx, act, webhook_id, values, raw.get("active")))


async def _update(
    tx: Transaction, act: Act, webhook_id: UUID, values: dict[str, Any], active: bool | None
) -> WebhookRow:
    hook = await _locked(tx, act, webhook_id)
    if active is True and not hook.active:
        values |= {"failures": 0, "failing_since": None, "try_at": act.now}
        await deliveries.begin_again(tx, hook.org_id, hook.id, act.now)
    if active is not None and active != hook.active:
        values |= {"active": active, "inactive_reason": None if active else _OFF}
    return await _save(tx, act, hook, values)


async def rotate_secret(db: Database, act: Act, webhook: str) -> Secret:
    """A new secret. For a day deliveries carry a signature by the old one too. Raises Refused."""
    require(act.actor, Scope.WEBHOOKS)
    webhook_id = _read_id(webhook, "id")
    return await db.write(lambda tx: _rotate(tx, act, webhook_id))


async def _rotate(tx: Transaction, act: Act, webhook_id: UUID) -> Secret:
    hook = await _locked(tx, act, webhook_id)
    secret = new_secret()
    values = {"secret": secret, "old_secret": hook.secret, "old_secret_until": act.now + OLD_SECRET}
    return Secret(await _save(tx, act, hook, values), secret)


async def delete_webhook(db: Database, act: Act, webhook: str) -> WebhookRow:
    """It and its deliveries; what is in flight is not called back. Raises Refused."""
    require(act.actor, Scope.WEBHOOKS)
    webhook_id = _read_id(webhook, "id")
    return await db.write(lambda tx: _delete(tx, act, webhook_id))


async def _delete(tx: Transaction, act: Act, webhook_id: UUID) -> WebhookRow:
    hook = await _locked(tx, act, webhook_id)
    await deliveries.delete_deliveries(tx, hook.org_id, hook.id)
    await webhooks.delete_webhook(tx, hook)
    return hook


async def redeliver(db: Database, act: Act, delivery: str) -> DeliveryRow:
    """Sends an event once more, by the same id, for as long as deliveries are tried. Raises Refused."""
    require(act.actor, Scope.WEBHOOKS)
    delivery_id = decode_id(DELIVERY, delivery)
    if delivery_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a delivery id: they look like delivery_01j….", "deliveryId")
    return await db.write(lambda tx: _redeliver(tx, act, delivery_id))


async def _redeliver(tx: Transaction, act: Act, delivery_id: UUID) -> DeliveryRow:
    found = await deliveries.delivery_by_id(tx, act.actor.organizations, delivery_id)
    if found is None:
        raise refuse(ErrorCode.NOT_FOUND, f"Delivery not found: {encode_id(DELIVERY, delivery_id)}.", "deliveryId")
    hook = await _locked(tx, act, found.webhook_id)
    if not hook.active:
        message = "The webhook is switched off. Switch it on first: updateWebhook(input: {id: …, active: true})."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "deliveryId")
    if not await deliveries.is_event_kept(tx, found):
        raise refuse(ErrorCode.NOT_FOUND, "The event of this delivery is no longer kept.", "deliveryId")
    again = replace(found, status="PENDING", since=act.now, next_at=act.now)
    await deliveries.save_deliveries(tx, [again])
    tx.wake(hook.org_id)
    return again


async def _locked(tx: Transaction, act: Act, webhook_id: UUID) -> WebhookRow:
    """Locks its lease, then itself, as who delivers does; it is due afterwards."""
    seen = (await webhooks.webhooks_by_id(tx, act.actor.organizations, [webhook_id])).get(webhook_id)
    if seen is not None:
        await webhook_leases.make_due(tx, webhook_id)
        seen = await webhooks.lock_webhook(tx, seen.org_id, webhook_id)
    if seen is None:
        raise refuse(ErrorCode.NOT_FOUND, f"Webhook not found: {encode_id(WEBHOOK, webhook_id)}.", "id")
    return seen


async def _save(tx: Transaction, act: Act, hook: WebhookRow, values: dict[str, Any]) -> WebhookRow:
    values = values | {"updated_at": act.now}
    await webhooks.change_webhook(tx, hook, values)
    tx.wake(hook.org_id)
    return replace(hook, **values)


def _read_id(text: str, field: str) -> UUID:
    webhook_id = decode_id(WEBHOOK, text)
    if webhook_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, _NO_WEBHOOK, field)
    return webhook_id


def _read_url(url: str, rules: AddressRules) -> str:
    problem = url_problem(url, rules)
    if problem is not None:
        raise refuse(ErrorCode.BAD_USER_INPUT, problem, "url")
    return url


def _read_topics(topics: Sequence[str]) -> str:
    unknown = next((one for one in topics if one not in TOPICS), None)
    if not topics or unknown is not None:
        wrong = "topics is empty." if unknown is None else "There is no such topic."
        place = [] if unknown is None else [str(list(topics).index(unknown))]
        raise refuse(ErrorCode.BAD_USER_INPUT, f"{wrong} There are: {', '.join(TOPICS)}.", "topics", *place)
    return "," + ",".join(dict.fromkeys(topics)) + ","


def _no_value(value: Any) -> None:
    if value is not None:
        raise ValueError("a cursor of deliveries has no value")
