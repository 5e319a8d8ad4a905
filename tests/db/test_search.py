"""The search index is in step with the contacts, is really used, and survives a backup."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event, text

from db.contact_filters import ContactFilter
from db.contact_pages import PageRequest, contacts_page
from db.contacts import contact
from db.engine import Database, Transaction
from db.organizations import create_organization
from db.search import telling_part
from resolvers.contacts.erase import erase_contact
from resolvers.contacts.identifiers import add_identifier, remove_identifier
from resolvers.contacts.importing import import_contacts
from resolvers.contacts.update import update_contact
from resolvers.contacts.values import folded
from tests.db.world import World, shown
from tests.support.databases import run_sql

NAMES = [
    "Müller 100%",
    'Ann "Q" O\'Neil',
    "STRASSE",
    "Straße",
    "a_b\\c",
    "日本語の名前",
    "Zoë  Ω",
    "🦊🦊🦊 fox",
    "ΐΰ ΐΰ",
]


async def _found(world: World, term: str, org_id: UUID | None = None) -> set[UUID]:
    wanted = ContactFilter(search=term)
    rows = await world.db.read(lambda tx: contacts_page(tx, org_id or world.org_id, wanted, PageRequest(limit=1000)))
    return {row.id for row in rows}


async def _check_every_term(world: World, seed: int) -> None:
    """Any piece of any living text finds exactly the contacts that hold it."""
    living = {row.id: row.search_text for row in (await world.rows()).values() if row.living}
    chance = random.Random(seed)
    terms = {"zzz", 'a"b', "100%", "_b\\", "org", "tre"}
    for body in living.values():
        for line in filter(lambda line: len(line) >= 3, body.split("\n")):
            start = chance.randrange(len(line) - 2)
            terms.add(line[start : start + chance.randrange(3, 9)].strip())
    for term in sorted(term for term in terms if len(term) >= 3):
        assert await _found(world, term) == {row for row, body in living.items() if term in body}, term


async def test_the_index_is_in_step(world: World) -> None:
    """After insert, edit, identifiers on and off, merge (twice, into a chain) and erasure."""
    ids = [await world.contact(name=name, email=f"mail{i}@a.example") for i, name in enumerate(NAMES)]
    await _check_every_term(world, 1)
    db, act = world.db, world.act
    await update_contact(db, act, {"id": shown(ids[0]), "name": "Renamed", "company": "Überall AG"})
    await update_contact(db, act, {"id": shown(ids[1]), "name": None, "email": None})
    await add_identifier(db, act, shown(ids[2]), {"kind": "USERNAME", "value": "foxtrot", "system": "x"})
    await world.merge(ids[3], [ids[2], ids[4]])
    await world.merge(ids[5], [ids[3]])
    await _check_every_term(world, 2)
    assert await _found(world, "foxtrot") == {ids[5]}
    await erase_contact(db, act, shown(ids[5]), None)
    await erase_contact(db, act, shown(ids[6]), None)
    await _check_every_term(world, 3)
    assert await _found(world, "foxtrot") == set()
    assert await _found(world, "renamed") == {ids[0]}


async def test_an_identifier_taken_off_is_not_found(world: World) -> None:
    """Neither by search nor through the survivor that took it off."""
    a, b = await world.contact(name="A"), await world.contact(name="B", email="gone@a.example")
    await world.merge(a, [b])
    assert await _found(world, "gone@a") == {a}
    await remove_identifier(world.db, world.act, shown(a), {"kind": "EMAIL", "value": "gone@a.example"})
    assert await _found(world, "gone@a") == set()


async def test_organizations_do_not_see_each_other(world: World) -> None:
    """Also when the end of their ids, which SQLite's index is divided by, is the same."""
    other = UUID(int=world.org_id.int ^ (1 << 40))
    assert other.hex[-3:] == world.org_id.hex[-3:]
    row = {"id": other, "name": "Other", "ref_key": b"k", "is_demo": False, "created_at": world.act.now}
    await world.db.write(lambda tx: create_organization(tx, row))
    a = await world.contact(name="Shared name")
    assert await _found(world, "shared", other) == set()
    assert await _found(world, "shared") == {a}


async def test_a_merge_keeps_texts_whose_folding_is_not_final(world: World) -> None:
    """An address that casefolds to characters which NFKC would join: found before a merge and after it."""
    value = "maß\u0301e"
    a = await world.contact(name="A")
    b = await world.contact(name="B", identifiers=[{"kind": "USERNAME", "value": value, "system": "x"}])
    assert await _found(world, folded(value)) == {b}
    await world.merge(a, [b])
    assert await _found(world, folded(value)) == {a}


async def _import_past_one_statement(world: World) -> None:
    """More rows than one statement of an import takes, the last ones alone (db/bulk.py)."""
    rows: list[dict[str, Any]] = [
        {"name": f"Person {index:03d}", "email": f"p{index}@a.example"} for index in range(303)
    ]
    outcomes = await import_contacts(world.db, world.act, rows, world.org_id)
    for index in (0, 249, 250, 302):
        assert await _found(world, f"person {index:03d}") == {outcomes[index].contact_id}
        assert await _found(world, f"p{index}@a.example") == {outcomes[index].contact_id}
    assert len(await _found(world, "person")) == 303


async def test_an_import_is_found_at_once(world: World) -> None:
    """All of its rows, on either side of what one statement takes."""
    await _import_past_one_statement(world)


async def test_an_import_leaves_sqlite_s_index_whole(sqlite_world: World) -> None:
    """It equals one that is built anew."""
    await _import_past_one_statement(sqlite_world)
    await sqlite_world.db.write(_check_against_new_index)


async def _fill(world: World, number: int) -> None:
    """Many contacts by copying one: enough rows for a planner to care."""
    one = await world.contact(name="Person 0")
    columns = [column.name for column in contact.c]
    copied = {"id": "{id}", "canonical_id": "{id}", "name_sort": "'person ' || n", "search_text": "'person ' || n"}
    values = ", ".join(copied.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    if world.db.dialect == "postgresql":
        source = f"generate_series(1, {number}) n"
        values = values.replace("{id}", "lpad(to_hex(n), 32, '0')::uuid")
    else:
        source = f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {number}) SELECT n FROM s)"
        values = values.replace("{id}", "printf('%032x', n)")
    sql = f"INSERT INTO contact ({names}) SELECT {values} FROM contact, {source} WHERE id = :one"
    key = one if world.db.dialect == "postgresql" else one.hex
    await world.db.write(lambda tx: tx.run(text(sql), {"one": key}))


async def _explained(world: World, wanted: ContactFilter) -> str:
    """The plans of the very statements that a search sends: on SQLite the first finds, the second sorts."""
    explain = "EXPLAIN " if world.db.dialect == "postgresql" else "EXPLAIN QUERY PLAN "
    plans: list[str] = []

    def explained(_c: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT contact.", "SELECT (SELECT ")):
            cursor.execute(explain + statement, parameters)
            plans.append("\n".join(" ".join(map(str, row)) for row in cursor.fetchall()))

    event.listen(world.db.engine.sync_engine, "before_cursor_execute", explained)
    page = PageRequest(limit=5)
    assert len(await world.db.read(lambda tx: contacts_page(tx, world.org_id, wanted, page))) == 1
    event.remove(world.db.engine.sync_engine, "before_cursor_execute", explained)
    assert len(plans) == (1 if world.db.dialect == "postgresql" else 2)
    return "\n".join(plans)


async def test_a_search_uses_its_index(world: World) -> None:
    """PostgreSQL: the trigram index, the organisation inside it. SQLite: MATCH first, contacts by their key."""
    await _fill(world, 5_000)
    if world.db.dialect == "postgresql":
        await run_sql(world.db.url.set(drivername="postgresql").render_as_string(), "VACUUM ANALYZE contact")
    plan = await _explained(world, ContactFilter(search="person 4321"))
    if world.db.dialect == "postgresql":
        assert "Bitmap Index Scan on ix_contact_search" in plan
        condition = next(line for line in plan.splitlines() if "Index Cond" in line)
        assert "org_id" in condition
        assert "person 4321" in condition
    else:
        assert "SCAN contact_search VIRTUAL TABLE INDEX" in plan
        assert "SEARCH contact_search_doc USING INTEGER PRIMARY KEY" in plan
        assert "SCAN contact " not in f"{plan} ".replace("\n", " \n")


def test_an_index_is_asked_for_what_tells() -> None:
    """Not for domains and dialling codes, which nearly all texts have; never for less than three characters."""
    told = {
        "ann.lee@mail.example": "ann.lee",
        "lee@mail": "lee",
        "al@mail.example": "al@mail.example",
        "@mail": "@mail",
        "+4915112345678": "2345678",
        "15112": "15112",
        "anna lee": "anna lee",
    }
    assert {term: telling_part(term) for term in told} == told


async def test_sqlite_s_index_holds_just_the_living_texts(sqlite_world: World) -> None:
    """FTS5 calls it sound, and it equals an index that is built anew from the living contacts."""
    await test_the_index_is_in_step(sqlite_world)
    await sqlite_world.db.write(_check_against_new_index)


async def _check_against_new_index(tx: Transaction) -> None:
    await tx.run(text("INSERT INTO contact_search (contact_search) VALUES ('integrity-check')"))
    options = "content='', tokenize='trigram', detail='none'"
    await tx.run(text(f"CREATE VIRTUAL TABLE temp.fresh USING fts5 (body, {options})"))
    token = "char(57344 + 256 * {} + 16 * {} + {})".format(
        *(f"instr('0123456789abcdef', substr(contact.org_id, {place}, 1))" for place in (-3, -2, -1))
    )
    living = "merged_into_id IS NULL AND erased_at IS NULL"
    await tx.run(
        text(
            f"INSERT INTO temp.fresh (rowid, body) SELECT doc, {token} || {token} || {token} || search_text"
            f" FROM contact JOIN contact_search_doc d ON d.org_id = contact.org_id AND d.contact_id = contact.id"
            f" WHERE {living}"
        )
    )
    entries = []
    for schema, index in (("main", "contact_search"), ("temp", "fresh")):
        await tx.run(text(f"CREATE VIRTUAL TABLE temp.v_{index} USING fts5vocab('{schema}', '{index}', 'instance')"))
        entries.append(
            [tuple(row) for row in await tx.rows(text(f"SELECT term, doc FROM temp.v_{index} ORDER BY 1, 2"))]
        )
    assert entries[0] == entries[1]
    assert len(entries[0]) > 100
    documents = await tx.row(text("SELECT count(*) FROM contact_search_doc"))
    assert documents == await tx.row(text(f"SELECT count(*) FROM contact WHERE {living}"))


async def test_a_copy_searches_as_the_original(sqlite_world: World, tmp_path: Path) -> None:
    """VACUUM INTO, as a backup does, gives the rows of the index' documents the same numbers."""
    world = sqlite_world
    ids = [await world.contact(name=name) for name in NAMES]
    await world.merge(ids[1], [ids[0]])
    await erase_contact(world.db, world.act, shown(ids[2]), None)  # a gap in the numbers
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(str(world.db.url.database))) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    db = Database(f"sqlite+aiosqlite:///{copy}")
    restored = World(db, world.org_id, world.act)
    await _check_every_term(restored, 4)
    late = await restored.contact(name="Written after the restore")
    assert await _found(restored, "after the restore") == {late}
    await db.close()
