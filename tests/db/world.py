"""One organisation over a fresh database, driven through the acts of `resolvers/` and read straight from the tables."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from db.activity import activity
from db.contacts import CONTACT_COLUMNS, NO_ACTIVITY, ContactRow, contact, contact_row
from db.engine import Database, Transaction
from db.identifiers import identifier
from db.match_facts import facts_of_trees
from db.matching import match_features, match_key
from db.merges import merge_event, merge_source
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.create import create_contact
from resolvers.contacts.derived import with_derived
from resolvers.duplicates.records import tree_facts
from resolvers.ids import CONTACT, IdSource, encode_id
from resolvers.matching.record import record_of
from resolvers.merging.merge import MergeResult, merge_contacts
from resolvers.merging.request import read_merge_request
from tests.support.api import Clock, make_org


@dataclass
class World:
    """A database with one organisation and a caller who may do everything there."""

    db: Database
    org_id: UUID
    act: Act
    orgs: list[UUID] = field(default_factory=list)

    async def contact(self, **raw: Any) -> UUID:
        """A new contact."""
        return (await create_contact(self.db, self.act, raw, self.org_id)).id

    async def contacts(self, number: int) -> list[UUID]:
        """Some new contacts, each with a name and an address, in the order of their ids."""
        return [await self.contact(name=f"Person {i}", email=f"p{i}@people.example") for i in range(number)]

    async def merge(self, primary: UUID, sources: Iterable[UUID] | None, **more: Any) -> MergeResult:
        """A merge; `sources` None lets detection find them."""
        named = None if sources is None else [shown(source) for source in sources]
        given = {"primaryContactId": shown(primary), "sourceContactIds": named, **more}
        return await merge_contacts(self.db, self.act, read_merge_request(given))

    async def rows(self) -> dict[UUID, ContactRow]:
        """Every contact of the organisation, living or not."""
        own = select(*CONTACT_COLUMNS).where(contact.c.org_id == self.org_id)
        found = await self.db.read(lambda tx: tx.rows(own))
        return {row.id: row for row in map(contact_row, found)}


def shown(contact_id: UUID) -> str:
    """A contact's id as clients know it."""
    return encode_id(CONTACT, contact_id)


async def open_world(db: Database) -> World:
    """A world over an empty, migrated database."""
    clock = Clock()
    new_id = IdSource(clock)
    org_id = await make_org(db, clock, new_id)
    actor = Actor(new_id(), "tests", (org_id,), ALL_SCOPES)
    return World(db, org_id, Act(actor, clock(), new_id, "request"), [org_id])


async def check_invariants(world: World) -> None:
    """What must hold whatever happened: one hop, every source accounted for, derived columns as recomputed."""
    rows = await world.rows()
    await world.db.read(lambda tx: _check_pointers(tx, world.org_id, rows))
    await world.db.read(lambda tx: _check_derived(tx, world.org_id, rows))
    await world.db.read(lambda tx: _check_matching(tx, world.org_id, rows))


async def _check_pointers(tx: Transaction, org_id: UUID, rows: dict[UUID, ContactRow]) -> None:
    # Of contacts: merges of conversations stand in the same tables.
    made = select(merge_event).where(merge_event.c.org_id == org_id, merge_event.c.primary_contact_id.is_not(None))
    taken = select(merge_source).where(merge_source.c.org_id == org_id, merge_source.c.contact_id.is_not(None))
    events = {row.id: row for row in await tx.rows(made)}
    every = list(await tx.rows(taken))
    primaries = {row.id: row.primary_contact_id for row in events.values()}
    sources = {row.contact_id: row.merge_id for row in every if row.undone_at is None}
    for row in rows.values():
        root = rows[row.canonical_id]
        assert root.canonical_id == root.id, "canonical is one hop"
        assert root.merged_into_id is None, "canonical is a root"
        if row.merged_into_id is not None:
            assert rows[row.merged_into_id].canonical_id == row.canonical_id, "the parent is of the same tree"
            assert sources[row.id] == row.merge_id, "the row names the event in which it is a source"
            assert primaries[sources[row.id]] == row.merged_into_id, "and that event's primary is its parent"
    assert set(sources) == {row.id for row in rows.values() if row.merged_into_id is not None}
    assert set(primaries) == {row.merge_id for row in every}, "every event has its sources"
    in_force = {event.id for event in events.values() if event.undone_at is None}
    assert in_force == set(sources.values()), "an event is undone when its last source is"


async def _check_derived(tx: Transaction, org_id: UUID, rows: dict[UUID, ContactRow]) -> None:
    held: dict[UUID, list[str]] = {}
    keys = set()
    for row in await tx.rows(select(identifier).where(identifier.c.org_id == org_id)):
        key = (row.contact_id, row.kind, row.system, row.normalized)
        assert key not in keys, "one row an identifier and contact"
        keys.add(key)
        if row.removed_via_id is None:
            held.setdefault(rows[row.contact_id].canonical_id, []).append(row.normalized)
    latest: dict[UUID, Any] = {}
    for row in await tx.rows(select(activity.c.contact_id, activity.c.last_at).where(activity.c.org_id == org_id)):
        root = rows[row.contact_id].canonical_id
        latest[root] = max(latest.get(root, NO_ACTIVITY), row.last_at)
    for found in rows.values():
        if found.living:
            assert with_derived(found, held.get(found.id, [])) == found, "search_text and name_sort are in step"
            assert found.last_activity_sort == latest.get(found.id, NO_ACTIVITY), "last_activity_sort is in step"
        else:
            assert found.search_text == "", "what was merged away is not searched"


async def _check_matching(tx: Transaction, org_id: UUID, rows: dict[UUID, ContactRow]) -> None:
    roots = [row.id for row in rows.values() if row.living]
    facts = await facts_of_trees(tx, [org_id], roots)
    made = {root: record_of(tree_facts(rows[root], facts[root])) for root in roots}
    stored = {
        row.contact_id: row for row in await tx.rows(select(match_features).where(match_features.c.org_id == org_id))
    }
    for root, record in made.items():
        assert (stored[root].features, stored[root].model_version) == (record.features, record.model_version)
    assert not {row.id for row in rows.values() if row.erased_at} & stored.keys(), "nothing is kept of the erased"
    keys = {tuple(row) for row in await tx.rows(select(*match_key.c).where(match_key.c.org_id == org_id))}
    assert keys == {
        (org_id, key.hash, root, key.kind, record.coarse) for root, record in made.items() for key in record.keys
    }, "the keys of living contacts, and no others"


async def version_sum(world: World) -> int:
    """The versions of all contacts together: grows by one with every edit and every merge."""
    found = await world.db.read(lambda tx: tx.rows(select(contact.c.version)))
    return sum(row.version for row in found)
