"""Many merges of conversations in one transaction: each whole or not at all, and never why another one fails."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from db import conversations
from db.conversations import ConversationRow
from db.engine import Transaction
from db.organizations import lock_organization, settings
from resolvers.access import Act
from resolvers.conversations.merge_request import ThreadRequest
from resolvers.conversations.merging import merge_threads, organization_of_threads
from resolvers.errors import ErrorCode, Refused, refuse
from resolvers.merging.groups import at_once


async def merge_thread_groups(
    tx: Transaction, act: Act, org_id: UUID, requests: Sequence[ThreadRequest]
) -> list[Refused | None]:
    """For each merge its refusal, None where it was carried out or stands already just as it is asked for. No two of
    them may name one conversation. Fewer answers than merges: the others have to come in a transaction of their own.
    Twelve statements, for any number."""
    await lock_organization(tx, org_id)
    terms = await settings(tx, org_id)
    named = [one for request in requests for one in (request.primary_id, *request.source_ids)]
    found = await conversations.conversations_by_id(tx, act.actor.organizations, named)
    leading = {row.id: row.canonical_id for row in found.values()}
    requests = requests[: at_once([(one.primary_id, one.source_ids) for one in requests], leading)]
    outcomes = {request: _refusal(org_id, request, found) for request in requests}
    wanted = [r for r, refused in outcomes.items() if refused is None and not _stands(r, found)]
    if wanted:
        rows = {one: found[one] for request in wanted for one in (request.primary_id, *request.source_ids)}
        done = await merge_threads(tx, act, terms, wanted, rows)
        outcomes |= {r: result for r, result in zip(wanted, done, strict=True) if isinstance(result, Refused)}
    return [outcomes[request] for request in requests]


def _refusal(org_id: UUID, request: ThreadRequest, found: Mapping[UUID, ConversationRow]) -> Refused | None:
    try:
        organization = organization_of_threads(request, found)
    except Refused as refused:
        return refused
    if organization != org_id:
        message = "The conversation is of another organization than this job. Send its groups in a call of their own."
        return refuse(ErrorCode.CROSS_ORG, message, "primaryConversationId")
    return None


def _stands(request: ThreadRequest, found: Mapping[UUID, ConversationRow]) -> bool:
    """Whether one merge made just this already: asking for it again is no mistake."""
    sources = [found[source] for source in request.source_ids]
    return len({row.merge_id for row in sources}) == 1 and all(
        row.merged_into_id == request.primary_id for row in sources
    )
