"""What jobs are asked for with."""

import strawberry

from resolvers.conversations.merge_request import DEFAULT_TAG
from schema.described import about, optional
from schema.inputs import IDEMPOTENCY_KEY, ORGANIZATION_ID

_GROUPS = "1 to 10,000 groups. Each is merged whole or not at all; one that cannot be is reported, the others go on."


@strawberry.input(description="Conversations to merge into one.")
class ConversationGroup:
    """The input `ConversationGroup`."""

    primary_conversation_id: strawberry.ID = about("The conversation that stays.")
    source_conversation_ids: list[strawberry.ID] = about("1 to 50 conversations to merge into it.")


@strawberry.input(description="Contacts to merge into one.")
class ContactGroup:
    """The input `ContactGroup`."""

    primary_contact_id: strawberry.ID = about("The contact that survives.")
    source_contact_ids: list[strawberry.ID] = about("1 to 50 contacts to merge into it, as blanks are to be filled.")


@strawberry.input(description="Thousands of merges of conversations, as a job.")
class MergeConversationsInBulkInput:
    """The input `MergeConversationsInBulkInput`."""

    groups: list[ConversationGroup] = about(_GROUPS)
    organization_id: strawberry.ID | None = optional(ORGANIZATION_ID)
    note: str | None = optional("As in mergeConversations, for all groups.")
    tag: str | None = strawberry.field(description="A tag for all sources; null: none.", default=DEFAULT_TAG)
    across_contacts: bool | None = strawberry.field(description="As in mergeConversations.", default=False)
    reason: str | None = optional("Why, for the history; at most 1,000 characters.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="Thousands of merges of contacts, as a job.")
class MergeContactsInBulkInput:
    """The input `MergeContactsInBulkInput`."""

    groups: list[ContactGroup] = about(_GROUPS)
    organization_id: strawberry.ID | None = optional(ORGANIZATION_ID)
    allow_marked_distinct: bool | None = strawberry.field(
        description="Merge contacts that were marked as two people, too.", default=False
    )
    reason: str | None = optional("Why, for the history; at most 1,000 characters.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="A job.")
class JobInput:
    """The input `JobInput`."""

    id: strawberry.ID = about("`job_…`")
    reason: str | None = optional("Of undoJob: why, for the history; at most 1,000 characters.")


@strawberry.input(description="What matching keeps, made anew.")
class RebuildMatchingInput:
    """The input `RebuildMatchingInput`."""

    organization_id: strawberry.ID | None = optional(ORGANIZATION_ID)
