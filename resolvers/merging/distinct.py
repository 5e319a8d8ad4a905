"""markDistinct and unmarkDistinct: contacts that are not the same person, remembered for good.

A pair is marked under the ids that it was given, and holds between whatever those ids lead to: detection never proposes
it, and an explicit merge of the two is refused unless it says `allowMarkedDistinct`.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from uuid import UUID

from db import contact_writes, distinct
from db import contacts as contact_rows
from db.contacts import ContactRow
from db.distinct import PairRow, pair_of
from db.engine import Database, Transaction
from resolvers.access import Act, Scope, require
from resolvers.errors import ErrorCode, Refused, UserError, refuse
from resolvers.ids import CONTACT, encode_id
from resolvers.merging.refusals import check_living, contact_not_found, in_other_organizations, source_path
from resolvers.merging.request import REASON_LENGTH, check_repeats, read_contact_ids, read_text

MAXIMUM = 50
_FIELD = "contactIds"


async def mark_distinct(db: Database, act: Act, contacts: Sequence[str], reason: str | None) -> int:
    """Marks every two of these living contacts as two people; the number of pairs. Raises Refused."""
    require(act.actor, Scope.MERGE)
    ids = _read_ids(contacts)
    why = read_text(reason, REASON_LENGTH, "reason")
    return await db.write(lambda tx: _mark(tx, act, ids, why))


async def unmark_distinct(db: Database, act: Act, contacts: Sequence[str]) -> int:
    """Forgets every mark between two of these contacts, through merges too; the number of pairs. Raises Refused."""
    require(act.actor, Scope.MERGE)
    ids = _read_ids(contacts)
    return await db.write(lambda tx: _unmark(tx, act, ids))


async def marked_apart(tx: Transaction, org_id: UUID, roots: Sequence[UUID]) -> set[frozenset[UUID]]:
    """Which of these survivors were said to be other people than which: sets of two survivors. One statement."""
    return {pair.roots for pair in await distinct.pairs_touching(tx, org_id, roots)}


def check_distinct(primary: ContactRow, sources: Sequence[ContactRow], apart: Collection[frozenset[UUID]]) -> None:
    """Raises MARKED_DISTINCT, one entry a source, when two contacts of a merge were said to be two people."""
    roots = [primary.id, *(source.id for source in sources)]
    errors = []
    for index, source in enumerate(roots[1:]):
        other = next((before for before in roots[: index + 1] if frozenset((before, source)) in apart), None)
        if other is not None:
            message = (
                f"{encode_id(CONTACT, source)} and {encode_id(CONTACT, other)} were marked as two people. "
                "Send allowMarkedDistinct: true to merge them all the same, or unmarkDistinct first."
            )
            errors.append(UserError(ErrorCode.MARKED_DISTINCT, message, source_path(index), source))
    if errors:
        raise Refused(errors)


def pair_rows(act: Act, org_id: UUID, pairs: Iterable[tuple[UUID, UUID]], reason: str | None) -> list[PairRow]:
    """Pairs as they are stored."""
    return [
        PairRow(org_id, *pair_of(one, other), act.actor.label, act.actor.key_id, reason, act.now)
        for one, other in pairs
    ]


def _read_ids(contacts: Sequence[str]) -> list[UUID]:
    if not 2 <= len(contacts) <= MAXIMUM:
        message = f"{len(contacts)} contacts were sent; name 2 to {MAXIMUM}."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, _FIELD)
    errors: list[UserError] = []
    ids = read_contact_ids(contacts, _FIELD, errors)
    if errors:
        raise Refused(errors)
    check_repeats(None, ids, _FIELD)
    return ids


async def _mark(tx: Transaction, act: Act, ids: Sequence[UUID], reason: str | None) -> int:
    org_id = await _lock(tx, act, ids)
    rows = pair_rows(act, org_id, combinations(ids, 2), reason)
    await distinct.add_pairs(tx, rows)
    return len(rows)


async def _unmark(tx: Transaction, act: Act, ids: Sequence[UUID]) -> int:
    org_id = await _lock(tx, act, ids)
    named = frozenset(ids)
    pairs = [
        pair for pair in await distinct.pairs_touching(tx, org_id, ids) if len(pair.roots) == 2 and pair.roots <= named
    ]
    await distinct.remove_pairs(tx, org_id, pairs)
    return len(pairs)


async def _lock(tx: Transaction, act: Act, ids: Sequence[UUID]) -> UUID:
    """The organisation's lock, which merges hold too: no merge of two of them can be under way. Raises Refused."""
    orgs = act.actor.organizations
    found = await contact_rows.contacts_by_id(tx, orgs, ids)
    named = [(contact_id, (_FIELD, str(index))) for index, contact_id in enumerate(ids)]
    first = next((found[contact_id].org_id for contact_id in ids if contact_id in found), None)
    if first is None:
        raise Refused([error for contact_id, path in named for error in contact_not_found(contact_id, *path).errors])
    await contact_writes.lock_organization_of(tx, [first], next(c for c in ids if c in found))
    rows = await contact_rows.contacts_by_id(tx, [first], ids)
    elsewhere = await in_other_organizations(tx, act.actor, [one for one in ids if one not in rows])
    check_living(named, rows, elsewhere, "Contacts of different organizations are distinct as they are.")
    return first
