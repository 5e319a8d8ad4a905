"""The demo on a real server, on each of the two databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.demo_server import Demo, serving_demo


@pytest.fixture
async def demo(database_url: str, tmp_path: Path) -> AsyncIterator[Demo]:
    """Served by a process of its own."""
    async with serving_demo(database_url, tmp_path) as serving:
        yield serving
