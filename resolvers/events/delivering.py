"""One step of delivering for a webhook: note what came of attempts, take up new events, say what to send next.

Each step is one transaction that renews the lease first, by its fencing number: who has lost it writes nothing. So an
event has a delivery or lies behind the webhook's position, whoever is killed when, and two processes never send for one
webhook at the same time.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from db import deliveries, outbox, webhook_leases, webhooks
from db.deliveries import DeliveryRow, PendingRow
from db.engine import Database, Transaction
from db.organizations import organization_ids
from db.outbox import EventRow
from db.webhook_leases import NEVER, Lease, LeaseLost
from db.webhooks import WebhookRow
from resolvers.events.choosing import (
    DOWN_AFTER,
    Jitter,
    Outcome,
    attempted,
    heads,
    hook_after,
    lost,
    ready,
    seconds_to_next,
)

_TAKEN_UP = 100  # events that one step takes up
_FORGOTTEN, _ORGANIZATIONS = 1_000, 500  # rows of a transaction, so that nobody waits long behind it; of how many
_LOOKED_AT = (100, 1_000, 10_000)  # deliveries: more only while all of those wait behind others


@dataclass(frozen=True)
class DeliveryTerms:
    """`give_up`: for how long a delivery is tried, and a webhook may fail; `lease`: seconds; `at_once`: how many
    deliveries of one webhook are in flight."""

    give_up: timedelta = timedelta(hours=72)
    lease: float = 15.0
    at_once: int = 8


@dataclass(frozen=True)
class Step:
    """What to do next: `send` now; look again after `wait` seconds, or at news. `is_over`: the lease is given back."""

    hook: WebhookRow
    send: Sequence[PendingRow]
    wait: float
    is_over: bool


@dataclass(frozen=True)
class Moment:
    """When, and by what rules."""

    now: datetime
    new_id: Callable[[], UUID]
    jitter: Jitter
    terms: DeliveryTerms


async def claim_webhooks(db: Database, woken: Collection[UUID], limit: int, seconds: float) -> list[Lease]:
    """Leases on webhooks with something to do. Looked at first: an idle process must not take the one writer's turn."""
    orgs = list(woken)
    if not limit or not await db.read(lambda tx: webhook_leases.is_any_free(tx, orgs)):
        return []
    return await db.write(lambda tx: webhook_leases.claim(tx, orgs, limit, seconds))


async def seconds_to_due(db: Database) -> float:
    """How long until a webhook that nobody delivers for is due."""
    return await db.read(webhook_leases.seconds_to_next)


async def organizations_behind(db: Database) -> set[UUID]:
    """Those with events that a webhook has not taken up: what no notice told of."""

    async def look(tx: Transaction) -> set[UUID]:
        orgs = await webhook_leases.organizations_with_webhooks(tx)
        return set(await webhooks.organizations_behind(tx, orgs)) if orgs else set()

    return await db.read(look)


async def step(
    db: Database,
    lease: Lease,
    outcomes: Sequence[Outcome],
    in_flight: Collection[UUID],
    moment: Moment,
    *,
    is_last: bool = False,
) -> Step:
    """Writes the outcomes, and says what is to be sent beside what is in flight. `is_last`: nothing more is to be sent
    by this process. Raises LeaseLost."""
    return await db.write(lambda tx: _step(tx, lease, outcomes, in_flight, moment, is_last))


async def _step(
    tx: Transaction,
    lease: Lease,
    outcomes: Sequence[Outcome],
    in_flight: Collection[UUID],
    moment: Moment,
    is_last: bool,
) -> Step:
    await webhook_leases.renew(tx, lease, moment.terms.lease)
    hook = await webhooks.lock_webhook(tx, lease.org_id, lease.webhook_id)
    if hook is None:
        raise LeaseLost
    hook = await _note(tx, hook, outcomes, moment)
    found: Sequence[PendingRow] = ()
    if hook.active and not is_last:
        hook = await _take_up(tx, hook, moment)
        found, wait = await _look(tx, hook, in_flight, moment)
    else:
        wait = 0.0 if is_last else NEVER
    is_over = not found and not in_flight
    if is_over:
        await webhook_leases.let_go(tx, lease, wait)
    return Step(hook, found, wait, is_over)


async def _note(tx: Transaction, hook: WebhookRow, outcomes: Sequence[Outcome], moment: Moment) -> WebhookRow:
    if not outcomes:
        return hook
    now, terms = moment.now, moment.terms
    await deliveries.save_deliveries(tx, [attempted(one, now, terms.give_up, moment.jitter) for one in outcomes])
    after = hook_after(hook, outcomes, now, terms.give_up, moment.jitter)
    if after != hook:
        names = ("active", "inactive_reason", "failures", "failing_since", "try_at")
        await webhooks.change_webhook(tx, after, {name: getattr(after, name) for name in names})
    if after.failures < DOWN_AFTER <= hook.failures:  # it is back: what it missed need not wait any longer
        await deliveries.make_all_due(tx, hook.org_id, hook.id, now)
    return after


async def _take_up(tx: Transaction, hook: WebhookRow, moment: Moment) -> WebhookRow:
    """Makes deliveries of the next events, and moves the webhook's position behind them."""
    if await outbox.has_new(tx, hook.org_id):
        await outbox.number_events(tx, hook.org_id)
    while events := await outbox.events_after(tx, hook.org_id, hook.position, _TAKEN_UP):
        wanted = [event for event in events if event.topic in hook.topic_list]
        await deliveries.add_deliveries(tx, [_new(hook, event, moment) for event in wanted])
        hook = replace(hook, position=events[-1].number)
        await webhooks.change_webhook(tx, hook, {"position": hook.position})
        if wanted:
            break
    return hook


async def _look(
    tx: Transaction, hook: WebhookRow, in_flight: Collection[UUID], moment: Moment
) -> tuple[list[PendingRow], float]:
    """(what may be sent, in how many seconds there will be more)."""
    now, found, wait = moment.now, list[PendingRow](), NEVER
    for limit in _LOOKED_AT[:1] if hook.failures >= DOWN_AFTER else _LOOKED_AT:
        waiting = await deliveries.pending(tx, hook.org_id, hook.id, limit)
        gone = [one for one in waiting if one.event is None and one.row.id not in in_flight]
        await deliveries.save_deliveries(tx, [lost(one.row, now) for one in gone])
        free = heads([one for one in waiting if one not in gone], in_flight)
        found = ready(hook, free, len(in_flight), now, moment.terms.at_once)
        soonest = seconds_to_next(hook, free, now)
        wait = NEVER if soonest is None else soonest
        if found or len(waiting) < limit or len(in_flight) >= moment.terms.at_once:
            break
    return found, wait


async def forget_old(db: Database, before: datetime) -> None:
    """Deletes events and deliveries from before that are not to be delivered any more."""
    orgs = await db.read(organization_ids)
    for start in range(0, len(orgs), _ORGANIZATIONS):
        some = orgs[start : start + _ORGANIZATIONS]
        forget = partial(deliveries.forget_old, orgs=some, before=before, limit=_FORGOTTEN)
        while await db.write(forget):
            pass


def _new(hook: WebhookRow, event: EventRow, moment: Moment) -> DeliveryRow:
    return DeliveryRow(
        org_id=hook.org_id,
        id=moment.new_id(),
        webhook_id=hook.id,
        event_id=event.id,
        number=event.number,
        topic=event.topic,
        status="PENDING",
        attempt=0,
        response_status=None,
        error=None,
        since=moment.now,
        at=moment.now,
        next_at=moment.now,
    )
