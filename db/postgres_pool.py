"""PostgreSQL's connections between two units of work: which of them can be used, found out without asking the server.

A ping before each unit of work (SQLAlchemy's `pool_pre_ping`) is three round trips, half the time of a small unit. A
server that stops or restarts closes its connections, which the event loop hears of: that is looked at instead. What
nobody closes, such as a connection that a firewall has forgotten, has been idle for long: those alone are asked.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

_LEFT_AT = "onefold_left_at"


def watch_connections(engine: AsyncEngine, idle_seconds: float, clock: Callable[[], float] = monotonic) -> None:
    """Replaces connections that have died, before they are used: a closed one at once, and one that was idle for so
    long after it was asked in vain."""

    def leave(_connection: object, record: Any) -> None:
        record.info[_LEFT_AT] = clock()

    def take(connection: Any, record: Any, _proxy: object) -> None:
        now = clock()
        if connection.driver_connection.is_closed():
            raise DisconnectionError("closed by the server")
        if now - record.info.get(_LEFT_AT, now) > idle_seconds:
            try:
                connection.ping()
            except (connection.dbapi.Error, TimeoutError, OSError) as error:
                raise DisconnectionError("gone while idle") from error

    event.listen(engine.sync_engine.pool, "checkin", leave)
    event.listen(engine.sync_engine.pool, "checkout", take)
