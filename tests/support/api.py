"""A client of the whole application, in process, with organisations, keys and a clock of the test's own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch
from uuid import UUID

import httpx

from db.engine import Database
from gateway.app import create_app
from gateway.settings import Settings
from gateway.tokens import new_token, token_hash
from resolvers.access import ALL_SCOPES, Scope
from resolvers.ids import ORGANIZATION, IdSource, encode_id
from resolvers.organizations import KeyRequest, create_key, create_organization
from schema.build import build_schema

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> datetime:
        """Moves by a timedelta's arguments; the new time."""
        self.now += timedelta(**span)
        return self.now


@dataclass
class Api:
    """Sends GraphQL with one key. `org_id` is the organisation that the key sees (the first of them)."""

    http: httpx.AsyncClient
    db: Database
    clock: Clock
    token: str
    org_id: UUID
    new_id: Callable[[], UUID]
    key_name: str = "tests"
    others: list[UUID] = field(default_factory=list)

    @property
    def org(self) -> str:
        """The organisation's id as clients know it."""
        return encode_id(ORGANIZATION, self.org_id)

    async def send(self, query: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The whole answer: data and errors."""
        answer = await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables or {}},
            headers={"authorization": f"Bearer {self.token}", **headers},
        )
        found: dict[str, Any] = answer.json()
        return found

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """`data` of an answer without errors."""
        answer = await self.send(query, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def act(self, name: str, fields: str, /, **values: Any) -> dict[str, Any]:
        """The payload of one mutation; `fields` beside its userErrors."""
        kind = _INPUTS.get(name, name[0].upper() + name[1:] + "Input")
        query = (
            f"mutation ($input: {kind}!) {{ {name}(input: $input) "
            f"{{ {fields} userErrors {{ code message field contactId }} }} }}"
        )
        data = await self.ask(query, input=values)
        payload: dict[str, Any] = data[name]
        return payload

    async def done(self, name: str, fields: str, /, **values: Any) -> dict[str, Any]:
        """The payload of a mutation that must succeed."""
        payload = await self.act(name, fields, **values)
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def refused(self, name: str, /, **values: Any) -> list[dict[str, Any]]:
        """The user errors of a mutation that must be refused."""
        payload = await self.act(name, "__typename", **values)
        errors: list[dict[str, Any]] = payload["userErrors"]
        assert errors, f"{name} was not refused"
        return errors

    async def contact(self, **values: Any) -> str:
        """The id of a new contact."""
        payload = await self.done("createContact", "contact { id }", **values)
        return str(payload["contact"]["id"])

    async def merge(self, primary: str, /, *sources: str, **values: Any) -> dict[str, Any]:
        """The payload of a merge that must succeed."""
        given: dict[str, Any] = {"primaryContactId": primary, **values}
        if sources:
            given["sourceContactIds"] = list(sources)
        return await self.done("mergeContacts", _MERGED, **given)

    async def read(self, contact: str, fields: str, /, *, follow: bool = False) -> dict[str, Any] | None:
        """A contact's fields, or None."""
        query = f"query ($id: ID!, $follow: Boolean!) {{ contact(id: $id, followMerges: $follow) {{ {fields} }} }}"
        found: dict[str, Any] | None = (await self.ask(query, id=contact, follow=follow))["contact"]
        return found


# One for all applications of this process, as a server has one for all its requests: putting it together, and checking
# the same documents anew in it, would be a third of most tests.
_one_schema = cache(build_schema)
_INPUTS = {
    "unmarkDistinct": "MarkDistinctInput",
    "redeliverWebhook": "RedeliverInput",
    **dict.fromkeys(("deleteWebhook", "rotateWebhookSecret"), "WebhookInput"),
    **dict.fromkeys(("cancelJob", "retryJob", "undoJob"), "JobInput"),
}
_MERGED = "merged { id } mergedContactIds remainingDuplicates merge { id }"


async def make_org(db: Database, clock: Clock, new_id: Callable[[], UUID], name: str = "Test") -> UUID:
    """A new organisation."""
    org_id = new_id()
    await create_organization(db, org_id, name, clock())
    return org_id


async def make_key(
    db: Database,
    clock: Clock,
    new_id: Callable[[], UUID],
    org_ids: Iterable[UUID],
    *,
    scopes: frozenset[Scope] = ALL_SCOPES,
    name: str = "tests",
) -> str:
    """A new key."""
    token = new_token()
    hashed = token_hash(token)
    assert hashed is not None
    await create_key(db, new_id(), hashed, KeyRequest(tuple(org_ids), scopes, name), clock())
    return token


def settings_for(url: str, **values: Any) -> Settings:
    """Settings of a test's own, whatever the environment says."""
    own: dict[str, Any] = {"rate_limit": "off", "_env_file": None}  # the latter is pydantic-settings' own argument
    return Settings(database_url=url, **own, **values)


async def open_api(db: Database, url: str, **settings: Any) -> Api:
    """The application over a database, with one organisation and one key that may do everything."""
    clock = Clock()
    new_id = IdSource(clock)
    with patch("gateway.app.build_schema", _one_schema):
        app = create_app(settings_for(url, **settings), database=db, clock=clock)
    org_id = await make_org(db, clock, new_id)
    token = await make_key(db, clock, new_id, [org_id])
    transport = httpx.ASGITransport(app=app)
    http = httpx.AsyncClient(transport=transport, base_url="http://onefold.test")
    return Api(http, db, clock, token, org_id, new_id)
