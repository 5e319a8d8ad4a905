"""The schema is one that can be sharded by organisation: PostgreSQL takes it as partitions, and uses them."""

from uuid import UUID

import pytest
from sqlalchemy import Column, MetaData, Table, UniqueConstraint, Uuid, text
from sqlalchemy.exc import DBAPIError

from db.contact_writes import lock_contacts
from db.contacts import survivors
from db.engine import Database, Transaction
from tests.db.test_tables import TENANT_TABLES
from tests.db.world import World, open_world
from tests.partitions.schema import PARTITIONS


async def test_every_tenant_table_is_partitioned(db: Database) -> None:
    """By org_id, with all its parts."""
    sql = """SELECT p.partrelid::regclass::text, pg_get_partkeydef(p.partrelid), count(i.inhrelid)
        FROM pg_partitioned_table p JOIN pg_inherits i ON i.inhparent = p.partrelid GROUP BY 1, 2 ORDER BY 1"""
    rows = [tuple(row) for row in await db.read(lambda tx: tx.rows(text(sql)))]
    assert rows == sorted((str(table.name), "HASH (org_id)", PARTITIONS) for table in TENANT_TABLES)


async def test_postgres_refuses_a_key_without_the_organization(db: Database) -> None:
    """The check that this schema stands on is really made."""
    table = Table(
        "bad",
        MetaData(),
        Column("org_id", Uuid, primary_key=True),
        Column("id", Uuid, primary_key=True),
        UniqueConstraint("id"),
        postgresql_partition_by="HASH (org_id)",
    )
    with pytest.raises(DBAPIError, match="must include all partitioning columns"):
        async with db.engine.begin() as connection:
            await connection.run_sync(table.create)


async def test_a_look_up_touches_one_partition(world: World) -> None:
    """With one organisation named, the others' partitions are neither read nor locked."""
    a, b = await world.contacts(2)
    other = await open_world(world.db)
    await other.contacts(2)

    async def planned(tx: Transaction) -> str:
        statement = "EXPLAIN SELECT id FROM contact WHERE org_id = '{}' AND id = ANY('{{{}, {}}}') FOR NO KEY UPDATE"
        return "\n".join(row[0] for row in await tx.rows(text(statement.format(world.org_id, a, b))))

    plan = await world.db.write(planned)
    assert sum(f"contact_p{part}" in plan for part in range(PARTITIONS)) == 1


async def test_organizations_lie_in_several_partitions(world: World) -> None:
    """And each sees its own rows alone."""
    worlds = [world, *[await open_world(world.db) for _ in range(11)]]
    for each in worlds:
        await each.contacts(1)
    sql = "SELECT DISTINCT tableoid::regclass::text FROM contact"
    assert len(await world.db.read(lambda tx: tx.rows(text(sql)))) > 1
    ids: list[UUID] = [next(iter(await each.rows())) for each in worlds]
    for each, own in zip(worlds, ids, strict=True):
        found = await each.db.read(lambda tx, org=each.org_id: survivors(tx, [org], ids))  # type: ignore[misc]
        assert set(found) == {own}
        locked = await each.db.write(lambda tx, org=each.org_id: lock_contacts(tx, org, ids))  # type: ignore[misc]
        assert set(locked) == {own}
