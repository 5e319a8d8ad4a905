"""PostgreSQL is asked to look at tables that a large write has filled: nobody waits for autovacuum."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway import importer
from gateway.importer import ImportTarget, import_file
from resolvers.contacts.importing import MAXIMUM_ROWS
from tests.db import acts
from tests.db.world import World

_LOOKED_AT = text("SELECT reltuples FROM pg_class WHERE oid = 'contact'::regclass")


def _person(number: int) -> dict[str, str]:
    """Some hundred of them fill more pages than a planner takes an unknown table for."""
    return {"name": f"P {number}", "title": "x" * 500, "company": "y" * 500}


async def _rows_known(world: World) -> float:
    """As PostgreSQL last counted them; -1 when it never did."""
    row = await world.db.read(lambda tx: tx.row(_LOOKED_AT))
    assert row is not None
    return float(row[0])


async def test_an_import_lets_postgresql_count(
    postgres_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a file of several batches the planner knows of the contacts: it does not take their table for empty."""
    monkeypatch.setattr(importer, "BATCH", 500)
    world, file = postgres_world, tmp_path / "people.jsonl"
    file.write_text("".join(json.dumps({"ref": number} | _person(number)) + "\n" for number in range(1_000)))
    assert await _rows_known(world) < 0
    target = ImportTarget(world.db, world.act, world.org_id, "test")
    assert (await import_file(target, file, errors_file=None)).created == 1_000
    assert await _rows_known(world) > 0


async def test_import_contacts_lets_postgresql_count(postgres_world: World) -> None:
    """The same after importContacts, in the background."""
    assert await _rows_known(postgres_world) < 0
    await acts.import_rows(postgres_world, [_person(number) for number in range(MAXIMUM_ROWS)])
    await postgres_world.db.close()  # waits for what is done in the background
    assert await _rows_known(postgres_world) > 0
