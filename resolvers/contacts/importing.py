"""Many contacts at once, each row judged alone: good rows land, a bad one is reported.

`importContacts` and `onefold import` are this one act; the latter remembers each line by its `ref`, so that the
same file twice changes nothing. The number of statements does not grow with the number of rows.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db import contacts as contact_rows
from db import idempotency
from db.contacts import ContactRow
from db.engine import Database, Transaction
from db.idempotency import StoredAnswer
from db.identifiers import holders
from db.imports import CONTACT_REF, claim_refs, known_refs
from db.organizations import SettingsRow, lock_organization, ref_key, settings_for_identifiers
from resolvers.access import Act, Scope, organization_for_input, require
from resolvers.contacts.create import OPERATION, new_row, write_contacts
from resolvers.contacts.exclusive import Holders, check_exclusive, is_exclusive
from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import CREATE_FIELDS, NewContact, read_new_contact
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.idempotency import answer_for, check_same_request, comparable
from resolvers.merging.refusals import contact_not_found
from resolvers.merging.request import read_key

MAXIMUM_ROWS = 500


@dataclass(frozen=True)
class Outcome:
    """What became of one row: a contact, or errors; `skipped` when it was here already."""

    contact: ContactRow | None = None
    errors: tuple[UserError, ...] = ()
    skipped: bool = False


@dataclass(frozen=True)
class Line:
    """One line of an import file: its ref within the source, and its fields."""

    ref: str
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class _Ready:
    """A row that was read without fault."""

    index: int
    row: ContactRow
    new: NewContact
    answer: StoredAnswer | None


async def import_contacts(
    db: Database, act: Act, rows: Sequence[Mapping[str, Any]], organization_id: UUID | None
) -> list[Outcome]:
    """One outcome a row, in order. Raises Refused when the call itself is wrong."""
    require(act.actor, Scope.CONTACTS_WRITE)
    org_id = organization_for_input(act.actor, organization_id)
    if len(rows) > MAXIMUM_ROWS:
        message = f"{len(rows)} contacts were sent; one call takes at most {MAXIMUM_ROWS}. Send the rest in another."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "contacts")
    return await db.write(lambda tx: _import_all(tx, act, org_id, rows))


async def import_lines(db: Database, act: Act, org_id: UUID, source: str, lines: Sequence[Line]) -> list[Outcome]:
    """The same for lines of a file; a ref of this source that was imported before is skipped, whatever became of it."""
    require(act.actor, Scope.CONTACTS_WRITE)
    return await db.write(lambda tx: _import_lines(tx, act, org_id, source, lines))


async def _import_all(tx: Transaction, act: Act, org_id: UUID, rows: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    settings = await settings_for_identifiers(tx, org_id)
    return await _import(tx, act, settings, list(enumerate(rows)), len(rows))


async def _import_lines(tx: Transaction, act: Act, org_id: UUID, source: str, lines: Sequence[Line]) -> list[Outcome]:
    settings = await settings_for_identifiers(tx, org_id)  # always before the organisation's lock
    await lock_organization(tx, org_id)  # two importers of one file must not both find a ref unknown
    key = await ref_key(tx, org_id)
    assert key is not None
    hashes = [_ref_hash(key, source, line.ref) for line in lines]
    known = set(await known_refs(tx, org_id, source, CONTACT_REF, hashes))
    fresh: list[tuple[int, Mapping[str, Any]]] = []
    for index, (line, ref) in enumerate(zip(lines, hashes, strict=True)):
        if ref not in known:
            known.add(ref)
            fresh.append((index, line.raw))
    outcomes = await _import(tx, act, settings, fresh, len(lines))
    claims = [
        {
            "org_id": org_id,
            "source": source,
            "kind": CONTACT_REF,
            "ref": hashes[index],
            "target_id": contact.id,
            "created_at": act.now,
        }
        for index, _ in fresh
        if (contact := outcomes[index].contact) is not None
    ]
    await claim_refs(tx, claims)
    return outcomes


async def _import(
    tx: Transaction, act: Act, settings: SettingsRow, rows: Sequence[tuple[int, Mapping[str, Any]]], total: int
) -> list[Outcome]:
    """Rows that are not among `rows` count as skipped."""
    org_id = settings.org_id
    outcomes = [Outcome(skipped=True)] * total
    ready: list[_Ready] = []
    for index, raw in rows:
        try:
            ready.append(_read(act, settings, index, raw))
        except Refused as refusal:
            outcomes[index] = Outcome(errors=refusal.errors)
    ready = await _without_taken(tx, settings, ready, outcomes)
    answers = [row.answer for row in ready if row.answer is not None]
    free = await idempotency.keep_answers(tx, org_id, answers, act.now)
    made, repeated = _split(ready, free)
    await write_contacts(tx, act, [(row.row, row.new) for row in made])
    for row in made:
        outcomes[row.index] = Outcome(contact=row.row)
    await _answer_repeats(tx, org_id, repeated, outcomes)
    return outcomes


def _read(act: Act, settings: SettingsRow, index: int, raw: Mapping[str, Any]) -> _Ready:
    fields = Fields(raw)
    fields.expect_only(CREATE_FIELDS)
    new = read_new_contact(fields, act.now, settings.default_region)
    row = new_row(act, settings.org_id, new)
    key = read_key(raw.get("idempotencyKey"))
    answer = answer_for(key, OPERATION, comparable(raw), {"contact": row.id.hex}) if key else None
    return _Ready(index, row, new, answer)


async def _without_taken(
    tx: Transaction, settings: SettingsRow, ready: Sequence[_Ready], outcomes: list[Outcome]
) -> list[_Ready]:
    """Those whose exclusive identifiers are free, counting what earlier rows of the same call take."""
    if settings.identifier_rule == "SHARED":
        return list(ready)
    await lock_organization(tx, settings.org_id)
    wanted = {
        found.key
        for row in ready
        for found in row.new.identifiers
        if is_exclusive(settings.identifier_rule, found.kind)
    }
    held: Holders = await holders(tx, settings.org_id, wanted)
    kept = []
    for row in ready:
        exclusive = [found for found in row.new.identifiers if found.key in wanted]
        try:
            check_exclusive(exclusive, held, None)
        except Refused as refusal:
            outcomes[row.index] = Outcome(errors=refusal.errors)
            continue
        held |= {found.key: [row.row.id] for found in exclusive}
        kept.append(row)
    return kept


def _split(ready: Sequence[_Ready], free: set[str]) -> tuple[list[_Ready], list[_Ready]]:
    """(to be made, answered before): the first row with a free idempotency key is made."""
    made, repeated = [], []
    for row in ready:
        if row.answer is None or row.answer.key in free:
            made.append(row)
            if row.answer is not None:
                free.discard(row.answer.key)
        else:
            repeated.append(row)
    return made, repeated


async def _answer_repeats(tx: Transaction, org_id: UUID, repeated: Sequence[_Ready], outcomes: list[Outcome]) -> None:
    if not repeated:
        return
    answers = [row.answer for row in repeated if row.answer is not None]
    stored = await idempotency.stored_answers(tx, org_id, [answer.key for answer in answers])
    targets = {key: UUID(answer.result["contact"]) for key, answer in stored.items() if "contact" in answer.result}
    survivors = await contact_rows.survivors(tx, [org_id], targets.values())
    for row, answer in zip(repeated, answers, strict=True):
        try:
            check_same_request(stored[answer.key], answer)
            survivor = survivors.get(targets[answer.key])
            if survivor is None or survivor.erased_at is not None:
                raise contact_not_found(targets[answer.key], "idempotencyKey")
            outcomes[row.index] = Outcome(contact=survivor)
        except Refused as refusal:
            outcomes[row.index] = Outcome(errors=refusal.errors)


def _ref_hash(key: bytes, source: str, ref: str) -> str:
    return hmac.new(key, f"{source}\0{CONTACT_REF}\0{ref}".encode(), hashlib.sha256).hexdigest()
