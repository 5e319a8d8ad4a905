"""What many tests of the contract do: prove that nothing changed, set the rules, make ids that nobody has."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx

from resolvers.access import ALL_SCOPES, Act, Actor, Scope
from resolvers.ids import CONTACT, encode_id
from tests.support.api import Api, make_key, make_org
from tests.support.state import dump


@asynccontextmanager
async def unchanged(api: Api) -> AsyncIterator[None]:
    """Whatever is done inside leaves every row of every table as it was."""
    before = await dump(api.db)
    yield
    assert await dump(api.db) == before


async def refused(api: Api, name: str, /, **values: Any) -> list[tuple[str, list[str] | None, str | None]]:
    """(code, field, contactId) of each user error of a mutation that must change nothing."""
    async with unchanged(api):
        return await errors_of(api, name, **values)


async def errors_of(api: Api, name: str, /, **values: Any) -> list[tuple[str, list[str] | None, str | None]]:
    """The same without the proof, for loops that stand inside one `unchanged`."""
    errors = await api.refused(name, **values)
    for error in errors:
        assert error["message"], error
    return [(error["code"], error["field"], error["contactId"]) for error in errors]


async def settings(api: Api, **values: Any) -> None:
    """Changes the organisation's merge settings."""
    await api.done("updateMergeSettings", "mergeSettings { organizationId }", **values)


async def get(api: Api, contact: str, fields: str) -> dict[str, Any]:
    """The fields of a contact that must be there."""
    found = await api.read(contact, fields)
    assert found is not None, contact
    return found


async def listed(api: Api, **arguments: Any) -> list[str]:
    """The ids of one page of contacts."""
    query = """query ($filter: ContactFilter, $orderBy: ContactOrder, $organizationId: ID) {
      contacts(first: 100, filter: $filter, orderBy: $orderBy, organizationId: $organizationId) { nodes { id } } }"""
    return [node["id"] for node in (await api.ask(query, **arguments))["contacts"]["nodes"]]


def unknown_id(api: Api) -> str:
    """A well-formed contact id that nobody has."""
    return encode_id(CONTACT, api.new_id())


def act_of(api: Api) -> Act:
    """An act of a key of the organisation, for calls below the schema."""
    return Act(Actor(api.new_id(), "tests", (api.org_id,), ALL_SCOPES), api.clock(), api.new_id)


async def with_key(api: Api, *orgs: UUID, scopes: frozenset[Scope] = ALL_SCOPES) -> Api:
    """The same application, called with another key (of `api`'s organisation when none is named)."""
    seen = orgs or (api.org_id,)
    token = await make_key(api.db, api.clock, api.new_id, seen, scopes=scopes)
    return Api(api.http, api.db, api.clock, token, seen[0], api.new_id)


async def neighbour(api: Api) -> Api:
    """Another organisation of the same application, with a key of its own."""
    return await with_key(api, await make_org(api.db, api.clock, api.new_id, "Neighbour"))


def api_answer(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what differs from request to request."""
    for error in answer.get("errors", []):
        error.get("extensions", {}).pop("requestId", None)
    return answer


async def post(api: Api, query: str, variables: object = None) -> httpx.Response:
    """The bare answer; unlike httpx this sends lone surrogates, NaN and whatever else Python can spell as JSON."""
    body = json.dumps({"query": query, "variables": variables})
    headers = {"authorization": f"Bearer {api.token}", "content-type": "application/json"}
    return await api.http.post("/graphql", content=body, headers=headers)


async def refused_at_the_top(api: Api, query: str, variables: object = None) -> str:
    """The message of a request that is refused as a whole: one error, BAD_USER_INPUT, no data."""
    answer = await post(api, query, variables)
    body = answer.json()
    assert answer.status_code in (200, 400), body
    assert body.get("data") is None or set(body["data"].values()) == {None}, body
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"], body
    return str(body["errors"][0]["message"])
