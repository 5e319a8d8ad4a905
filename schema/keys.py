"""API keys: who may do what, by the API."""

import asyncio
from datetime import datetime
from typing import Annotated

import strawberry

from db.organizations import KeyRow
from resolvers.access import Scope
from resolvers.ids import KEY, encode_id
from resolvers.keys import api_key_by_id, create_api_key, keys_of_organization, revoke_api_key
from resolvers.organizations import organizations_in_order
from schema.context import Info
from schema.described import about, mutation, optional, query, resolved
from schema.errors import UserError, attempt
from schema.inputs import raw
from schema.node import Node
from schema.organization import InOrganization, Organization, organization_of, organization_type

_INPUT = strawberry.argument(description="What to do.")


@strawberry.type(description="An API key. The key itself is shown once, by createApiKey, and never again.")
class ApiKey(Node):
    """The type `ApiKey`."""

    name: str | None = about("What the history of merges calls its holder.")
    scopes: list[str] = about("What it may do, such as contacts:read, contacts:write or merge.")
    created_at: datetime = about("When it was made.")
    expires_at: datetime | None = about("From then on it is UNAUTHENTICATED; null: it does not expire.")
    revoked_at: datetime | None = about("When it was revoked; null while it is good.")
    last_used_at: datetime | None = about("When it was last used, to the minute; null when never.")
    row: strawberry.Private[KeyRow]

    @resolved("Those of its organizations that the key in use sees too.")
    async def organizations(self, info: Info) -> list[Organization]:
        """`ApiKey.organizations`."""
        load = info.context.load
        found = await asyncio.gather(*(load(organizations_in_order, org_id) for org_id in self.row.organizations))
        return [organization_type(row) for row in found if row]


@strawberry.input(description="A new key. It cannot get what the key in use lacks.")
class CreateApiKeyInput:
    """The input `CreateApiKeyInput`."""

    name: str = strawberry.field(description="What the history of merges calls its holder, up to 200 characters.")
    organization_ids: list[strawberry.ID] = strawberry.field(description="1 to 100 organizations that it sees.")
    scopes: list[str] | None = optional(
        "What it may do: contacts:read, contacts:write, merge, undo, erase, settings, webhooks, keys. Left out: all "
        "that the key in use may do, but `keys`."
    )
    expires_at: datetime | None = optional(
        "When it ends, not after the key in use does. Left out: with the key in use, or never."
    )


@strawberry.input(description="A key to end.")
class RevokeApiKeyInput:
    """The input `RevokeApiKeyInput`."""

    id: strawberry.ID = strawberry.field(description="`key_…`; its own too.")


@strawberry.type(description="A new key.")
class CreateApiKeyPayload:
    """The type `CreateApiKeyPayload`."""

    api_key: ApiKey | None = about("The key, but for its text.")
    token: str | None = about("`ofk_…`: the key's text. It is shown this once.")
    user_errors: list[UserError] = about("What was wrong. Empty: it was done.")


@strawberry.type(description="A key after a change.")
class ApiKeyPayload:
    """The type `ApiKeyPayload`."""

    api_key: ApiKey | None = about("The key as it is now.")
    user_errors: list[UserError] = about("What was wrong. Empty: it was done.")


@strawberry.type(description="Reading API keys.")
class KeysQuery:
    """What `Query` has of keys."""

    @query("The keys that see the organization, newest first, expired and revoked ones too.", needs=Scope.KEYS)
    async def api_keys(self, info: Info, organization_id: InOrganization = None) -> list[ApiKey] | None:
        """`Query.apiKeys`."""
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        return [key_type(row) for row in await keys_of_organization(info.context.db, info.context.act, org_id)]


@strawberry.type(description="Writing API keys.")
class KeysMutation:
    """What `Mutation` has of keys."""

    @mutation("Makes an API key, with no more than the key in use may do and sees.", needs=Scope.KEYS)
    async def create_api_key(
        self,
        info: Info,
        input: Annotated[CreateApiKeyInput, _INPUT],  # noqa: A002
    ) -> CreateApiKeyPayload | None:
        """`Mutation.createApiKey`."""
        token = info.context.new_token()
        act = create_api_key(info.context.db, info.context.act, raw(input), token)
        row, errors = await attempt(act)
        made = key_type(row) if row else None
        return CreateApiKeyPayload(api_key=made, token=token.shown if row else None, user_errors=errors)

    @mutation(
        "Ends an API key at once; its open sockets within a minute. A key that sees organizations that the key in use "
        "does not see is FORBIDDEN.",
        needs=Scope.KEYS,
    )
    async def revoke_api_key(
        self,
        info: Info,
        input: Annotated[RevokeApiKeyInput, _INPUT],  # noqa: A002
    ) -> ApiKeyPayload | None:
        """`Mutation.revokeApiKey`."""
        row, errors = await attempt(revoke_api_key(info.context.db, info.context.act, input.id))
        return ApiKeyPayload(api_key=key_type(row) if row else None, user_errors=errors)


def key_type(row: KeyRow) -> ApiKey:
    """A row as its type."""
    return ApiKey(
        id=strawberry.ID(encode_id(KEY, row.id)),
        name=row.name,
        scopes=sorted(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        row=row,
    )


async def _key_node(info: Info, node_id: str) -> Node | None:
    row = await api_key_by_id(info.context.db, info.context.act, node_id)
    return key_type(row) if row else None


KEY_NODES = {KEY: _key_node}
