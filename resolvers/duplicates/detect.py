"""Which contacts are duplicates of a primary, found inside the transaction that merges them.

This is the exact-identifier stand-in: contacts that share an identifier which few hold. The matcher with
probabilities and guards takes the place of `find_duplicates`; nothing else knows how duplicates are found.
"""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from db import distinct, identifiers
from db.duplicates import Holder, holders_of
from db.engine import Transaction
from resolvers.matching.generic import is_generic
from resolvers.merging.distinct import without_marked
from resolvers.merging.request import MAXIMUM_SOURCES

MAXIMUM_HOLDERS = 12  # an identifier of more contacts than these is a shared one and proves nothing


@dataclass(frozen=True)
class Detected:
    """The contacts to merge, best first, and how many duplicates are left over by a limit or a rule."""

    source_ids: tuple[UUID, ...]
    remaining: int


async def find_duplicates(tx: Transaction, org_id: UUID, primary_id: UUID, *, role_rule: str) -> Detected:
    """Living contacts that share an identifier with the primary: most shared first, verified before unverified, then
    the oldest. Three statements. Under LEAD_INTO_USER only leads are taken, and never two contacts that were marked as
    two people; the others count as left over."""
    held = (await identifiers.identifiers_of(tx, [org_id], [primary_id]))[primary_id]
    keys = sorted({row.key for row in held if not is_generic(row.kind, row.normalized)})
    shared: Counter[UUID] = Counter()
    verified: Counter[UUID] = Counter()
    known: dict[UUID, Holder] = {}
    for holders in (await holders_of(tx, org_id, keys, MAXIMUM_HOLDERS + 1)).values():
        if len(holders) > MAXIMUM_HOLDERS:
            continue
        for holder in holders:
            if holder.root_id != primary_id:
                known[holder.root_id] = holder
                shared[holder.root_id] += 1
                verified[holder.root_id] += holder.verified
    best = sorted(
        known.values(),
        key=lambda h: (-shared[h.root_id], -verified[h.root_id], h.created_at, h.root_id),
    )
    allowed = [holder.root_id for holder in best if role_rule == "ANY" or holder.role == "LEAD"]
    pairs = await distinct.pairs_touching(tx, org_id, [primary_id, *allowed])
    allowed = without_marked(primary_id, allowed, pairs)
    return Detected(tuple(allowed[:MAXIMUM_SOURCES]), len(best) - len(allowed[:MAXIMUM_SOURCES]))
