"""Keys made, shown, revoked and noted as used: a key never gives what it lacks, nor learns of what it does not see."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from db.engine import Transaction
from db.organizations import api_key
from gateway.tokens import token_hash
from resolvers.access import ALL_SCOPES, DEFAULT_SCOPES, Scope
from resolvers.ids import KEY, ORGANIZATION, encode_id
from tests.contract.steps import neighbour, refused, unchanged, with_key
from tests.support.api import Api
from tests.support.state import dump

KEYS = "id name scopes createdAt expiresAt revokedAt lastUsedAt organizations { id }"


def held(api: Api, token: str) -> Api:
    """The same application, called with this key."""
    return Api(api.http, api.db, api.clock, token, api.org_id, api.new_id)


async def make(api: Api, **values: Any) -> dict[str, Any]:
    """The payload of createApiKey that must succeed."""
    given = {"name": "CRM", "organizationIds": [api.org], **values}
    return await api.done("createApiKey", f"token apiKey {{ {KEYS} }}", **given)


async def listed(api: Api) -> dict[str, dict[str, Any]]:
    """The organisation's keys by id."""
    found = (await api.ask(f"{{ apiKeys {{ {KEYS} }} }}"))["apiKeys"]
    return {key["id"]: key for key in found}


async def test_a_key_is_made_and_works_and_is_shown_once(api: Api) -> None:
    """The token is in the payload alone: neither in a list nor, as it is, in the database."""
    made = await make(api, name="  CRM ", scopes=["merge", "contacts:read"])
    key, token = made["apiKey"], made["token"]
    assert (key["name"], key["scopes"], key["organizations"]) == ("CRM", ["contacts:read", "merge"], [{"id": api.org}])
    assert (key["expiresAt"], key["revokedAt"], key["lastUsedAt"]) == (None, None, None)
    viewer = await held(api, token).ask("{ viewer { keyId name scopes organizations { id } } }")
    expected = {"keyId": key["id"], "name": "CRM", "scopes": key["scopes"], "organizations": [{"id": api.org}]}
    assert viewer["viewer"] == expected
    assert (await listed(api))[key["id"]]["scopes"] == key["scopes"]
    stored = str(await dump(api.db))
    assert str(token_hash(token)) in stored
    assert token[14:-6] not in stored


async def test_a_revoked_key_is_refused_from_the_next_request_on(api: Api) -> None:
    """Again it is answered as it stands; its own too; it stays in the list."""
    made = await make(api)
    user = held(api, made["token"])
    assert await user.ask("{ viewer { name } }")
    revoked = await api.done("revokeApiKey", "apiKey { revokedAt }", id=made["apiKey"]["id"])
    assert revoked["apiKey"]["revokedAt"] is not None
    answer = await user.send("{ viewer { name } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    api.clock.advance(minutes=5)
    assert await api.done("revokeApiKey", "apiKey { revokedAt }", id=made["apiKey"]["id"]) == revoked
    assert (await listed(api))[made["apiKey"]["id"]]["revokedAt"] == revoked["apiKey"]["revokedAt"]
    own = held(api, (await make(api, scopes=["keys"]))["token"])
    me = (await own.ask("{ viewer { keyId } }"))["viewer"]["keyId"]
    assert (await own.done("revokeApiKey", "apiKey { id }", id=me))["apiKey"] == {"id": me}
    assert "errors" in await own.send("{ viewer { name } }")


async def test_scopes_left_out_are_all_that_the_giver_has_but_keys(api: Api) -> None:
    """As on the command line; of a key with less, less."""
    assert (await make(api))["apiKey"]["scopes"] == sorted(DEFAULT_SCOPES)
    less = await with_key(api, scopes=frozenset({Scope.KEYS, Scope.MERGE}))
    assert (await make(less))["apiKey"]["scopes"] == ["merge"]


async def test_no_key_gives_what_it_lacks(api: Api) -> None:
    """Neither a scope nor a longer life; each is named, and nothing is made."""
    less = await with_key(api, scopes=frozenset({Scope.KEYS, Scope.MERGE}))
    for scope in sorted(ALL_SCOPES - {Scope.KEYS, Scope.MERGE}):
        found = await refused(less, "createApiKey", name="x", organizationIds=[api.org], scopes=["merge", scope])
        assert found == [("FORBIDDEN", ["scopes", "1"], None)], scope
    ends = api.clock() + timedelta(days=1)
    short = held(api, (await make(api, scopes=["keys"], expiresAt=ends.isoformat()))["token"])
    inherited = (await make(short, scopes=["keys"]))["apiKey"]["expiresAt"]
    assert inherited == (await listed(api))[(await short.ask("{ viewer { keyId } }"))["viewer"]["keyId"]]["expiresAt"]
    later = (ends + timedelta(seconds=1)).isoformat()
    found = await refused(short, "createApiKey", name="x", organizationIds=[api.org], scopes=["keys"], expiresAt=later)
    assert found == [("FORBIDDEN", ["expiresAt"], None)]
    api.clock.advance(days=1)
    assert "errors" in await short.send("{ viewer { name } }"), "expired"


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"name": " "}, "BAD_USER_INPUT", ["name"]),
        ({"name": "x" * 201}, "BAD_USER_INPUT", ["name"]),
        ({"scopes": []}, "BAD_USER_INPUT", ["scopes"]),
        ({"scopes": ["merge", "read"]}, "BAD_USER_INPUT", ["scopes", "1"]),
        ({"organizationIds": []}, "BAD_USER_INPUT", ["organizationIds"]),
        ({"organizationIds": ["acme"]}, "BAD_USER_INPUT", ["organizationIds", "0"]),
        ({"expiresAt": "2001-01-01T00:00:00Z"}, "BAD_USER_INPUT", ["expiresAt"]),
    ],
)
async def test_what_is_no_key_is_refused(api: Api, values: dict[str, Any], code: str, field: list[str]) -> None:
    """Each with the field, and nothing made."""
    given = {"name": "x", "organizationIds": [api.org], **values}
    assert await refused(api, "createApiKey", **given) == [(code, field, None)]


async def test_keys_of_others(api: Api) -> None:
    """An organisation that is not the caller's is NOT_FOUND like one that nobody has; a key that sees another one too
    is shown without it, and cannot be cut off; neither is listed next door."""
    other = await neighbour(api)
    for stranger in (other.org, encode_id(ORGANIZATION, api.new_id())):
        found = await refused(api, "createApiKey", name="x", organizationIds=[api.org, stranger])
        assert found == [("NOT_FOUND", ["organizationIds", "1"], None)]
    both = await with_key(api, api.org_id, other.org_id)
    key = (await both.ask("{ viewer { keyId } }"))["viewer"]["keyId"]
    assert (await listed(api))[key]["organizations"] == [{"id": api.org}]
    assert await refused(api, "revokeApiKey", id=key) == [("FORBIDDEN", ["id"], None)]
    mine = (await make(api))["apiKey"]["id"]
    assert mine not in await listed(other)
    shared = (await make(both, organizationIds=[api.org, other.org]))["apiKey"]
    assert [org["id"] for org in shared["organizations"]] == sorted([api.org, other.org])
    assert (await other.ask("query ($id: ID!) { node(id: $id) { id } }", id=mine))["node"] is None
    for nobodys in (encode_id(KEY, api.new_id()), mine):
        assert await refused(other, "revokeApiKey", id=nobodys) == [("NOT_FOUND", ["id"], None)]
    assert await refused(api, "revokeApiKey", id="key") == [("BAD_USER_INPUT", ["id"], None)]


async def _noted(api: Api, key: str) -> Any:
    """lastUsedAt once what is written in the background is written: it goes before any later write."""
    await api.contact()
    return (await listed(api))[key]["lastUsedAt"]


async def test_the_last_use_is_noted_once_a_minute(api: Api) -> None:
    """To the minute, and not at all by a request that was refused."""
    made = await make(api)
    user, key = held(api, made["token"]), made["apiKey"]["id"]
    await asyncio.gather(*(user.ask("{ viewer { name } }") for _ in range(5)))
    first = await _noted(api, key)
    assert first is not None
    api.clock.advance(seconds=30)
    await user.ask("{ viewer { name } }")
    assert await _noted(api, key) == first
    api.clock.advance(seconds=31)
    await user.ask("{ viewer { name } }")
    assert await _noted(api, key) > first
    await api.done("revokeApiKey", "apiKey { id }", id=key)
    before = await _noted(api, key)
    api.clock.advance(minutes=2)
    await user.send("{ viewer { name } }")
    assert await _noted(api, key) == before


async def test_noting_the_use_holds_no_request_up(api: Api) -> None:
    """A first request is answered while another transaction holds the row, or on SQLite the one writer's place."""
    made = await make(api)
    held_row, let_go = asyncio.Event(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        await tx.rows(select(api_key.c.id).with_for_update())
        held_row.set()
        await let_go.wait()

    holder = asyncio.create_task(api.db.write(hold))
    await held_row.wait()
    answer = await asyncio.wait_for(held(api, made["token"]).ask("{ viewer { name } }"), 20)
    assert answer == {"viewer": {"name": "CRM"}}
    assert not holder.done()
    let_go.set()
    await holder
    assert await _noted(api, made["apiKey"]["id"]) is not None


async def test_a_key_revoked_meanwhile_gives_none(api: Api) -> None:
    """The giver is looked at again where the key is written."""
    made = await make(api, scopes=["keys"])
    giver = held(api, made["token"])
    both = await asyncio.gather(
        *(giver.send(_MAKE, {"org": api.org}) for _ in range(4)),
        api.done("revokeApiKey", "apiKey { id }", id=made["apiKey"]["id"]),
    )
    answers = both[:4]
    given = [answer for answer in answers if (answer.get("data") or {}).get("made", {"token": None})]
    async with unchanged(api):
        after = await giver.send(_MAKE, {"org": api.org})
    assert [error["extensions"]["code"] for error in after["errors"]] == ["UNAUTHENTICATED"]
    number = await api.db.read(lambda tx: tx.row(select(func.count()).select_from(api_key)))
    assert number is not None
    succeeded = [answer for answer in given if "errors" not in answer and answer["data"]["made"]["token"]]
    assert number[0] == 2 + len(succeeded), "the test's own, the giver, and those that were answered"


_MAKE = """mutation ($org: ID!) { made: createApiKey(input: {name: "x", organizationIds: [$org], scopes: ["keys"]}) {
    token userErrors { code } } }"""
