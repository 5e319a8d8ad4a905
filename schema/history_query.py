"""Reading conversations: a part of the root of reading."""

from functools import partial
from typing import Annotated, Any

import strawberry

from db.conversation_pages import ConversationFilter as Conditions
from resolvers.access import Scope
from resolvers.conversations.reading import conversation_by_id, count_conversations, list_conversations
from resolvers.ids import CONTACT, decode_id
from resolvers.paging import bad_argument, read_page
from schema.contact import Conversation, conversation_type
from schema.context import Info
from schema.described import query
from schema.history_inputs import ConversationFilter
from schema.inputs import raw
from schema.organization import InOrganization, organization_of
from schema.paging import After, Connection, First, connection


@strawberry.type(description="Reading what hangs on contacts.")
class HistoryQuery:
    """What `Query` has of conversations."""

    @query("A conversation by its id: as it stands, or the one it leads to.", needs=Scope.CONTACTS_READ)
    async def conversation(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="`conversation_…`")],  # noqa: A002
        follow_merges: Annotated[
            bool, strawberry.argument(description="For one that was merged away: answer with the one it leads to.")
        ] = False,
    ) -> Conversation | None:
        """`Query.conversation`."""
        row = await conversation_by_id(info.context.db, info.context.act, id, follow=follow_merges)
        return conversation_type(row) if row else None

    @query("Conversations of the organization, newest first.", needs=Scope.CONTACTS_READ)
    async def conversations(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[  # noqa: A002
            ConversationFilter | None, strawberry.argument(description="Conditions that must all hold.")
        ] = None,
        organization_id: InOrganization = None,
    ) -> Connection[Conversation] | None:
        """`Query.conversations`."""
        db, act = info.context.db, info.context.act
        page = read_page(first, after)
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        wanted = _conditions(raw(filter) if filter else {})
        found = await list_conversations(db, act, org_id, wanted, page)
        return connection(found, conversation_type, partial(count_conversations, db, act, org_id, wanted))


def _conditions(given: dict[str, Any]) -> Conditions:
    contact_id = None
    if given.get("contactId") is not None:
        contact_id = decode_id(CONTACT, given["contactId"])
        if contact_id is None:
            raise bad_argument("filter.contactId", "contactId is not a contact id: they look like contact_01j….")
    span = given.get("updatedAt") or {}
    return Conditions(
        contact_id=contact_id,
        status=given.get("status"),
        tag=given.get("tag"),
        include_merged=bool(given.get("includeMerged")),
        updated_from=span.get("gte"),
        updated_before=span.get("lt"),
    )
