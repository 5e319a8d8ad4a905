"""Acts on API keys, as tests/db/acts.py has those on contacts."""

from dataclasses import replace
from uuid import UUID

from db.organizations import create_organization
from resolvers import keys
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.ids import KEY, ORGANIZATION, encode_id
from resolvers.keys import Token
from resolvers.organizations import KeyRequest, actor_of_token, create_key
from tests.db.acts import Prepared
from tests.db.world import World


async def _giver(world: World, size: int) -> tuple[Act, list[UUID]]:
    """An act of a key that sees `size` further organisations, and these."""
    orgs = [world.act.new_id() for _ in range(size)]
    row = {"name": "x", "ref_key": b"x" * 32, "is_demo": False, "created_at": world.act.now}
    for org_id in orgs:
        await world.db.write(lambda tx, org_id=org_id: create_organization(tx, {"id": org_id, **row}))  # type: ignore[misc]
    key_id, seen = world.act.new_id(), (world.org_id, *orgs)
    await create_key(world.db, key_id, str(key_id), KeyRequest(seen, ALL_SCOPES), world.act.now)
    return replace(world.act, actor=Actor(key_id, None, seen, ALL_SCOPES)), orgs


async def _made(world: World, act: Act, orgs: list[UUID]) -> str:
    given = {"name": "x", "organizationIds": [encode_id(ORGANIZATION, org_id) for org_id in orgs]}
    row = await keys.create_api_key(world.db, act, given, Token("", str(world.act.new_id())))
    return encode_id(KEY, row.id)


async def make(world: World, size: int) -> Prepared:
    """A key of many organisations."""
    act, orgs = await _giver(world, size)
    return lambda: _made(world, act, orgs)


async def revoke(world: World, size: int) -> Prepared:
    """A key of many organisations is ended."""
    act, orgs = await _giver(world, size)
    key = await _made(world, act, orgs)
    return lambda: keys.revoke_api_key(world.db, act, key)


async def read(world: World) -> None:
    """The keys of an organisation, one key, and who holds one."""
    act, orgs = await _giver(world, 1)
    key = await _made(world, act, orgs)
    await keys.keys_of_organization(world.db, act, world.org_id)
    await keys.api_key_by_id(world.db, act, key)
    await actor_of_token(world.db, str(act.actor.key_id), act.now)
