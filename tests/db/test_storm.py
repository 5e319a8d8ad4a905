"""Many callers on few contacts at once, through the acts: nothing fails but refusals, nothing is lost."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from db.contacts import ContactRow
from db.engine import Database, EngineOptions
from resolvers.contacts.erase import erase_contact
from resolvers.contacts.identifiers import add_identifier, remove_identifier
from resolvers.contacts.tags import set_labels
from resolvers.contacts.update import update_contact
from resolvers.contacts.upsert import upsert_contact
from resolvers.errors import Refused
from resolvers.merging.undo import undo_merge
from resolvers.merging.undo_request import UndoRequest
from tests.db.world import World, check_invariants, open_world, shown, version_sum

TASKS = 16
ACTS = 12  # each
CONTACTS = 30


class Storm:
    """Random acts over the contacts of a world; counts what was carried out."""

    def __init__(self, world: World, ids: list[UUID], seed: int) -> None:
        self.world = world
        self.ids = ids
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.changed: list[tuple[UUID, int]] = []  # by acts that always change something
        self.seen: set[tuple[UUID, int]] = set()  # every version that an act answered with
        self.refused: Counter[str] = Counter()
        self.merges: list[tuple[UUID, tuple[UUID, ...]]] = []
        self._fresh = 0

    async def caller(self, kinds: list[str]) -> None:
        """One caller's acts, one after the other."""
        for _ in range(ACTS):
            kind = self.chance.choice(kinds)
            if kind == "undo" and not self.merges:  # nobody has merged yet
                kind = "edit"
            act: Callable[[], Coroutine[Any, Any, str]] = getattr(self, kind)
            try:
                self.done[await act()] += 1
            except Refused as refusal:
                self.refused.update(f"{kind} {error.code}" for error in refusal.errors)

    def _note(self, row: ContactRow, *, changed: bool = True) -> None:
        self.seen.add((row.id, row.version))
        if changed:
            self.changed.append((row.id, row.version))

    def _some(self) -> UUID:
        return self.chance.choice(self.ids)

    def _unused(self) -> int:
        self._fresh += 1
        return self._fresh

    async def merge(self) -> str:
        """Of two or three contacts."""
        primary, *sources = self.chance.sample(self.ids, self.chance.choice([2, 3]))
        done = await self.world.merge(primary, sources)
        assert done.merge is not None
        self.merges.append((done.merge.id, done.source_ids))
        self._note(done.survivor)
        return "merge"

    async def undo(self) -> str:
        """Of a merge that somebody made, all of it or its first source."""
        merge_id, sources = self.chance.choice(self.merges)
        done = await undo_merge(
            self.world.db, self.world.act, UndoRequest(merge_id, self.chance.choice([None, sources[:1]]))
        )
        assert done.primary is not None
        for row in (*done.restored, done.primary):
            self._note(row)
        return "undo"

    async def edit(self) -> str:
        """A value that no one else writes, and a time of activity: every edit changes something."""
        number = self._unused()
        active = self.world.act.now + timedelta(minutes=self.chance.randrange(1000))
        patch = {"id": shown(self._some()), "name": f"Name {number}", "lastActivityAt": active}
        if number % 3 == 0:
            patch["email"] = f"mail{number}@a.example"
        self._note(await update_contact(self.world.db, self.world.act, patch))
        return "edit"

    async def identify(self) -> str:
        """Of a few addresses, so that several callers give the same one to the same contact."""
        value = f"shared{self.chance.randrange(8)}@a.example"
        raw = {"kind": "EMAIL", "value": value}
        landed = await add_identifier(self.world.db, self.world.act, shown(self._some()), raw)
        self._note(landed.thing, changed=False)
        return "edit"

    async def take_off(self) -> str:
        """Refused where the contact has no such address."""
        value = f"shared{self.chance.randrange(8)}@a.example"
        raw = {"kind": "EMAIL", "value": value}
        self._note((await remove_identifier(self.world.db, self.world.act, shown(self._some()), raw)).thing)
        return "edit"

    async def label(self) -> str:
        """Labels that all callers make, named in any order."""
        names = self.chance.sample(["vip", "press", "beta", "trial"], 2)
        landed = await set_labels(self.world.db, self.world.act, shown(self._some()), names)
        self._note(landed.thing, changed=False)
        return "edit"

    async def upsert(self) -> str:
        """By an identifier that everybody uses."""
        by = {"kind": "EXTERNAL_ID", "value": f"ext{self.chance.randrange(10)}", "system": "crm"}
        raw = {"company": f"Company {self._unused()}"}
        found = await upsert_contact(self.world.db, self.world.act, by, raw, self.world.org_id)
        self._note(found.contact)
        return "made" if found.created else "edit"

    async def erase(self) -> str:
        """With all that was merged into it."""
        await erase_contact(self.world.db, self.world.act, shown(self._some()), None)
        return "erase"


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_storm_of_edits_and_merges(database_url: str, seed: int) -> None:
    """One hop, no lost update, every source in the history, derived columns in step, identifiers once."""
    db = Database(database_url, EngineOptions(pool_size=TASKS))
    world = await open_world(db)
    storm = Storm(world, await world.contacts(CONTACTS), seed)
    kinds = ["merge", "undo", "edit", "edit", "identify", "identify", "take_off", "label", "upsert"]
    await asyncio.gather(*(storm.caller(kinds) for _ in range(TASKS)))
    await check_invariants(world)
    assert len(storm.changed) == len(set(storm.changed)), "two writers never make one version"
    grown = {place for place in storm.seen if place[1] > 1}
    assert await version_sum(world) == CONTACTS + storm.done["made"] + len(grown), "no change without its version"
    assert len(await world.rows()) == CONTACTS + storm.done["made"]
    assert storm.done["made"] <= 10, "two upserts of one new identifier never both make a contact"
    allowed = {
        "merge ALREADY_MERGED",
        "edit ALREADY_MERGED",
        "take_off NOT_FOUND",
        "upsert AMBIGUOUS_IDENTIFIER",
        "undo NOT_UNDOABLE",
    }
    assert set(storm.refused) <= allowed
    assert storm.done["merge"] > 0
    assert storm.done["undo"] > 0
    await db.close()


async def test_a_storm_with_erasures(database_url: str) -> None:
    """An erased tree is empty, whoever was writing to it at the moment; nothing but refusals is raised."""
    db = Database(database_url, EngineOptions(pool_size=TASKS))
    world = await open_world(db)
    storm = Storm(world, await world.contacts(CONTACTS), 3)
    kinds = ["merge", "undo", "edit", "identify", "label", "erase"]
    await asyncio.gather(*(storm.caller(kinds) for _ in range(TASKS)))
    await check_invariants(world)
    rows = await world.rows()
    erased = [row for row in rows.values() if row.erased_at is not None]
    assert erased
    for row in erased:
        assert (row.name, row.email, row.search_text, row.provenance) == (None, None, "", {})
        assert rows[row.canonical_id].erased_at is not None, "a tree is erased as a whole"
    for row in rows.values():
        assert (row.erased_at is None) == (rows[row.canonical_id].erased_at is None)
    assert {code.split()[1] for code in storm.refused} <= {"ALREADY_MERGED", "NOT_FOUND", "NOT_UNDOABLE"}
    await db.close()
