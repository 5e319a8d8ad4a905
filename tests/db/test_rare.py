"""A page is the same whichever way is taken to it: looked up, walked, or walked too far and then looked up."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db import rare
from db.attributes import AttributeEquals
from db.base import encode_json
from db.contact_filters import ContactFilter
from db.contact_pages import ContactOrderField, PageRequest, contacts_page, count_contacts
from db.contacts import ContactRow
from db.emptying import empty_organization
from db.engine import Transaction
from db.labels import LABELS
from db.segments import SEGMENTS
from resolvers.contacts.erase import erase_contact
from resolvers.contacts.importing import import_contacts
from resolvers.contacts.tags import set_labels, set_segments
from resolvers.contacts.update import update_contact
from tests.db.world import World, shown
from tests.support.statements import recorded

_PEOPLE = 60
_WAYS = {"looked up": (1_000, 1_000), "walked": (0, 1_000), "walked too far": (0, 7)}
Meets = Callable[[ContactRow], bool]


def _person(number: int) -> dict[str, Any]:
    return {
        "name": f"{'Anna' if number % 4 == 0 else 'Bo'} {number % 7}",
        "email": f"p{number}@mail.example",
        "phone": f"+4915112345{number:03}",
        "role": "LEAD" if number % 2 else "USER",
        "customAttributes": {"plan": "pro" if number % 3 else "free", "seats": number % 5},
        "lastActivityAt": None if number % 6 == 0 else f"2026-01-01T00:00:{number % 10:02}Z",
    }


async def _filled(world: World) -> dict[str, tuple[ContactFilter, Meets]]:
    """People, some merged away and one erased; filters by name, with what each means said in Python."""
    rows = [_person(number) for number in range(_PEOPLE)]
    outcomes = await import_contacts(world.db, world.act, rows, world.org_id)
    ids = [outcome.contact_id for outcome in outcomes if outcome.contact_id]
    db, act = world.db, world.act
    for contact in (*ids[::5], ids[7]):
        await set_labels(db, act, shown(contact), ["vip"])
        await set_segments(db, act, shown(contact), ["north"])
    await world.merge(ids[1], [ids[5], ids[7]])  # which carry the label into the tree
    await world.merge(ids[2], [ids[1], ids[3]])
    await update_contact(db, act, {"id": shown(ids[9]), "customAttributes": {"plan": ["pro"], "seats": True}})
    await erase_contact(db, act, shown(ids[10]), None)
    label = (await db.read(lambda tx: LABELS.of_organization(tx, world.org_id)))[0].id
    segment = (await db.read(lambda tx: SEGMENTS.of_organization(tx, world.org_id)))[0].id
    tagged = {ids[2], *ids[::5]} - {ids[5], ids[10]}

    def having(key: str, value: Any) -> Meets:
        return lambda row: key in row.custom_attributes and repr(row.custom_attributes[key]) == repr(value)

    return {
        "label": (ContactFilter(label_id=label), lambda row: row.id in tagged),
        "segment": (ContactFilter(segment_id=segment), lambda row: row.id in tagged),
        "email": (ContactFilter(email="p7@mail.example"), lambda row: row.id == ids[2]),
        "phones": (ContactFilter(phones=("15112345003", "+4915112345003")), lambda row: row.id == ids[2]),
        "plan": (ContactFilter(custom_attribute=AttributeEquals("plan", "pro")), having("plan", "pro")),
        "seats": (ContactFilter(custom_attribute=AttributeEquals("seats", 1)), having("seats", 1)),
        "list": (ContactFilter(custom_attribute=AttributeEquals("plan", ["pro"])), having("plan", ["pro"])),
        "search": (ContactFilter(search="anna"), lambda row: "anna" in row.search_text),
        "address": (ContactFilter(search="p12@mail.example"), lambda row: "p12@mail.example" in row.search_text),
        "number": (ContactFilter(search="15112345004"), lambda row: "15112345004" in row.search_text),
        "together": (
            ContactFilter(label_id=label, search="anna", role="USER", custom_attribute=AttributeEquals("plan", "pro")),
            lambda row: (
                row.id in tagged and "anna" in row.search_text and row.role == "USER" and having("plan", "pro")(row)
            ),
        ),
    }


async def _paged(
    world: World, wanted: ContactFilter, order: tuple[ContactOrderField, bool], backward: bool
) -> list[UUID]:
    """All pages of 7, joined."""
    found: list[UUID] = []
    key = None
    while True:
        field, descending = order
        bound = {"before" if backward else "after": key}
        page = PageRequest(limit=7, order=field, descending=descending, backward=backward, **bound)
        rows = await world.db.read(lambda tx, page=page: contacts_page(tx, world.org_id, wanted, page))  # type: ignore[misc]
        more = len(rows) > 7
        rows = (rows[1:] if backward else rows[:7]) if more else rows
        found = [row.id for row in rows] + found if backward else found + [row.id for row in rows]
        if not more:
            return found
        last = rows[0 if backward else -1]
        key = (getattr(last, field.value), last.id)


async def test_every_way_gives_the_same_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every filter that few may meet, in every order, both directions, from both ends: as a sorted list in Python."""
    filters = await _filled(world)
    living = [row for row in (await world.rows()).values() if row.living]
    for name, (wanted, meets) in filters.items():
        matching = [row for row in living if meets(row)]
        assert matching, name
        assert await world.db.read(lambda tx, wanted=wanted: count_contacts(tx, world.org_id, wanted)) == len(matching)  # type: ignore[misc]
        for way, (few, far) in _WAYS.items():
            monkeypatch.setattr(rare, "FEW", few)
            monkeypatch.setattr(rare, "FAR", far)
            for place, field in enumerate(ContactOrderField):
                ordered = sorted(matching, key=lambda row, field=field: (getattr(row, field.value), row.id))  # type: ignore[misc]
                descending, backward = place % 2 == 0, (place + few) % 3 == 0
                expected = [row.id for row in (ordered[::-1] if descending else ordered)]
                found = await _paged(world, wanted, (field, descending), backward)
                assert found == expected, (name, way, field, descending, backward)


async def test_a_page_takes_two_statements_and_three_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that counts and one that looks up, or walks; a third where walking found too few."""
    filters = await _filled(world)
    wanted = filters["label"][0]
    numbers = {}
    for way, (few, far) in _WAYS.items():
        monkeypatch.setattr(rare, "FEW", few)
        monkeypatch.setattr(rare, "FAR", far)
        with recorded(world.db) as statements:
            rows = await world.db.read(lambda tx: contacts_page(tx, world.org_id, wanted, PageRequest(limit=2)))
        assert len(rows) == 3
        numbers[way] = len(statements)
    assert numbers == {"looked up": 2, "walked": 2, "walked too far": 3}


async def test_sqlite_s_attributes_are_in_step(sqlite_world: World) -> None:
    """A row an attribute of each living contact, whatever was done; none is left of what was deleted."""
    world = sqlite_world
    await _filled(world)
    long = {"k" * 70: "v" * 70, "k" * 60: "v" * 60, "deep": {"a": [1]}, "no": False, "none": None, "half": 1.5}
    await world.contact(name="long", customAttributes=long)
    expected = {
        (key[:60], _kept(value), row.id.hex)
        for row in (await world.rows()).values()
        if row.living
        for key, value in row.custom_attributes.items()
    }
    assert len(expected) > _PEOPLE
    assert await world.db.read(lambda tx: _attributes(tx, world.org_id)) == expected
    await world.db.write(lambda tx: empty_organization(tx, world.org_id, world.act.now))
    assert await world.db.read(lambda tx: _attributes(tx, world.org_id)) == set()


async def _attributes(tx: Transaction, org_id: UUID) -> set[tuple[Any, ...]]:
    kept = text("SELECT key, value, contact_id FROM contact_attribute WHERE org_id = :org")
    return {tuple(row) for row in await tx.rows(kept, {"org": org_id.hex})}


def _kept(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return (value if isinstance(value, str) else encode_json(value))[:60]
