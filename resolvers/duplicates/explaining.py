"""What is thought of two contacts, whether or not detection compares them: `onefold match explain A B`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db import contacts as contact_rows
from db import organizations
from db.contacts import ContactRow
from db.engine import Database, Transaction
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.duplicates.judging import judge_pair
from resolvers.errors import ErrorCode, refuse
from resolvers.ids import CONTACT, IdSource, decode_id, encode_id
from resolvers.matching.explain import Guard, MatchEvidence, evidence_of, guards_as_sentences
from resolvers.matching.judge import MatchDecision
from resolvers.merging.refusals import contact_not_found


@dataclass(frozen=True)
class Explained:
    """Two survivors. `compared`: whether detection looks at the pair at all; `prior` and weights in
    bits."""

    left: str
    right: str
    probability: float
    prior: float
    decision: MatchDecision
    compared: bool
    evidence: Sequence[MatchEvidence]
    guards: Sequence[Guard]


async def explain_pair(db: Database, now: datetime, left: str, right: str) -> Explained:
    """Of any organisation: for the command line alone, which sees all. Raises Refused."""
    ids = [_read_id(value) for value in (left, right)]
    return await db.read(lambda tx: _explain(tx, now, ids))


def _read_id(value: str) -> UUID:
    contact_id = decode_id(CONTACT, value)
    if contact_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"{value} is no contact's id: they look like contact_01j….")
    return contact_id


async def _explain(tx: Transaction, now: datetime, ids: Sequence[UUID]) -> Explained:
    orgs = await organizations.organization_ids(tx)
    survivors = await contact_rows.survivors(tx, orgs, ids)
    one, other = (_living(survivors.get(contact), contact) for contact in ids)
    if one.id == other.id:
        raise refuse(ErrorCode.SELF_MERGE, f"Both ids lead to {encode_id(CONTACT, one.id)}: they are one contact.")
    if one.org_id != other.org_id:
        raise refuse(ErrorCode.CROSS_ORG, "The two belong to different organizations and are never compared.")
    settings = await organizations.settings(tx, one.org_id)
    new_id = IdSource(lambda: now)
    act = Act(Actor(new_id(), "onefold match explain", (one.org_id,), ALL_SCOPES), now, new_id)
    judged = await judge_pair(tx, act, settings, one.id, other.id)
    if judged is None:
        raise refuse(ErrorCode.UNAVAILABLE, "Matching does not know them yet. Run: onefold match rebuild")
    judgement, compared = judged
    return Explained(
        left=encode_id(CONTACT, one.id),
        right=encode_id(CONTACT, other.id),
        probability=judgement.probability,
        prior=judgement.prior,
        decision=judgement.decision,
        compared=compared,
        evidence=evidence_of(judgement),
        guards=guards_as_sentences(judgement),
    )


def _living(row: ContactRow | None, contact: UUID) -> ContactRow:
    if row is None or row.erased_at is not None:
        raise contact_not_found(contact, "id")
    return row
