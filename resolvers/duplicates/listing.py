"""`Contact.duplicates` and `Query.duplicates`: who may be the same person, how probable it is, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from db import contacts as contact_rows
from db import organizations
from db.contacts import ContactRow
from db.engine import Database, Transaction
from resolvers.access import Act, Scope, require
from resolvers.duplicates.judging import Judged, judge_contacts
from resolvers.ids import CONTACT, decode_id
from resolvers.matching.cluster import accept
from resolvers.matching.explain import Guard, MatchEvidence, evidence_of, guards_as_sentences
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import Judgement, MatchDecision, held_back
from resolvers.paging import bad_argument

MOST = 100


@dataclass(frozen=True)
class Duplicate:
    """A contact that may be the same person as another one. `prior`, in bits, and the weights of the evidence make the
    probability: 1 / (1 + 2^-sum)."""

    contact: ContactRow
    probability: float
    prior: float
    decision: MatchDecision
    evidence: Sequence[MatchEvidence]
    guards: Sequence[Guard]


@dataclass(frozen=True)
class Wanted:
    """How many at most, 1 to 100; from which probability on. None: those worth a look (AUTO_MERGE and REVIEW)."""

    first: int = 10
    min_probability: float | None = None


def read_wanted(first: int | None, min_probability: float | None) -> Wanted:
    """The arguments of `duplicates`. Raises BAD_USER_INPUT."""
    if first is not None and not 1 <= first <= MOST:
        raise bad_argument("first", f"first must be from 1 to {MOST}.")
    if min_probability is not None and not 0 <= min_probability <= 1:
        raise bad_argument("minProbability", "minProbability must be from 0 to 1, such as 0.5.")
    return Wanted(10 if first is None else first, min_probability)


async def duplicates_of(db: Database, act: Act, contact: str, wanted: Wanted) -> Sequence[Duplicate] | None:
    """Of the survivor that an id leads to; None for an id that is unknown, foreign, malformed or erased."""
    require(act.actor, Scope.CONTACTS_READ)
    contact_id = decode_id(CONTACT, contact)
    if contact_id is None:
        return None
    found = await db.read(lambda tx: contact_rows.survivors(tx, act.actor.organizations, [contact_id]))
    row = found.get(contact_id)
    if row is None or row.erased_at is not None:
        return None
    return (await duplicates_of_contacts(db, act, [row.id], wanted))[0]


async def duplicates_of_contacts(
    db: Database, act: Act, roots: Sequence[UUID], wanted: Wanted
) -> list[Sequence[Duplicate]]:
    """For each survivor its duplicates, the most probable first. Seven statements for all of one organisation's."""
    require(act.actor, Scope.CONTACTS_READ)  # they are other contacts than the one that an act was about
    return await db.read(partial(_read, act=act, roots=roots, wanted=wanted))


async def _read(tx: Transaction, act: Act, roots: Sequence[UUID], wanted: Wanted) -> list[Sequence[Duplicate]]:
    orgs = act.actor.organizations
    by_org: dict[UUID, list[UUID]] = {}
    for row in (await contact_rows.contacts_by_id(tx, orgs, roots)).values():
        by_org.setdefault(row.org_id, []).append(row.id)
    found: dict[UUID, list[tuple[UUID, Judgement]]] = {}
    for org_id, contacts in by_org.items():
        settings = await organizations.settings(tx, org_id)
        judged = await judge_contacts(tx, act, settings, contacts)
        found |= {contact: _chosen(one, wanted) for contact, one in judged.items()}
    others = {other for chosen in found.values() for other, _ in chosen}
    rows = await contact_rows.living_by_id(tx, orgs, others) if others else {}
    return [list(_shown(found.get(root, ()), rows)) for root in roots]


async def worth_a_look(
    tx: Transaction, act: Act, org_id: UUID, contacts: Sequence[UUID]
) -> dict[UUID, list[tuple[UUID, MatchDecision]]]:
    """For each of these living contacts that has any, up to ten duplicates with AUTO_MERGE or REVIEW, the most probable
    first. Five statements, for any number of contacts."""
    judged = await judge_contacts(tx, act, await organizations.settings(tx, org_id), contacts)
    chosen = {contact: _chosen(one, Wanted()) for contact, one in judged.items()}
    return {contact: [(other, one.decision) for other, one in pairs] for contact, pairs in chosen.items() if pairs}


def _chosen(judged: Judged, wanted: Wanted) -> list[tuple[UUID, Judgement]]:
    pairs = [(other, judgement) for other, judgement in _as_merged(judged) if _is_wanted(judgement, wanted)]
    return sorted(pairs, key=lambda pair: (-pair[1].bits, pair[0]))[: wanted.first]


def _as_merged(judged: Judged) -> Iterator[tuple[UUID, Judgement]]:
    """With the reason that only shows when all are looked at: a contact without a name that would fit two people."""
    if not judged.pairs:
        return
    left_over = accept(judged.contact_id, judged.pairs, judged.apart).left_over
    for other, judgement in judged.candidates():
        ambiguous = left_over.get(other) == GuardReason.AMBIGUOUS
        yield other, held_back(judgement, GuardReason.AMBIGUOUS, judged.terms) if ambiguous else judgement


def _is_wanted(judgement: Judgement, wanted: Wanted) -> bool:
    if wanted.min_probability is None:
        return judgement.decision is not MatchDecision.DIFFERENT
    return judgement.probability >= wanted.min_probability


def _shown(chosen: Sequence[tuple[UUID, Judgement]], rows: Mapping[UUID, ContactRow]) -> Iterator[Duplicate]:
    for other, judgement in chosen:
        if other in rows:
            yield Duplicate(
                contact=rows[other],
                probability=judgement.probability,
                prior=judgement.prior,
                decision=judgement.decision,
                evidence=evidence_of(judgement),
                guards=guards_as_sentences(judgement),
            )
