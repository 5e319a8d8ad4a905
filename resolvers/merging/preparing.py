"""What a merge would do, worked out before anything is written: `mergeContacts` and `mergePreview` both come here."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from db.contacts import ContactRow
from db.engine import Transaction
from db.organizations import SettingsRow
from resolvers.access import Act
from resolvers.duplicates.detect import Detected, find_duplicates
from resolvers.errors import ErrorCode, UserError, refuse
from resolvers.merging.distinct import check_distinct, marked_apart
from resolvers.merging.plan import MergePlan, MergeTerms, candidate_of, plan_merge
from resolvers.merging.refusals import check_contacts, check_overrides, check_roles, in_other_organizations
from resolvers.merging.request import MergeRequest
from resolvers.merging.survivorship import Policy


@dataclass(frozen=True)
class PreparedMerge:
    """A merge that may be carried out; `plan` is None when detection found nothing."""

    primary: ContactRow
    sources: Sequence[ContactRow]
    remaining: int
    plan: MergePlan | None
    hash: str


@dataclass(frozen=True)
class Surroundings:
    """What merges are judged by. `rows`: their contacts as they stand, by id; `elsewhere`: those that live in another
    of the key's organisations; `apart`: sets of two survivors that were marked as two people."""

    rows: Mapping[UUID, ContactRow]
    elsewhere: Collection[UUID] = ()
    apart: Collection[frozenset[UUID]] = ()


async def find_sources(tx: Transaction, act: Act, settings: SettingsRow, request: MergeRequest) -> Detected:
    """The sources named, or those that detection finds."""
    if request.source_ids is not None:
        return Detected(request.source_ids)
    return await find_duplicates(tx, act, settings, request.primary_id, request.min_probability)


async def prepare_merge(
    tx: Transaction,
    act: Act,
    request: MergeRequest,
    settings: SettingsRow,
    detected: Detected,
    rows: Mapping[UUID, ContactRow],
) -> PreparedMerge:
    """Raises Refused with every reason of the first kind that applies. `rows`: the contacts of the merge by id."""
    named = (request.primary_id, *(request.source_ids or ()))
    elsewhere = await in_other_organizations(tx, act.actor, [one for one in named if one not in rows])
    told = request.source_ids is not None and not request.allow_marked_distinct
    apart = await marked_apart(tx, settings.org_id, named) if told else set()
    return work_out(act, request, settings, detected, Surroundings(rows, elsewhere, apart))


def work_out(
    act: Act, request: MergeRequest, settings: SettingsRow, detected: Detected, around: Surroundings
) -> PreparedMerge:
    """The same once everything is read. Pure. Raises Refused."""
    rows = around.rows
    check_contacts(request, rows, around.elsewhere)
    primary = rows[request.primary_id]
    sources = [rows[source] for source in detected.source_ids]
    check_overrides(request, (primary.id, *detected.source_ids))
    check_roles(settings.role_rule, primary, sources)
    if request.source_ids is not None and not request.allow_marked_distinct:
        check_distinct(primary, sources, around.apart)
    terms = MergeTerms(
        policy=Policy(settings.survivorship, request.overrides),
        detected=request.source_ids is None,
        reason=request.reason,
        min_probability=request.min_probability,
        reasons=detected.reasons,
    )
    plan = plan_merge(act, primary, sources, terms) if sources else None
    return PreparedMerge(primary, sources, detected.remaining, plan, preview_hash(request, settings, detected, rows))


def preview_hash(
    request: MergeRequest,
    settings: SettingsRow,
    detected: Detected,
    rows: Mapping[UUID, ContactRow],
    refusals: Sequence[UserError] = (),
) -> str:
    """SHA-256 over what a preview shows: ids, values, their writers, rules and refusals. Not over counts, updatedAt and
    lastActivityAt: the preview of a busy contact would always be stale."""
    shown = [_shown(rows[contact]) for contact in (request.primary_id, *detected.source_ids) if contact in rows]
    covered = [
        shown,
        settings.survivorship,
        [[override.contact_id.hex, override.field, override.custom_attribute] for override in request.overrides],
        [[refusal.code, refusal.field] for refusal in refusals],
    ]
    return hashlib.sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _shown(row: ContactRow) -> list[object]:
    candidate = candidate_of(row)
    return [row.id.hex, candidate.cells, candidate.provenance, candidate.base_at.isoformat()]


def check_hash(request: MergeRequest, prepared: PreparedMerge) -> None:
    """Raises STALE_PREVIEW when the caller saw something else than what would be done now."""
    if request.expected_hash not in (None, prepared.hash):
        message = "What the preview showed has changed since, or it was of another merge. Look at a new preview."
        raise refuse(ErrorCode.STALE_PREVIEW, message, "expectedPreviewHash")
