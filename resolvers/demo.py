"""The demo organisation: where it is, and which of its contacts are good to try things on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.emptying import empty_organization
from db.engine import Database, Transaction
from db.merge_pages import MergeFilter
from db.organizations import demo_organization
from resolvers.access import Act
from resolvers.contacts.children import merged_ids_of_contacts
from resolvers.contacts.read import contacts_by_identifier
from resolvers.merging.history import list_merges
from resolvers.paging import read_page

# The demo's file gives the two contacts of pair N the external ids `pair-N-user` and `pair-N-lead` of this system.
SYSTEM = "demo"
PAIRS = 5
FIRST_PAIR = 0  # merged by `onefold demo` itself, so that there is a history to look at


@dataclass(frozen=True)
class Examples:
    """Two contacts that are the same person, an id that was merged away before, and the newest merge in force."""

    primary: UUID
    source: UUID
    merged: UUID | None
    merge: UUID | None


async def demo_organization_id(db: Database) -> UUID | None:
    """The demo organisation, once `onefold demo` has made it."""
    row = await db.read(demo_organization)
    return row.id if row else None


async def empty_demo(db: Database, now: datetime) -> None:
    """Takes everything out of the demo organisation, and of no other; its keys stay."""

    async def work(tx: Transaction) -> None:
        row = await demo_organization(tx)
        if row is not None:
            await empty_organization(tx, row.id, now)

    await db.write(work)


async def demo_pair(db: Database, act: Act, number: int) -> tuple[UUID, UUID] | None:
    """The contacts that pair N leads to now: (user, lead); the same one twice once they are merged."""
    found = []
    for role in ("user", "lead"):
        wanted = ("EXTERNAL_ID", f"pair-{number}-{role}", SYSTEM)
        rows = await contacts_by_identifier(db, act, act.actor.organizations[0], wanted, 1)
        found += [row.id for row in rows]
    return (found[0], found[1]) if len(found) == 2 else None


async def demo_examples(db: Database, act: Act) -> Examples | None:
    """The first pair that nobody has merged yet; the last one when all are."""
    first = await demo_pair(db, act, FIRST_PAIR)
    merged = (await merged_ids_of_contacts(db, act, [first[0]]))[0] if first else []
    merge = await _newest_merge(db, act)
    examples = None
    for number in range(FIRST_PAIR + 1, PAIRS):
        pair = await demo_pair(db, act, number)
        if pair is None:
            continue
        examples = Examples(pair[0], pair[1], merged[0] if merged else None, merge)
        if pair[0] != pair[1]:
            break
    return examples


async def _newest_merge(db: Database, act: Act) -> UUID | None:
    page = await list_merges(db, act, act.actor.organizations[0], MergeFilter(undone=False), read_page(1, None))
    return page.rows[0].id if page.rows else None
