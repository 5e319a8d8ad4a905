"""Many merges of contacts, or many undos, in one transaction: each whole or not at all, and never the reason that
another fails."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from db import contact_writes, merges
from db.contacts import ContactRow
from db.engine import Transaction
from db.organizations import SettingsRow, lock_organization, settings
from resolvers.access import Act
from resolvers.duplicates.detect import Detected
from resolvers.errors import Refused
from resolvers.merging.distinct import marked_apart
from resolvers.merging.groups import at_once
from resolvers.merging.merge import write_merges
from resolvers.merging.preparing import PreparedMerge, Surroundings, work_out
from resolvers.merging.refusals import in_other_organizations
from resolvers.merging.request import MergeRequest
from resolvers.merging.undo import undo_in
from resolvers.merging.undo_request import UndoRequest


async def merge_contact_groups(
    tx: Transaction, act: Act, org_id: UUID, requests: Sequence[MergeRequest]
) -> list[Refused | None]:
    """For each merge, whose sources are named, its refusal; None where it was carried out or stands already just as it
    is asked for. No two of them may name one contact. Fewer answers than merges: the others have to come in a
    transaction of their own. Thirteen statements, for any number, and one more for a key of several organisations."""
    await lock_organization(tx, org_id)
    terms = await settings(tx, org_id)
    named = [one for request in requests for one in _named(request)]
    rows = await contact_writes.lock_contacts(tx, org_id, named)
    elsewhere = await in_other_organizations(tx, act.actor, [one for one in named if one not in rows])
    leading = {row.id: row.canonical_id for row in rows.values()}
    requests = requests[: at_once([(one.primary_id, one.source_ids or ()) for one in requests], leading)]
    around = Surroundings(rows, elsewhere, await marked_apart(tx, org_id, named))
    outcomes: list[Refused | None] = []
    prepared: list[PreparedMerge] = []
    for request in requests:
        refused = None if _stands(request, rows) else _prepare(act, request, terms, around, prepared)
        outcomes.append(refused)
    await write_merges(tx, act, org_id, prepared)
    return outcomes


async def undo_group(tx: Transaction, act: Act, merge_id: UUID, reason: str | None) -> Refused | None:
    """Undoes all of a merge that still stands; None when that is done, or was done before."""
    found = (await merges.merges_by_id(tx, act.actor.organizations, [merge_id])).get(merge_id)
    if found is not None and found.undone_at is not None:
        return None
    try:
        await undo_in(tx, act, UndoRequest(merge_id, source_ids=None, reason=reason))
    except Refused as refused:
        return refused
    return None


def _named(request: MergeRequest) -> tuple[UUID, ...]:
    return (request.primary_id, *(request.source_ids or ()))


def _prepare(
    act: Act, request: MergeRequest, terms: SettingsRow, around: Surroundings, prepared: list[PreparedMerge]
) -> Refused | None:
    try:
        prepared.append(work_out(act, request, terms, Detected(request.source_ids or ()), around))
    except Refused as refused:
        return refused
    return None


def _stands(request: MergeRequest, rows: Mapping[UUID, ContactRow]) -> bool:
    """Whether one merge made just this already: asking for it again is no mistake."""
    sources = [rows.get(source) for source in request.source_ids or ()]
    if not all(row is not None and row.erased_at is None for row in sources):
        return False
    return len({row.merge_id for row in sources if row}) == 1 and all(
        row.merged_into_id == request.primary_id for row in sources if row
    )
