"""Many contacts at once, each row judged alone: good rows land, a bad one is reported.

`importContacts` and `onefold import` are this one act; the latter remembers each line by its `ref`, so that the
same file twice changes nothing. The number of statements does not grow with the number of rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db import contacts as contact_rows
from db import idempotency
from db.bulk import insert_encoded
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.identifiers import holders
from db.imports import CONTACT_REF, import_ref, known_refs
from db.organizations import SettingsRow, lock_organization, ref_key, settings, settings_for_identifiers
from db.planner import refresh_statistics_later
from resolvers.access import Act, Scope, organization_for_input, require
from resolvers.contacts.create import write_contacts
from resolvers.contacts.exclusive import Holders, check_exclusive
from resolvers.contacts.preparing import ImportTerms, PreparedRow, prepare_row
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.events.recording import note_created
from resolvers.idempotency import check_same_request
from resolvers.merging.refusals import contact_not_found

MAXIMUM_ROWS = 500


@dataclass(frozen=True)
class Outcome:
    """What became of one row: a contact, or errors; `skipped` when it was here already. `thing_id`: what else a line of
    a file made."""

    contact_id: UUID | None = None
    contact: ContactRow | None = None
    errors: tuple[UserError, ...] = ()
    skipped: bool = False
    thing_id: UUID | None = None


async def import_contacts(
    db: Database, act: Act, rows: Sequence[Mapping[str, Any]], organization_id: UUID | None
) -> list[Outcome]:
    """One outcome a row, in order. Raises Refused when the call itself is wrong."""
    require(act.actor, Scope.CONTACTS_WRITE)
    org_id = organization_for_input(act.actor, organization_id)
    if len(rows) > MAXIMUM_ROWS:
        message = f"{len(rows)} contacts were sent; one call takes at most {MAXIMUM_ROWS}. Send the rest in another."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "contacts")

    async def work(tx: Transaction) -> list[Outcome]:
        terms = _terms(tx, await settings_for_identifiers(tx, org_id))
        prepared = [prepare_row(act, terms, row) for row in rows]
        outcomes = await _import(tx, act.now, terms, prepared)
        both = zip(prepared, outcomes, strict=True)
        made = [row.contact_id for row, done in both if row.contact_id and row.contact_id == done.contact_id]
        await note_created(tx, act, org_id, made)
        return outcomes

    outcomes = await db.write(work)
    refresh_statistics_later(db)
    return outcomes


async def import_terms(db: Database, org_id: UUID, source: str) -> ImportTerms:
    """What the lines of a file are to be prepared by. Raises LookupError for an unknown organisation."""

    async def work(tx: Transaction) -> ImportTerms:
        key = await ref_key(tx, org_id)
        if key is None:
            raise LookupError("there is no such organisation")
        return _terms(tx, await settings(tx, org_id), source, key)

    return await db.read(work)


async def terms_hold(tx: Transaction, terms: ImportTerms) -> bool:
    """Whether the settings are those that lines were prepared by; they stay so until the transaction ends, and the
    organisation is locked: two importers of one file must not both find a ref unknown."""
    current = await settings_for_identifiers(tx, terms.org_id)  # always before the organisation's lock
    if terms != _terms(tx, current, terms.source, terms.ref_key):
        return False
    await lock_organization(tx, terms.org_id)
    return True


async def import_contact_lines(
    tx: Transaction, now: datetime, terms: ImportTerms, lines: Sequence[PreparedRow]
) -> list[Outcome]:
    """Writes prepared lines; a ref of this source that was imported before is skipped, whatever became of it. For
    holders of the organisation's lock."""
    refs = [line.ref for line in lines if line.ref is not None]
    known = await known_refs(tx, terms.org_id, terms.source, CONTACT_REF, refs)
    fresh: list[int] = []
    for index, line in enumerate(lines):
        if line.ref is None or line.ref not in known:
            fresh.append(index)
            if line.ref is not None and line.contact_id is not None:  # a bad line does not use up its ref
                known[line.ref] = line.contact_id
    imported = await _import(tx, now, terms, [lines[index] for index in fresh])
    outcomes = [Outcome(known.get(line.ref or ""), skipped=True) for line in lines]
    claims = []
    for index, outcome in zip(fresh, imported, strict=True):
        outcomes[index] = outcome
        claim = lines[index].claim
        if outcome.contact_id is not None and claim is not None:
            claims.append(claim)
    await insert_encoded(tx, import_ref, sorted(claims))  # hashes, too (db/matching.py)
    return outcomes


async def _import(tx: Transaction, now: datetime, terms: ImportTerms, rows: Sequence[PreparedRow]) -> list[Outcome]:
    outcomes = [Outcome(errors=row.errors) for row in rows]
    ready = [index for index, row in enumerate(rows) if not row.errors]
    ready = await _without_taken(tx, terms, rows, ready, outcomes)
    answers = [answer for index in ready if (answer := rows[index].answer) is not None]
    free = await idempotency.keep_answers(tx, terms.org_id, answers, now)
    made, repeated = _split(rows, ready, free)
    await write_contacts(tx, [encoded for index in made if (encoded := rows[index].encoded) is not None])
    for index in made:
        outcomes[index] = Outcome(rows[index].contact_id, rows[index].row)
    await _answer_repeats(tx, terms.org_id, rows, repeated, outcomes)
    return outcomes


async def _without_taken(
    tx: Transaction,
    terms: ImportTerms,
    rows: Sequence[PreparedRow],
    ready: Sequence[int],
    outcomes: list[Outcome],
) -> list[int]:
    """Those whose exclusive identifiers are free, counting what earlier rows of the same call take."""
    wanted = {found.key for index in ready for found in rows[index].exclusive}
    if not wanted:
        return list(ready)
    await lock_organization(tx, terms.org_id)
    held: Holders = await holders(tx, terms.org_id, wanted)
    kept = []
    for index in ready:
        row = rows[index]
        try:
            check_exclusive(row.exclusive, held, None)
        except Refused as refusal:
            outcomes[index] = Outcome(errors=refusal.errors)
            continue
        assert row.contact_id is not None
        held |= {found.key: [row.contact_id] for found in row.exclusive}
        kept.append(index)
    return kept


def _split(rows: Sequence[PreparedRow], ready: Sequence[int], free: set[str]) -> tuple[list[int], list[int]]:
    """(to be made, answered before): the first row with a free idempotency key is made."""
    made, repeated = [], []
    for index in ready:
        answer = rows[index].answer
        if answer is None or answer.key in free:
            made.append(index)
            if answer is not None:
                free.discard(answer.key)
        else:
            repeated.append(index)
    return made, repeated


async def _answer_repeats(
    tx: Transaction,
    org_id: UUID,
    rows: Sequence[PreparedRow],
    repeated: Sequence[int],
    outcomes: list[Outcome],
) -> None:
    asked = {index: answer for index in repeated if (answer := rows[index].answer) is not None}
    if not asked:
        return
    stored = await idempotency.stored_answers(tx, org_id, [answer.key for answer in asked.values()])
    targets = {key: UUID(answer.result["contact"]) for key, answer in stored.items() if "contact" in answer.result}
    survivors = await contact_rows.survivors(tx, [org_id], targets.values())
    for index, answer in asked.items():
        try:
            check_same_request(stored[answer.key], answer)
            survivor = survivors.get(targets[answer.key])
            if survivor is None or survivor.erased_at is not None:
                raise contact_not_found(targets[answer.key], "idempotencyKey")
            outcomes[index] = Outcome(survivor.id, survivor)
        except Refused as refusal:
            outcomes[index] = Outcome(errors=refusal.errors)


def _terms(tx: Transaction, current: SettingsRow, source: str = "", key: bytes = b"") -> ImportTerms:
    return ImportTerms(
        org_id=current.org_id,
        dialect=tx.dialect,
        default_region=current.default_region,
        identifier_rule=current.identifier_rule,
        source=source,
        ref_key=key,
    )
