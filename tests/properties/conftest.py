"""How hard properties are tried: the same examples on every change, many more and new ones with
`HYPOTHESIS_PROFILE=nightly make nightly` or on one file."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from db.engine import Database
from tests.support.api import Api, open_api
from tests.support.databases import copy_sqlite

# No deadline: the machine is shared, and nothing here asserts timings.
settings.register_profile(
    "change", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile(
    "nightly", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile(  # for tests/mutations.py: whether an example fails, not which is the smallest
    "first-failure",
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "change"))


@pytest.fixture
async def sqlite_db(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh SQLite database alone."""
    database = Database(copy_sqlite(sqlite_template, tmp_path))
    yield database
    await database.close()


@pytest.fixture
async def sqlite_api(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Api]:
    """The whole application over a fresh SQLite database alone."""
    url = copy_sqlite(sqlite_template, tmp_path)
    database = Database(url)
    opened = await open_api(database, url)
    async with opened.http:
        yield opened
    await database.close()
