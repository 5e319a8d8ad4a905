"""No act and no look-up reads through an organisation's rows: each finds what it wants by a key."""

import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from db import rare
from db.attributes import AttributeEquals
from db.contact_filters import ContactFilter
from db.contact_pages import ContactOrderField, PageRequest, contacts_page
from db.tables import metadata
from tests.db import acts, job_acts
from tests.db.acts import Prepared
from tests.db.test_statements import COUNTS, read_all
from tests.db.test_tables import UNDISTRIBUTED
from tests.db.world import World, open_world
from tests.support.databases import run_sql

TENANT = "|".join(sorted({table.name for table in metadata.sorted_tables} - UNDISTRIBUTED))
SIZE = 20
STRANGERS = 1_500


async def test_acts_and_look_ups_find_rows_by_key(world: World) -> None:
    """The plan of every statement of every act, and of all that is read under a contact, among many other contacts.
    Pages, counts and searches are measured elsewhere."""
    plans = await _plans(world)
    assert len(plans) > 30
    assert [f"{statement}\n{plan}" for statement, plan in plans.items() if _reads_through(plan)] == []


async def test_a_filter_is_looked_up_once(world: World) -> None:
    """By label, address and number: what holds it is counted and found by one look each, not by one a contact."""
    wanted = (ContactFilter(label_id=uuid4()), ContactFilter(email="a@b.example"), ContactFilter(phones=("+49", "49")))
    for one in wanted:
        plans = await _page_plans(world, one)
        assert len(plans) == 2
        assert [plan for plan in plans if "(SubPlan" in plan or "CORRELATED" in plan] == []


async def test_a_walk_reads_the_order_s_index_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is passed over costs entries of indexes and no row; on neither database are the members joined first."""
    monkeypatch.setattr(rare, "FEW", -1)
    await _add_strangers(world)
    if world.db.dialect == "postgresql":
        await run_sql(world.db.url.set(drivername="postgresql").render_as_string(), "VACUUM ANALYZE")
    wanted = ContactFilter(label_id=uuid4(), blocked=False)
    plan = (await _page_plans(world, wanted))[1]
    if world.db.dialect == "postgresql":
        assert "Index Only Scan using ix_contact_living_name_sort on contact" in plan
        assert "Index Only Scan using ix_contact_canonical on contact member" in plan
    else:
        assert "CO-ROUTINE walked" in plan
        assert "SEARCH contact USING INDEX ix_contact_living_name_sort (org_id=?)" in plan
        assert "SEARCH member USING COVERING INDEX ix_contact_canonical (org_id=? AND canonical_id=?)" in plan


async def test_an_attribute_that_few_have_is_looked_up(world: World) -> None:
    """By its index, of which the organisation is a part."""
    await _add_strangers(world)
    contacts = [{"name": f"N{i}", "customAttributes": {"code": f"C{i}", "plan": "pro"}} for i in range(500)]
    for _ in range(3):
        await acts.import_rows(world, contacts)
    if world.db.dialect == "postgresql":
        await run_sql(world.db.url.set(drivername="postgresql").render_as_string(), "VACUUM ANALYZE")
    few, many = [
        (await _page_plans(world, ContactFilter(custom_attribute=AttributeEquals(*one))))[-1]
        for one in (("code", "C7"), ("plan", "pro"))
    ]
    if world.db.dialect == "postgresql":
        assert "Bitmap Index Scan on ix_contact_attributes" in few
        assert re.search(r"Index Cond: \(\(org_id = .*custom_attributes @> ", few)
        assert "Index Scan using ix_contact_living_name_sort" in many
    else:
        assert "SEARCH contact_attribute USING PRIMARY KEY (org_id=? AND key=? AND value=?)" in few
        assert "SEARCH contact USING INDEX ix_contact_living_name_sort (org_id=?)" in many


async def _page_plans(world: World, wanted: ContactFilter) -> list[str]:
    """Of each statement of a page by name."""
    plans: list[str] = []
    explain = "EXPLAIN " if world.db.dialect == "postgresql" else "EXPLAIN QUERY PLAN "

    def note(_c: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(explain + statement, parameters)
            plans.append("\n".join(" ".join(map(str, row)) for row in cursor.fetchall()))

    page = PageRequest(50, ContactOrderField.NAME)
    event.listen(world.db.engine.sync_engine, "before_cursor_execute", note)
    await world.db.read(lambda tx: contacts_page(tx, world.org_id, wanted, page))
    event.remove(world.db.engine.sync_engine, "before_cursor_execute", note)
    return plans


def _reads_through(plan: str) -> bool:
    """SQLite: a scan, or a search by the organisation alone. PostgreSQL: a sequential scan of a large table."""
    scan = re.search(rf"\bSCAN ({TENANT}|member|root)\b|Seq Scan on (contact|identifier)\b", plan)
    by_organization = re.search(r"SEARCH (contact|identifier|member) .*\(org_id=\?\)", plan)
    return bool(scan or by_organization)


async def _plans(world: World) -> dict[str, str]:
    """Statement -> plan, as it stands while the act runs."""
    await _add_strangers(world)
    scenes: list[tuple[World, Prepared]] = []
    for act in COUNTS:
        if act is not job_acts.ask_for_a_rebuild:  # which is about every contact that there is
            scenes.append((scene := await open_world(world.db), await act(scene, SIZE)))
    plans: dict[str, str] = {}
    explain = "EXPLAIN " if world.db.dialect == "postgresql" else "EXPLAIN QUERY PLAN "

    def note(_c: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        # How many contacts live at all.
        counts = re.match(r"SELECT count\(\*\) AS \w+ \nFROM contact \nWHERE", statement)
        if (
            statement.split(None, 1)[0] in {"SELECT", "UPDATE", "DELETE", "WITH"}
            and statement not in plans
            and not counts
        ):
            if many:
                parameters = parameters[0]
            cursor.execute(explain + statement, parameters)
            plans[statement] = "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())

    if world.db.dialect == "postgresql":
        url = world.db.url.set(drivername="postgresql").render_as_string()
        await run_sql(url, "VACUUM ANALYZE")
    for scene, run in scenes:
        ids = list(await scene.rows())
        event.listen(world.db.engine.sync_engine, "before_cursor_execute", note)
        if ids:
            await read_all(scene, ids)
        await run()
        event.remove(world.db.engine.sync_engine, "before_cursor_execute", note)
    return plans


async def _add_strangers(world: World) -> None:
    """Rows of the same organisations' kind, so that reading through them would be dear to PostgreSQL."""
    rows = [{"name": f"S{index}", "email": f"s{index}@b.example"} for index in range(500)]
    for _ in range(STRANGERS // 500):
        await acts.import_rows(world, rows)
