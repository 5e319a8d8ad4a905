"""The root of reading. Root fields are nullable: a fault in one must not take the answer of another with it."""

from functools import partial
from typing import Annotated, Any

import strawberry

from db.contact_filters import ContactFilter as Conditions
from db.contact_pages import ContactOrderField as OrderColumn
from db.merge_pages import MergeFilter as MergeConditions
from resolvers.access import Scope
from resolvers.contacts.filters import read_filter
from resolvers.contacts.read import (
    Order,
    Resolution,
    contact_by_id,
    contacts_by_identifier,
    count,
    default_region,
    list_contacts,
    resolve_contact,
)
from resolvers.conversations.reading import conversation_by_id
from resolvers.duplicates.listing import duplicates_of, read_wanted
from resolvers.history.calls import call_by_id
from resolvers.history.notes import note_by_id
from resolvers.ids import CALL, CONTACT, CONVERSATION, JOB, LABEL, MERGE, NOTE, ORGANIZATION, decode_id, split_id
from resolvers.jobs.reading import job_by_id
from resolvers.merging.history import count_merges, list_merges, merge_by_id
from resolvers.merging.preview import Preview, merge_preview
from resolvers.merging.request import read_merge_request
from resolvers.merging.settings import merge_settings
from resolvers.organizations import label_by_id, labels_of_organization, organization_by_id
from resolvers.paging import bad_argument, read_page
from schema.contact import (
    Contact,
    DuplicateCandidate,
    Merge,
    contact_type,
    conversation_type,
    duplicate_type,
    merge_type,
)
from schema.context import Info
from schema.described import query
from schema.enums import IdentifierKind, OrderDirection
from schema.errors import attempt
from schema.hanging_query import HANGING_NODES, HangingQuery
from schema.history_query import HistoryQuery
from schema.history_types import call_type, note_type
from schema.inputs import ContactFilter, ContactOrder, MergeContactsInput, MergeFilter, raw
from schema.job_query import JobQuery
from schema.job_types import job_type
from schema.keys import KEY_NODES, KeysQuery
from schema.matching_types import FirstDuplicates, MinProbability
from schema.node import Node
from schema.organization import (
    InOrganization,
    Label,
    Viewer,
    label_type,
    organization_of,
    organization_type,
    viewer_type,
)
from schema.paging import After, Before, Connection, First, Last, connection
from schema.preview import MergePreview, preview_type, refused_preview
from schema.resolution import ContactResolution, resolution_type
from schema.settings import MergeSettings, settings_type
from schema.webhook_query import WEBHOOK_NODES, WebhookQuery


@strawberry.type(description="Everything that can be read.")
class Query(HistoryQuery, HangingQuery, JobQuery, WebhookQuery, KeysQuery):
    """The type `Query`."""

    @query(
        "Anything by its id: a living contact, a merge, a conversation, a label and so on; null for all else.",
        needs=Scope.CONTACTS_READ,
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Any id.")],  # noqa: A002
    ) -> Node | None:
        """`Query.node`."""
        found = split_id(id)
        return await _NODES[found[0]](info, id) if found and found[0] in _NODES else None

    @query("The API key in use.", needs=None)
    async def viewer(self, info: Info) -> Viewer | None:
        """`Query.viewer`."""
        return viewer_type(info)

    @query(
        "A contact by its id; null for an unknown, foreign, malformed, erased or merged-away id.",
        needs=Scope.CONTACTS_READ,
    )
    async def contact(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="`contact_…`")],  # noqa: A002
        follow_merges: Annotated[
            bool, strawberry.argument(description="For a merged-away id: answer with the survivor it leads to.")
        ] = False,
    ) -> Contact | None:
        """`Query.contact`."""
        row = await contact_by_id(info.context.db, info.context.act, id, follow=follow_merges)
        return contact_type(row) if row else None

    @query("The living contacts that hold an identifier, through merges too, oldest first.", needs=Scope.CONTACTS_READ)
    async def contact_by_identifier(
        self,
        info: Info,
        kind: Annotated[IdentifierKind, strawberry.argument(description="What kind it is.")],
        value: Annotated[str, strawberry.argument(description="In any spelling that has the same normal form.")],
        system: Annotated[str | None, strawberry.argument(description="Only in this system; any, if null.")] = None,
        organization_id: InOrganization = None,
        first: Annotated[int | None, strawberry.argument(description="How many at most, 1 to 100.")] = 20,
    ) -> list[Contact] | None:
        """`Query.contactByIdentifier`."""
        act = info.context.act
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return []
        wanted = (str(kind), value, system)
        rows = await contacts_by_identifier(info.context.db, act, org_id, wanted, 20 if first is None else first)
        return [contact_type(row) for row in rows]

    @query("Living contacts, page by page.", needs=Scope.CONTACTS_READ)
    async def contacts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[  # noqa: A002
            ContactFilter | None, strawberry.argument(description="Conditions that must all hold.")
        ] = None,
        order_by: Annotated[
            ContactOrder | None, strawberry.argument(description="How to sort; by id, oldest first, when left out.")
        ] = None,
        organization_id: InOrganization = None,
    ) -> Connection[Contact] | None:
        """`Query.contacts`."""
        db, act = info.context.db, info.context.act
        page = read_page(first, after, last, before)
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        given = raw(filter) if filter else {}
        region = await default_region(db, org_id) if given.get("phone") else None
        wanted: Conditions = read_filter(given, region)
        found = await list_contacts(db, act, org_id, wanted, _order(order_by), page)
        return connection(found, contact_type, partial(count, db, act, org_id, wanted))

    @query(
        "What became of an id: it lives, was merged (with the way to the survivor), or was erased.",
        needs=Scope.CONTACTS_READ,
    )
    async def resolve_contact(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Any contact id, however old.")],  # noqa: A002
    ) -> ContactResolution | None:
        """`Query.resolveContact`."""
        resolution: Resolution | None = await resolve_contact(info.context.db, info.context.act, id)
        return resolution_type(id, resolution) if resolution else None

    @query(
        "What mergeContacts would do with this input, field by field. Nothing is written.", needs=Scope.CONTACTS_READ
    )
    async def merge_preview(
        self,
        info: Info,
        input: Annotated[MergeContactsInput, strawberry.argument(description="As for mergeContacts.")],  # noqa: A002
    ) -> MergePreview | None:
        """`Query.mergePreview`."""
        found, errors = await attempt(_preview(info, raw(input)))
        return preview_type(found) if found else refused_preview(errors)

    @query(
        "Who may be the same person as a contact. An old id stands for its survivor; null for an id nobody has.",
        needs=Scope.CONTACTS_READ,
        cost=10,
    )
    async def duplicates(
        self,
        info: Info,
        contact_id: Annotated[strawberry.ID, strawberry.argument(description="`contact_…`")],
        first: FirstDuplicates = 10,
        min_probability: MinProbability = None,
    ) -> list[DuplicateCandidate] | None:
        """`Query.duplicates`."""
        wanted = read_wanted(first, min_probability)
        found = await duplicates_of(info.context.db, info.context.act, contact_id, wanted)
        return None if found is None else [duplicate_type(one) for one in found]

    @query("A merge by its id.", needs=Scope.CONTACTS_READ)
    async def merge(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="`merge_…`")],  # noqa: A002
    ) -> Merge | None:
        """`Query.merge`."""
        row = await merge_by_id(info.context.db, info.context.act, id)
        return merge_type(row) if row else None

    @query("The history of merges, newest first.", needs=Scope.CONTACTS_READ)
    async def merges(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[  # noqa: A002
            MergeFilter | None, strawberry.argument(description="Conditions that must all hold.")
        ] = None,
        organization_id: InOrganization = None,
    ) -> Connection[Merge] | None:
        """`Query.merges`."""
        db, act = info.context.db, info.context.act
        page = read_page(first, after)
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        wanted = _conditions(filter)
        found = await list_merges(db, act, org_id, wanted, page)
        return connection(found, merge_type, partial(count_merges, db, act, org_id, wanted))

    @query("All labels of the organization, by name.", needs=Scope.CONTACTS_READ)
    async def labels(self, info: Info, organization_id: InOrganization = None) -> list[Label] | None:
        """`Query.labels`."""
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        return [label_type(row) for row in await labels_of_organization(info.context.db, info.context.act, org_id)]

    @query("How the organization merges.", needs=Scope.CONTACTS_READ)
    async def merge_settings(self, info: Info, organization_id: InOrganization = None) -> MergeSettings | None:
        """`Query.mergeSettings`."""
        org_id = organization_of(info, organization_id)
        if org_id is None:
            return None
        return settings_type(await merge_settings(info.context.db, info.context.act, org_id))


async def _preview(info: Info, given: dict[str, Any]) -> Preview:
    return await merge_preview(info.context.db, info.context.act, read_merge_request(given))


def _order(given: ContactOrder | None) -> Order:
    if given is None:
        return Order()
    return Order(OrderColumn(given.field), given.direction == OrderDirection.DESC)


def _conditions(given: MergeFilter | None) -> MergeConditions:
    wanted = raw(given) if given else {}
    contact_ids = None
    if wanted.get("contactId") is not None:
        contact_id = decode_id(CONTACT, wanted["contactId"])
        if contact_id is None:
            raise bad_argument("filter.contactId", "contactId is not a contact id: they look like contact_01j….")
        contact_ids = (contact_id,)
    job_id = None
    if wanted.get("jobId") is not None:
        job_id = decode_id(JOB, wanted["jobId"])
        if job_id is None:
            raise bad_argument("filter.jobId", "jobId is not a job id: they look like job_01j….")
    span = wanted.get("createdAt") or {}
    return MergeConditions(
        contact_ids=contact_ids,
        actor=wanted.get("actor"),
        detected=wanted.get("detected"),
        undone=wanted.get("undone"),
        kind=wanted.get("kind"),
        job_id=job_id,
        created_from=span.get("gte"),
        created_before=span.get("lt"),
    )


async def _job_node(info: Info, node_id: str) -> Node | None:
    row = await job_by_id(info.context.db, info.context.act, node_id)
    return job_type(row) if row else None


async def _contact_node(info: Info, node_id: str) -> Node | None:
    row = await contact_by_id(info.context.db, info.context.act, node_id, follow=False)
    return contact_type(row) if row else None


async def _merge_node(info: Info, node_id: str) -> Node | None:
    row = await merge_by_id(info.context.db, info.context.act, node_id)
    return merge_type(row) if row else None


async def _label_node(info: Info, node_id: str) -> Node | None:
    row = await label_by_id(info.context.db, info.context.act, node_id)
    return label_type(row) if row else None


async def _organization_node(info: Info, node_id: str) -> Node | None:
    row = await organization_by_id(info.context.db, info.context.act, node_id)
    return organization_type(row) if row else None


async def _conversation_node(info: Info, node_id: str) -> Node | None:
    row = await conversation_by_id(info.context.db, info.context.act, node_id, follow=False)
    return conversation_type(row) if row else None


async def _call_node(info: Info, node_id: str) -> Node | None:
    row = await call_by_id(info.context.db, info.context.act, node_id)
    return call_type(row) if row else None


async def _note_node(info: Info, node_id: str) -> Node | None:
    row = await note_by_id(info.context.db, info.context.act, node_id)
    return note_type(row) if row else None


_NODES = {
    CONVERSATION: _conversation_node,
    CALL: _call_node,
    NOTE: _note_node,
    CONTACT: _contact_node,
    MERGE: _merge_node,
    JOB: _job_node,
    LABEL: _label_node,
    ORGANIZATION: _organization_node,
    **HANGING_NODES,
    **WEBHOOK_NODES,
    **KEY_NODES,
}
