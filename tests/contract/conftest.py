"""Plain logs for these tests: structlog's default renders a fault with all local variables, for ten seconds."""

from collections.abc import Iterator

import pytest
import structlog

from gateway.logs import frames_only


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Only while a test runs; what was configured before is put back."""
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.add_log_level, frames_only, structlog.processors.JSONRenderer()]
    )
    yield
    structlog.configure(**before)
