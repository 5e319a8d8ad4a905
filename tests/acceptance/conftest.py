"""The demo on a real server, on each of the two databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.demo_server import Demo, serving_demo
from tests.support.databases import copy_sqlite


@pytest.fixture
async def demo(database_url: str, tmp_path: Path) -> AsyncIterator[Demo]:
    """Served by a process of its own."""
    async with serving_demo(database_url, tmp_path) as serving:
        yield serving


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite database."""
    return copy_sqlite(sqlite_template, tmp_path)
