"""Acts on webhooks, as tests/db/acts.py has those on contacts: making and changing them, and one step of delivering."""

from datetime import timedelta
from typing import Any

from db import deliveries
from db.webhooks import WebhookRow
from resolvers.events import delivering, webhooks
from resolvers.events.addresses import AddressRules
from resolvers.events.choosing import Outcome
from resolvers.events.delivering import DeliveryTerms, Moment
from resolvers.ids import DELIVERY, WEBHOOK, encode_id
from resolvers.paging import PageArguments
from tests.db.acts import Prepared
from tests.db.world import World

_RULES = AddressRules()
_NEW = {"url": "https://hooks.example.com/", "topics": webhooks.TOPICS}


async def _hook(world: World) -> WebhookRow:
    return (await webhooks.create_webhook(world.db, world.act, _NEW, world.org_id, _RULES)).hook


def _moment(world: World, size: int) -> Moment:
    return Moment(world.act.now, world.act.new_id, lambda: 0.0, DeliveryTerms(at_once=size))


async def _claimed(world: World) -> Any:
    found = await delivering.claim_webhooks(world.db, [world.org_id], 1_000, 60.0)
    return next(lease for lease in found if lease.org_id == world.org_id)


async def make(world: World, size: int) -> Prepared:
    """A webhook, behind events that have no number yet."""
    await world.contacts(size)
    return lambda: _hook(world)


async def take_up(world: World, size: int) -> Prepared:
    """The step that finds new events."""
    await _hook(world)
    await world.contacts(size)
    lease = await _claimed(world)
    return lambda: delivering.step(world.db, lease, [], frozenset(), _moment(world, size))


async def note(world: World, size: int) -> Prepared:
    """The step that notes what came of them, the last of which failed."""
    await _hook(world)
    await world.contacts(size)
    lease = await _claimed(world)
    begun = await delivering.step(world.db, lease, [], frozenset(), _moment(world, size))
    outcomes = [Outcome(one.row, 500, "x") for one in begun.send]
    return lambda: delivering.step(world.db, lease, outcomes, frozenset(), _moment(world, size))


async def change(world: World, size: int) -> Prepared:
    """Switched on again, with another URL and deliveries that wait."""
    hook = await _hook(world)
    shown = encode_id(WEBHOOK, hook.id)
    await world.contacts(size)
    lease = await _claimed(world)
    await delivering.step(world.db, lease, [], frozenset(), _moment(world, size))
    await webhooks.update_webhook(world.db, world.act, {"id": shown, "active": False}, _RULES)
    values = {"id": shown, "active": True, "url": "https://hooks.example.com/new"}
    return lambda: webhooks.update_webhook(world.db, world.act, values, _RULES)


async def send_again(world: World, size: int) -> Prepared:
    """A delivery of many, once more."""
    hook = await _hook(world)
    await world.contacts(size)
    await delivering.step(world.db, await _claimed(world), [], frozenset(), _moment(world, size))
    (last,) = (await world.db.read(lambda tx: deliveries.deliveries_page(tx, world.org_id, hook.id, None, 1, None)))[:1]
    return lambda: webhooks.redeliver(world.db, world.act, encode_id(DELIVERY, last.id))


async def remove(world: World, size: int) -> Prepared:
    """A webhook with deliveries."""
    hook = await _hook(world)
    await world.contacts(size)
    await delivering.step(world.db, await _claimed(world), [], frozenset(), _moment(world, size))
    return lambda: webhooks.delete_webhook(world.db, world.act, encode_id(WEBHOOK, hook.id))


async def read(world: World) -> None:
    """Everything that is read of webhooks, and what is forgotten."""
    hook = await _hook(world)
    await webhooks.list_webhooks(world.db, world.act, world.org_id)
    await webhooks.rotate_secret(world.db, world.act, encode_id(WEBHOOK, hook.id))
    await webhooks.delivery_by_id(world.db, world.act, encode_id(DELIVERY, world.act.new_id()))
    for status in (None, "DEAD"):
        await webhooks.list_deliveries(world.db, hook, status, PageArguments(2, False, None, None))
        await webhooks.count_deliveries(world.db, hook, status)
    await delivering.organizations_behind(world.db)
    await world.db.write(lambda tx: deliveries.make_all_due(tx, world.org_id, hook.id, world.act.now))
    await delivering.forget_old(world.db, world.act.now - timedelta(days=1))
