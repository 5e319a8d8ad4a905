"""Detection on real tables: what one contact sees is what the whole set shows, in four statements, never stale."""

import asyncio
import random
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from db.engine import Transaction
from db.matching import match_features, match_key
from db.organizations import settings
from gateway.labelled import read_folder
from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import read_patch
from resolvers.contacts.update import apply_patch, lock_living
from resolvers.duplicates.explaining import explain_pair
from resolvers.duplicates.judging import Judged, judge_contacts
from resolvers.duplicates.rebuild import is_current, rebuild
from resolvers.errors import ErrorCode, Refused
from resolvers.matching.contact import ContactFacts
from resolvers.matching.judge import Judgement, MatchDecision
from resolvers.matching.sweep import ContactSet
from resolvers.merging.distinct import mark_distinct
from tests.db import acts
from tests.db.world import World, check_invariants, open_world, shown
from tests.support.statements import recorded

FOLDER = Path(__file__).parents[1] / "data" / "contacts-a"


def raw(facts: ContactFacts) -> dict[str, Any]:
    """Labelled facts as the API is sent them."""
    address = {"line1": facts.street, "city": facts.city, "postalCode": facts.postal_code, "country": facts.country}
    given = {
        "name": facts.name,
        "company": facts.company,
        "address": {name: value for name, value in address.items() if value} or None,
        "birthdate": facts.birthdate.isoformat() if facts.birthdate else None,
        "blocked": facts.blocked,
        "identifiers": [
            {"kind": i.kind, "value": i.value, "system": i.system or None, "verified": i.verified}
            for i in facts.identifiers
        ],
        "channels": [{"type": c.type.upper(), "userId": c.user_id, "username": c.username} for c in facts.channels],
    }
    return {name: value for name, value in given.items() if value not in (None, [])}


async def test_one_contact_and_the_whole_set_judge_alike(world: World) -> None:
    """Out of the tables, contact by contact and in one batch, as in memory: the same pairs, bits, guards, decisions."""
    folder = read_folder(FOLDER)
    by_person = sorted(folder.contacts, key=lambda contact: folder.entities[contact])[:480]
    await acts.import_rows(world, [raw(folder.contacts[contact]) for contact in by_person])
    # More than are listed or proposed share one address, one person behind it and several.
    for mail, name in (("one@firm.example", "Ann Lee"), ("all@firm.example", None)):
        rows = [{"name": name or f"{chr(65 + i % 26)}nn {chr(65 + i % 23)}ee", "email": mail} for i in range(70)]
        await acts.import_rows(world, rows)
    ids = sorted(await world.rows())

    async def judge(tx: Transaction, chosen: list[Any]) -> dict[Any, Judged]:
        return await judge_contacts(tx, world.act, await settings(tx, world.org_id), chosen)

    together = await world.db.read(lambda tx: judge(tx, ids))
    records = {one: known.features for judged in together.values() for one, known in judged.known.items()}
    terms = together[ids[0]].terms
    assert (len(records), terms.contacts) == (len(ids), len(ids))
    expected = {(pair.left, pair.right): pair.judgement for pair in ContactSet(records).pairs(terms)}
    assert len(expected) > 250
    assert {judgement.decision for judgement in expected.values()} == set(MatchDecision)
    found: dict[tuple[Any, Any], Judgement] = {}
    for pair in chain.from_iterable(judged.pairs for judged in together.values()):
        assert found.setdefault((pair.left, pair.right), pair.judgement) == pair.judgement, "from both sides"
    assert found == expected
    for one in random.Random(7).sample(ids, 20):
        assert (await world.db.read(lambda tx, one=one: judge(tx, [one])))[one].pairs == together[one].pairs  # type: ignore[misc]


async def test_four_statements(world: World) -> None:
    """For one contact without a duplicate, one with three keys that a thousand share, and for all at once."""
    shared = {"email": "one@firm.example", "phone": "+4915112345678", "name": "Ann Lee"}
    await acts.import_rows(world, [shared | {"identifiers": acts.identifiers(1)} for _ in range(300)])
    alone = await world.contact(name="Zoe Quist")
    ids = sorted(await world.rows())
    for chosen in ([alone], ids[:1], ids):
        with recorded(world.db) as statements:
            await world.db.read(lambda tx, chosen=chosen: _judge(tx, world, chosen))  # type: ignore[misc]
        assert len(statements) == 5, "the settings, and four"


async def _judge(tx: Transaction, world: World, chosen: list[Any]) -> dict[Any, Judged]:
    return await judge_contacts(tx, world.act, await settings(tx, world.org_id), chosen)


async def test_an_edit_that_comes_in_between_counts(world: World) -> None:
    """Detected as one person, and renamed before the merge has its lock: looked for again, and left alone."""
    if world.db.dialect == "sqlite":
        pytest.skip("one writer at a time: nothing can come in between")
    ann, other = [await world.contact(name="Ann Lee", email="ann@lee.example") for _ in range(2)]
    renamed, go_on = asyncio.Event(), asyncio.Event()

    async def rename(tx: Transaction) -> None:
        row = await lock_living(tx, world.act, other)
        patch = read_patch(Fields({"id": shown(other), "name": "Zoe Quist"}), world.act.now, None, None)
        await apply_patch(tx, world.act, row, patch)
        renamed.set()
        await go_on.wait()

    renaming = asyncio.create_task(world.db.write(rename))
    await renamed.wait()
    merging = asyncio.create_task(world.merge(ann, None))
    await asyncio.sleep(0.5)  # it has seen two Ann Lees, and waits for the row
    assert not merging.done()
    go_on.set()
    await renaming
    assert (await merging).source_ids == ()
    assert (await world.rows())[other].merged_into_id is None
    await check_invariants(world)


async def test_a_rebuild_makes_all_of_it_anew(world: World) -> None:
    """Lost keys, records of other rules, keys that nobody has: all as it has to be, and the version noted."""
    ids = await world.contacts(12)
    merged = await world.merge(ids[0], ids[1:3])
    assert merged.merge is not None
    other = await open_world(world.db)
    await other.contacts(2)

    async def spoil(tx: Transaction) -> None:
        await tx.run(match_key.delete().where(match_key.c.contact_id == ids[3]))
        await tx.run(update(match_features).values(model_version=0, features={}))
        stray = {"org_id": world.org_id, "key": 7, "contact_id": ids[4], "kind": "e", "coarse": None}
        await tx.run(match_key.insert(), stray)

    await world.db.write(spoil)
    assert await world.db.read(lambda tx: _judge(tx, world, [ids[5]]))
    assert (await world.merge(ids[5], None)).source_ids == (), "made by other rules: nobody is known"
    told: list[int] = []
    assert await rebuild(world.db, told.append) >= 12
    assert told == sorted(told)
    assert await is_current(world.db)
    await check_invariants(world)
    await check_invariants(other)


async def test_two_contacts_explained(world: World) -> None:
    """By any id that leads there, in any order, compared by detection or not."""
    ann, lead, bob = [
        await world.contact(name="Ann Lee", email="ann@lee.example"),
        await world.contact(email="ann@lee.example"),
        await world.contact(name="Bob Ray", company="Lee & Co"),
    ]
    old = await world.contact(name="Bob")
    await world.merge(bob, [old])
    found = await explain_pair(world.db, world.act.now, shown(lead), shown(ann))
    assert (found.left, found.right, found.decision, found.compared) == (shown(lead), shown(ann), "AUTO_MERGE", True)
    assert [evidence.field for evidence in found.evidence] == ["email"]
    apart = await explain_pair(world.db, world.act.now, shown(ann), shown(old))
    assert (apart.right, apart.decision, apart.compared) == (shown(bob), "DIFFERENT", False)
    assert [guard.reason for guard in apart.guards] == ["NAME_CONFLICT", "NO_STRONG_IDENTIFIER"]
    await mark_distinct(world.db, world.act, [shown(ann), shown(lead)], None)
    found = await explain_pair(world.db, world.act.now, shown(lead), shown(ann))
    assert (found.decision, [guard.reason for guard in found.guards]) == ("DIFFERENT", ["MARKED_DISTINCT"])


async def test_what_cannot_be_explained(world: World) -> None:
    """Each with its code."""
    ann, other = await world.contacts(2)
    await world.merge(ann, [other])
    stranger = await (await open_world(world.db)).contact(name="Ann Lee")
    for right, code in (
        (shown(other), ErrorCode.SELF_MERGE),
        (shown(stranger), ErrorCode.CROSS_ORG),
        (shown(world.act.new_id()), ErrorCode.NOT_FOUND),
        ("contact_1", ErrorCode.BAD_USER_INPUT),
    ):
        with pytest.raises(Refused) as refused:
            await explain_pair(world.db, world.act.now, shown(ann), right)
        assert [error.code for error in refused.value.errors] == [code]
    await world.db.write(lambda tx: tx.run(update(match_features).values(model_version=0)))
    lone = await world.contact(name="Zoe Quist")
    with pytest.raises(Refused, match="onefold match rebuild"):
        await explain_pair(world.db, world.act.now, shown(ann), shown(lone))
