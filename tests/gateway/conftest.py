"""One server a module, and the logs of this process in a string."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway.logs import configure_logging
from tests.gateway.toy import SECRET, LogTap, Toy, running, toy_app


@pytest.fixture(scope="module")
def logs() -> Iterator[LogTap]:
    """Everything that is logged; at the end it must not hold the planted secret."""
    root = logging.getLogger()
    before = root.handlers, root.level
    tap = LogTap()
    configure_logging("INFO", json=True, stream=tap)
    yield tap
    structlog.reset_defaults()
    root.handlers, root.level = before
    assert SECRET not in tap.getvalue()


@pytest.fixture(scope="module")
def toy(logs: LogTap) -> Iterator[Toy]:
    """The default toy."""
    with running(toy_app(), logs) as server:
        yield server
