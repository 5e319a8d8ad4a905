"""Plain logs for these tests: structlog's default renders a fault with all local variables, for ten seconds."""

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from db.engine import Database
from gateway.logs import frames_only
from tests.support.api import Api, open_api


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Only while a test runs; what was configured before is put back."""
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.add_log_level, frames_only, structlog.processors.JSONRenderer()]
    )
    yield
    structlog.configure(**before)


@pytest.fixture
async def private_api(db: Database, database_url: str) -> AsyncIterator[Api]:
    """`api`, whose webhooks may lead to private addresses."""
    opened = await open_api(db, database_url, webhook_allow_private=True)
    async with opened.http:
        yield opened
