"""Reading segments and inboxes: a part of the root of reading."""

import strawberry

from resolvers.access import Scope
from resolvers.contacts.channels import channel_by_id
from resolvers.contacts.inboxes import inbox_by_id, inboxes_of_organization
from resolvers.ids import CHANNEL, INBOX, SEGMENT
from resolvers.organizations import segment_by_id, segments_of_organization
from schema.context import Info
from schema.described import query
from schema.hanging_types import Inbox, Segment, channel_type, inbox_type, segment_type
from schema.node import Node
from schema.organization import InOrganization, organization_of


@strawberry.type(description="Reading what hangs on contacts beside their history.")
class HangingQuery:
    """What `Query` has of segments and inboxes."""

    @query("All segments of the organization, by name.", needs=Scope.CONTACTS_READ)
    async def segments(self, info: Info, organization_id: InOrganization = None) -> list[Segment] | None:
        """`Query.segments`."""
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        return [segment_type(row) for row in await segments_of_organization(info.context.db, info.context.act, org_id)]

    @query("All inboxes of the organization, by name.", needs=Scope.CONTACTS_READ)
    async def inboxes(self, info: Info, organization_id: InOrganization = None) -> list[Inbox] | None:
        """`Query.inboxes`."""
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        return [inbox_type(row) for row in await inboxes_of_organization(info.context.db, info.context.act, org_id)]


async def _segment_node(info: Info, node_id: str) -> Node | None:
    row = await segment_by_id(info.context.db, info.context.act, node_id)
    return segment_type(row) if row else None


async def _inbox_node(info: Info, node_id: str) -> Node | None:
    row = await inbox_by_id(info.context.db, info.context.act, node_id)
    return inbox_type(row) if row else None


async def _channel_node(info: Info, node_id: str) -> Node | None:
    row = await channel_by_id(info.context.db, info.context.act, node_id)
    return channel_type(row) if row else None


HANGING_NODES = {SEGMENT: _segment_node, INBOX: _inbox_node, CHANNEL: _channel_node}
