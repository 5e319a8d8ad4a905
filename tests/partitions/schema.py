"""The tables of the models as PostgreSQL's hash partitions by organisation: what a sharded store would ask of them.

PostgreSQL itself refuses every primary or unique key of a partitioned table that lacks org_id (scale.md, Tables 3).
"""

from sqlalchemy import MetaData, text

from db.engine import Database
from db.tables import metadata
from tests.db.test_tables import UNDISTRIBUTED

PARTITIONS = 4


def partitioned_metadata() -> MetaData:
    """A copy in which every tenant table is partitioned by the hash of org_id."""
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        copied = table.to_metadata(copy)
        if table.name not in UNDISTRIBUTED:
            copied.dialect_options["postgresql"]["partition_by"] = "HASH (org_id)"
    return copy


async def make_partitioned(database: Database) -> None:
    """All tables, their partitions, indexes, extensions and sequences, in an empty database."""
    copy = partitioned_metadata()
    async with database.engine.begin() as connection:
        for extension in ("pg_trgm", "btree_gin"):
            await connection.execute(text(f"CREATE EXTENSION {extension}"))
        await connection.execute(text("CREATE SEQUENCE outbox_written"))
        await connection.run_sync(copy.create_all)
        for table in copy.tables.values():
            if table.name in UNDISTRIBUTED:
                continue
            for part in range(PARTITIONS):
                rest = f"WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
                await connection.execute(
                    text(f"CREATE TABLE {table.name}_p{part} PARTITION OF {table.name} FOR VALUES {rest}")
                )
