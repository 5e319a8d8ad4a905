"""What has to be answered over WebSockets before a stopping server may close them.

Over HTTP uvicorn waits for the answers itself; a socket it closes at once, whatever runs on it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from schema.extensions.request import RequestContext


class Drain:
    """The operations under way on the sockets of one server."""

    def __init__(self) -> None:
        self.stopping = False
        self._under_way: set[RequestContext] = set()

    @contextmanager
    def under_way(self, context: RequestContext) -> Iterator[None]:
        """From the beginning of an operation until its last message is written."""
        self._under_way.add(context)
        try:
            yield
        finally:
            self._under_way.discard(context)

    @property
    def busy(self) -> bool:
        """Whether there is anything but subscriptions, which are begun again after a close with 1012."""
        return any(not context.streaming for context in self._under_way)
