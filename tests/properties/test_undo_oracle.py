"""Random lives with merges and undos in any order, against the oracle that plays everything again without them; each
merge against its preview too."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.contacts import ContactRow
from db.engine import Database
from db.identifiers import identifiers_of
from db.labels import LABELS
from resolvers.access import Act
from resolvers.contacts.create import create_contact
from resolvers.contacts.erase import erase_contact
from resolvers.contacts.identifiers import add_identifier, remove_identifier, shown_once
from resolvers.contacts.update import update_contact
from resolvers.errors import ErrorCode, Refused
from resolvers.ids import MERGE, encode_id
from resolvers.merging.merge import merge_contacts
from resolvers.merging.preview import Preview, merge_preview
from resolvers.merging.provenance import provenance_of
from resolvers.merging.request import read_merge_request
from resolvers.merging.settings import update_merge_settings
from resolvers.merging.undo import undo_merge
from resolvers.merging.undo_request import read_undo_request
from tests.db.world import World, check_invariants, open_world, shown
from tests.properties.hanging import LINES, NAMES, Hanging
from tests.properties.oracle import FIELDS, Oracle

EMAILS = ["a@x.test", "b@x.test", "c@x.test", "d@x.test"]
MOST = 7

_text = st.sampled_from([None, None, "Ada", "Bo"])
_leaf = st.sampled_from([1, "x", [], {}])
_member = st.one_of(_leaf, st.dictionaries(st.sampled_from("mn"), _leaf, max_size=2))
_removal = st.one_of(
    _member, st.none(), st.dictionaries(st.sampled_from("mn"), st.one_of(_leaf, st.none()), max_size=2)
)
_scalars = {name: _text for name in FIELDS if name != "email"}
_values = st.fixed_dictionaries(
    {},
    optional={
        **_scalars,
        "email": st.sampled_from(EMAILS),
        "unsubscribed": st.booleans(),
        "customAttributes": st.dictionaries(st.sampled_from("kl"), _member, max_size=2),
    },
)
_change = st.fixed_dictionaries(
    {},
    optional={
        **_scalars,
        "email": st.sampled_from([None, *EMAILS]),
        "unsubscribed": st.booleans(),
        "customAttributes": st.dictionaries(st.sampled_from("kl"), _removal, max_size=2),
    },
)
_OFTEN = {"edit": 4, "merge": 5, "undo": 4, "labels": 1, "add": 2, "remove": 2, "rules": 1, "erase": 1}
_OFTEN |= {"bring": 2, "segments": 1, "address": 2, "take off": 4}
_names = st.sets(st.sampled_from(NAMES))
_steps = [step for step, times in _OFTEN.items() for _ in range(times)]
_overridable = [*FIELDS, "k", "l"]


@dataclass
class Lived:
    """The product and the oracle side by side. `merges`: each merge's id by its line in the oracle's log."""

    world: World
    data: st.DataObject
    oracle: Oracle = field(default_factory=Oracle)
    ids: list[UUID] = field(default_factory=list)
    merges: dict[int, UUID] = field(default_factory=dict)
    recent: set[str] = field(default_factory=set)
    now: int = 0

    def __post_init__(self) -> None:
        self.hanging = Hanging(self.world.db, self.world.org_id, self.oracle, self.ids)

    @property
    def db(self) -> Database:
        return self.world.db

    @property
    def act(self) -> Act:
        return replace(self.world.act, now=self.world.act.now + timedelta(seconds=self.now))

    async def step(self) -> bool:
        """One act that is allowed now; whether it was an undo."""
        self.now += 1
        living = [n for n, being in enumerate(self.oracle.state.beings) if being.parent is None and not being.erased]
        undoable = [line for line in self.merges if self._undoable(line)]
        kind = self.pick(_steps)
        if len(living) < 2 and kind != "undo" and len(self.ids) < MOST:
            await self.create()
        elif kind == "undo" and undoable:
            await self.undo(self.pick(undoable))
            return True
        elif kind == "merge" and len(living) > 1:
            chosen = self.data.draw(st.lists(st.sampled_from(living), min_size=2, max_size=3, unique=True))
            if self.pick([True, True, False]):  # many merges of one survivor: there undo is difficult
                chosen.sort()
            await self.merge(chosen)
        elif kind == "rules":
            await self.rules()
        elif kind == "erase" and len(self.ids) == MOST and living:
            number = self.pick(living)
            await erase_contact(self.db, self.act, shown(self.ids[number]), None)
            self.oracle.erase(number)
        elif kind == "edit" and living:
            number, change = self.pick(living), self.data.draw(_change)
            await update_contact(self.db, self.act, {"id": shown(self.ids[number]), **change})
            self.oracle.edit(number, change, self.now)
        else:
            await self.on_any_id(kind)
        return False

    async def rules(self) -> None:
        """What is taken by MOST_RECENT from now on."""
        self.recent = self.data.draw(st.sets(st.sampled_from(["name", "title", "email"])))
        rules = [{"field": name, "rule": "MOST_RECENT"} for name in sorted(self.recent)]
        await update_merge_settings(self.db, self.act, None, {"survivorship": rules})

    async def create(self) -> None:
        """A new contact."""
        values = self.data.draw(_values)
        self.ids.append((await create_contact(self.db, self.act, values, self.world.org_id)).id)
        self.oracle.create(values, self.now)

    async def merge(self, chosen: list[int]) -> None:
        """With a choice of the caller's now and then."""
        overrides = self.data.draw(st.dictionaries(st.sampled_from(_overridable), st.sampled_from(chosen), max_size=1))
        given = {
            "primaryContactId": shown(self.ids[chosen[0]]),
            "sourceContactIds": [shown(self.ids[number]) for number in chosen[1:]],
            "overrides": [_override(what, shown(self.ids[number])) for what, number in overrides.items()],
        }
        previewed = self.pick([True, False, False, False])  # it costs more than the merge
        seen = await merge_preview(self.db, self.act, read_merge_request(given)) if previewed else None
        request = read_merge_request({**given, "expectedPreviewHash": seen.hash if seen else None})
        done = await merge_contacts(self.db, self.act, request)
        assert done.merge is not None
        if seen is not None:
            await self.check_preview(seen, done.survivor)
        self.merges[self.oracle.merge(chosen[0], chosen[1:], self.recent, overrides)] = done.merge.id

    async def check_preview(self, seen: Preview, survivor: ContactRow) -> None:
        """What was shown is what was done: values, origins, identifiers and labels."""
        orgs, root = [self.world.org_id], survivor.id
        held = await self.db.read(lambda tx: identifiers_of(tx, orgs, [root]))
        labels = await self.db.read(lambda tx: LABELS.of_trees(tx, orgs, [root]))
        assert seen.snapshot is not None
        assert replace(seen.snapshot.row, provenance={}) == replace(survivor, provenance={})
        assert list(seen.snapshot.identifiers) == shown_once(held[root], root)
        assert list(seen.snapshot.labels) == labels[root]
        assert list(seen.fields) == (await provenance_of(self.db, self.act, [root]))[0]

    async def undo(self, line: int) -> None:
        """All of a merge, or some of its sources; a second time it is refused."""
        still = self.oracle.merged_by(line)
        some = self.data.draw(st.lists(st.sampled_from(still), min_size=1, unique=True))
        named = None if len(some) == len(still) and self.pick([True, False]) else some
        request = read_undo_request(
            {
                "mergeId": encode_id(MERGE, self.merges[line]),
                "sourceContactIds": None if named is None else [shown(self.ids[number]) for number in named],
            }
        )
        done = await undo_merge(self.db, self.act, request)
        self.oracle.undo(line, [number for number in still if number in some], self.now)
        assert {row.id for row in done.restored} == {self.ids[number] for number in some}
        assert (done.merge.undone_at is not None) == (not self.oracle.merged_by(line))
        with pytest.raises(Refused) as refused:
            await undo_merge(self.db, self.act, request)
        if named is not None or not self.oracle.merged_by(line):
            assert {error.code for error in refused.value.errors} == {ErrorCode.NOT_UNDOABLE}

    async def on_any_id(self, kind: str) -> None:
        """What may be sent to a merged-away id too."""
        state = self.oracle.state
        reachable = [n for n in range(len(state.beings)) if not state.beings[state.root(n)].erased]
        if not reachable:
            return
        merged = [n for n in reachable if state.beings[n].parent is not None]
        number = self.pick(merged if merged and kind == "take off" else reachable)  # there it must come back
        contact = shown(self.ids[number])
        if kind in ("labels", "segments"):
            await self.hanging.set_tags(self.act, kind, number, self.data.draw(_names))
        elif kind == "bring":
            await self.bring([*reachable, *merged, *merged])
        elif kind == "address":
            await self.hanging.address(self.act, number, self.pick(list(NAMES)))
        elif kind == "take off":
            if held := self.hanging.held(number):
                await self.hanging.take_off(self.act, number, *self.pick(held))
        elif kind == "add":
            value = self.pick(EMAILS)
            await add_identifier(self.db, self.act, contact, {"kind": "EMAIL", "value": value})
            self.oracle.add_email(number, value, self.now)
        elif emails := state.emails_of(state.root(number)):
            value = self.pick(emails)
            await remove_identifier(self.db, self.act, contact, {"kind": "EMAIL", "value": value})
            self.oracle.remove_email(number, value, self.now)

    async def bring(self, numbers: list[int]) -> None:
        """Some lines of an import for these."""
        line = st.tuples(st.sampled_from(LINES), st.sampled_from(numbers), st.sampled_from(NAMES))
        await self.hanging.bring(self.act, self.data.draw(st.lists(line, min_size=3, max_size=6)))

    def pick(self, among: list[Any]) -> Any:
        """One of them."""
        return self.data.draw(st.sampled_from(among))

    def _undoable(self, line: int) -> bool:
        primary = self.oracle.log[line].given[1]
        return bool(self.oracle.merged_by(line)) and not self.oracle.state.beings[primary].erased

    async def check(self) -> None:
        """Everything that stands in the tables, contact by contact."""
        rows = await self.world.rows()
        roots = [row.id for row in rows.values() if row.living]
        held = await self.db.read(lambda tx: identifiers_of(tx, [self.world.org_id], roots))
        hanging = await self.db.read(lambda tx: self.hanging.read(tx, roots))
        state = self.oracle.state
        for number, contact_id in enumerate(self.ids):
            row = rows[contact_id]
            assert row.canonical_id == self.ids[state.root(number)], f"{number} leads elsewhere"
            if not row.living:
                continue
            emails = [found.normalized for found in shown_once(held[contact_id], contact_id)]
            found = (self.shown(row), emails, hanging[contact_id])
            assert found == (self.expected(number), state.emails_of(number), self.hanging.expected(number)), (
                f"contact {number}"
            )
        await check_invariants(self.world)

    def shown(self, row: ContactRow) -> dict[str, Any]:
        """A row in the oracle's terms."""
        return {
            **{name: getattr(row, name) for name in FIELDS},
            "attributes": row.custom_attributes,
            "since": row.unsubscribed_at,
            "out": row.unsubscribed,
        }

    def expected(self, number: int) -> dict[str, Any]:
        """What the oracle says."""
        being = self.oracle.state.beings[number]
        return {
            **{name: value for name, (value, _) in being.fields.items()},
            "attributes": being.attributes,
            "since": self._at(being.opted_out),
            "out": being.opted_out is not None,
        }

    def _at(self, second: int | None) -> datetime | None:
        return None if second is None else self.world.act.now + timedelta(seconds=second)


def _override(what: str, contact: str) -> dict[str, Any]:
    chosen = {"field": what} if what in FIELDS else {"customAttribute": what}
    return {**chosen, "fromContactId": contact}


async def live(db: Database, data: st.DataObject, steps: int) -> None:
    """A life in an organisation of its own."""
    lived = Lived(await open_world(db), data)
    await lived.rules()
    for _ in range(4):
        lived.now += 1
        await lived.create()
    await lived.bring(list(range(4)))
    for number in range(3):
        await lived.hanging.address(lived.act, number, lived.pick(list(NAMES)))
    for _ in range(steps):
        if await lived.step():
            await lived.check()
    await lived.check()


_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
_given = given(data=st.data())


@_given
@settings(max_examples=80, suppress_health_check=_SHARED, deadline=None)
async def test_undo_is_as_if_it_had_not_been(sqlite_db: Database, data: st.DataObject) -> None:
    """On every change."""
    await live(sqlite_db, data, 12)


@_given
@settings(max_examples=25, suppress_health_check=_SHARED, deadline=None)
async def test_both_databases_undo_alike(db: Database, data: st.DataObject) -> None:
    """The statements of both: what is worked out in Python is the same."""
    await live(db, data, 14)


@pytest.mark.nightly
@pytest.mark.timeout(7_200)
@_given
@settings(max_examples=2_000, suppress_health_check=_SHARED, deadline=None, derandomize=False)
async def test_many_undos(db: Database, data: st.DataObject) -> None:
    """New ones each night."""
    await live(db, data, 16)
