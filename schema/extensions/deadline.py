"""No operation runs for ever."""

import asyncio
from collections.abc import AsyncIterator

from strawberry.extensions import SchemaExtension

from resolvers.errors import CodedError, ErrorCode


class Deadline(SchemaExtension):
    """Stops a query or mutation after `seconds`; of a subscription it bounds the set-up alone.

    What is stopped is the waiting, not a transaction: units of work are shielded from cancellation below, so the
    work may still commit. The message says so.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def on_execute(self) -> AsyncIterator[None]:
        """Wraps the execution; raises CodedError with TIMEOUT."""
        clock = asyncio.timeout(self._seconds)
        try:
            async with clock:
                yield
        except TimeoutError:
            if not clock.expired():
                raise
            raise CodedError(
                ErrorCode.TIMEOUT,
                f"The operation was stopped after {self._seconds:g} seconds and may have been committed. "
                "Repeat it with the same idempotency key to learn which.",
            ) from None
