"""The tables as declared and as made: keys that can be sharded, checks that refuse, rows that miss no column."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import DateTime, ForeignKeyConstraint, Table, UniqueConstraint, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeDecorator
from sqlmodel import UTCDateTime

from db.contacts import ContactRow, contact, contact_values
from db.erasures import ErasureRow, erasure
from db.identifiers import IdentifierRow, identifier
from db.labels import LabelRow, label
from db.merges import MergeRow, SourceRow, merge_event, merge_source
from db.organizations import OrganizationRow, SettingsRow, merge_settings, organization
from db.tables import metadata
from tests.db.world import World

# Looked up or claimed across organisations (scale.md, Tables 5): the only ones that are not an organisation's own.
UNDISTRIBUTED = {"organization", "api_key", "api_key_organization", "match_model", "job_queue", "webhook_lease"}
TENANT_TABLES = [table for table in metadata.sorted_tables if table.name not in UNDISTRIBUTED]


@pytest.mark.parametrize(
    ("row", "table"),
    [
        (ContactRow, contact),
        (MergeRow, merge_event),
        (SourceRow, merge_source),
        (ErasureRow, erasure),
        (SettingsRow, merge_settings),
    ],
)
def test_a_row_has_every_column_in_order(row: Any, table: Table) -> None:
    """A column that is added to the table and forgotten in its row would be lost by the next merge."""
    assert [field.name for field in fields(row)] == [column.name for column in table.c]


def test_partial_rows_name_columns_that_exist() -> None:
    """Rows as a client sees them: all of their fields are columns, but for the root that is joined to them."""
    for row, table, others in (
        (IdentifierRow, identifier, {"root_id"}),
        (LabelRow, label, set()),
        (OrganizationRow, organization, set()),
    ):
        assert {field.name for field in fields(row)} - others <= set(table.c.keys())


def test_no_column_loses_its_offset() -> None:
    """DateTime(timezone=True) loses the offset on SQLite without an error: only SQLModel's own type is right."""
    times = [c for table in metadata.sorted_tables for c in table.c if _is_time(c.type)]
    assert len(times) > 20
    assert [f"{c.table.name}.{c.name}" for c in times if not isinstance(c.type, UTCDateTime)] == []


def _is_time(kind: Any) -> bool:
    return isinstance(kind, DateTime) or (isinstance(kind, TypeDecorator) and isinstance(kind.impl_instance, DateTime))


async def test_times_come_back_as_the_same_moment(world: World) -> None:
    """With microseconds, in UTC, whatever offset they were sent with."""
    sent = datetime(2026, 3, 29, 2, 30, 0, 123456, UTC) + timedelta(days=1)
    await world.contact(name="A", firstSeenAt="2026-03-30T08:00:00.123456+05:30")
    (row,) = (await world.rows()).values()
    assert row.first_seen_at == sent
    assert row.first_seen_at is not None
    assert row.first_seen_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: str(table.name))
def test_every_key_starts_with_the_organization(table: Table) -> None:
    """Primary, unique and foreign keys and every index: else the table cannot be sharded or partitioned by it."""
    assert next(iter(table.primary_key.columns)).name == "org_id"
    for index in table.indexes:
        assert next(iter(index.columns)).name == "org_id", index.name
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert next(iter(constraint.columns)).name == "org_id", constraint.name
        if isinstance(constraint, ForeignKeyConstraint):
            first = constraint.elements[0]
            assert constraint.column_keys[0] == "org_id", constraint.name
            assert first.column.name == ("id" if table.name == "organization_lock" else "org_id"), constraint.name


def test_every_constraint_has_a_name() -> None:
    """An unnamed one cannot be dropped by a later migration on both databases."""
    for table in metadata.sorted_tables:
        assert [c for c in table.constraints if c.name is None] == [], table.name


async def _refused(world: World, statement: Any, parameters: dict[str, Any] | None = None) -> str:
    with pytest.raises(IntegrityError) as caught:
        await world.db.write(lambda tx: tx.run(statement, parameters))
    return str(caught.value.orig)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"role": "BOSS"}, "ck_contact_role"),
        ({"availability_status": "ASLEEP"}, "ck_contact_availability_status"),
        ({"canonical_id": "other"}, "ck_contact_root_is_canonical"),
        ({"merged_into_id": "other", "merge_id": "merge"}, "ck_contact_root_is_canonical"),
        ({"merged_into_id": "other", "canonical_id": "other"}, "ck_contact_merged_by_an_event"),
        ({"merge_id": "merge"}, "ck_contact_merged_by_an_event"),
    ],
)
async def test_contact_checks(world: World, changes: dict[str, str], constraint: str) -> None:
    """A row that is no root and leads to itself, or was merged by no event, cannot be written."""
    a, b, c = await world.contacts(3)
    merged = await world.merge(b, [c])
    assert merged.merge is not None
    meant = {"other": b, "merge": merged.merge.id}
    values = {name: meant.get(value, value) for name, value in changes.items()}
    said = await _refused(world, update(contact).where(contact.c.id == a).values(**values))
    assert constraint in said


async def test_merge_checks(world: World) -> None:
    """A merge is of contacts or of conversations, and names its primary; so does each source."""
    a, b = await world.contacts(2)
    merge = (await world.merge(a, [b])).merge
    assert merge is not None
    event = update(merge_event).where(merge_event.c.id == merge.id)
    other = world.act.new_id()
    for changes in (
        {"primary_contact_id": None},
        {"primary_conversation_id": other},
        {"kind": "CONVERSATIONS"},
        {"primary_contact_id": None, "primary_conversation_id": other},
    ):
        assert "ck_merge_event_one_primary" in await _refused(world, event.values(**changes))
    assert "ck_merge_event" in await _refused(world, event.values(kind="NOTES"))
    source = update(merge_source).where(merge_source.c.merge_id == merge.id)
    for changes in ({"contact_id": None}, {"conversation_id": other}):
        assert "ck_merge_source_one_source" in await _refused(world, source.values(**changes))


async def test_settings_and_identifier_checks(world: World) -> None:
    """Enums are strings with a CHECK."""
    settings = update(merge_settings)
    assert "ck_merge_settings_role_rule" in await _refused(world, settings.values(role_rule="NONE"))
    assert "ck_merge_settings_identifier_rule" in await _refused(world, settings.values(identifier_rule="NONE"))
    await world.contact(name="A", email="a@a.example")
    assert "ck_identifier_kind" in await _refused(world, update(identifier).values(kind="FAX"))


async def test_an_identifier_is_held_once_by_a_contact(world: World) -> None:
    """Also one without a system: '' and not NULL, which would let it in again and again."""
    a = await world.contact(name="A", email="a@a.example")
    (held,) = await world.db.read(lambda tx: tx.rows(select(identifier)))
    again = {**held._mapping, "id": world.act.new_id()}
    said = await _refused(world, insert(identifier), again)
    assert "unique constraint" in said.lower()
    assert "identifier" in said
    b = await world.contact(name="B", email="a@a.example")
    rows = await world.db.read(lambda tx: tx.rows(select(identifier.c.contact_id)))
    assert {row.contact_id for row in rows} == {a, b}, "several contacts may hold it"


async def test_nothing_refers_across_organizations(world: World) -> None:
    """A contact of one organisation cannot lead to, or be named by, a row of another."""
    a = await world.contact(name="A")
    row = contact_values(replace((await world.rows())[a], org_id=world.act.new_id()))
    await _refused(world, insert(contact), row)
    identifier_row = {"org_id": world.act.new_id(), "id": world.act.new_id(), "contact_id": a, "kind": "EMAIL"}
    identifier_row |= {"system": "", "value": "v", "normalized": "v", "verified": False, "created_at": world.act.now}
    await _refused(world, insert(identifier), identifier_row)
