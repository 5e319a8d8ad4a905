"""Organisations, labels, and the key in use."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from db.labels import LabelRow
from db.organizations import OrganizationRow
from resolvers.access import organization_for_query
from resolvers.errors import ErrorCode, refuse
from resolvers.ids import KEY, LABEL, ORGANIZATION, decode_id, encode_id
from resolvers.organizations import organizations_of_actor
from schema.context import Info
from schema.described import about, resolved
from schema.node import Node

InOrganization = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Needed only by a key that sees several organizations."),
]


def organization_of(info: Info, asked: strawberry.ID | None) -> UUID | None:
    """The organisation of an organisation-wide field; None for one that is not the key's. Raises BAD_USER_INPUT."""
    if asked is None:
        return organization_for_query(info.context.act.actor, None)
    org_id = decode_id(ORGANIZATION, asked)
    return organization_for_query(info.context.act.actor, org_id) if org_id else None


@strawberry.type(description="A tenant: everything belongs to one, and no page, merge or search spans two.")
class Organization(Node):
    """The type `Organization`."""

    name: str = about("Its name.")
    created_at: datetime = about("When it was made.")


@strawberry.type(description="A label of an organization, such as `vip`. Names that differ only in case are one label.")
class Label(Node):
    """The type `Label`."""

    name: str = about("As first written, until it is given another.")
    color: str | None = about("A colour for people, if one was given.")


@strawberry.type(description="The API key in use.")
class Viewer:
    """The type `Viewer`."""

    key_id: strawberry.ID = about("The key's id; the key itself is never shown again.")
    name: str | None = about("What the key was named.")
    scopes: list[str] = about("What it may do, such as contacts:read, contacts:write or merge.")

    @resolved("The organizations that it sees.")
    async def organizations(self, info: Info) -> list[Organization]:
        """`Viewer.organizations`."""
        rows = await organizations_of_actor(info.context.db, info.context.act)
        return [organization_type(row) for row in rows]


def organization_type(row: OrganizationRow) -> Organization:
    """A row as its type."""
    return Organization(id=strawberry.ID(encode_id(ORGANIZATION, row.id)), name=row.name, created_at=row.created_at)


def label_type(row: LabelRow) -> Label:
    """A row as its type."""
    return Label(id=strawberry.ID(encode_id(LABEL, row.id)), name=row.name, color=row.color)


def viewer_type(info: Info) -> Viewer:
    """The caller as its type."""
    actor = info.context.act.actor
    return Viewer(
        key_id=strawberry.ID(encode_id(KEY, actor.key_id)),
        name=actor.name,
        scopes=sorted(scope.value for scope in actor.scopes),
    )


def organization_in(given: dict[str, Any], *path: str) -> UUID | None:
    """The organisation that an input names. Raises Refused for what is no organisation's id."""
    asked = given.get("organizationId")
    if asked is None:
        return None
    org_id = decode_id(ORGANIZATION, asked)
    if org_id is None:
        message = "Not an organization's id: they look like org_01j…."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, *path, "organizationId")
    return org_id
