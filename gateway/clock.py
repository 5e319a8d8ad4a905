"""The time: it comes in at the edge, and nothing below asks for it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time now, in UTC: the only place where onefold asks."""
    return datetime.now(UTC)
