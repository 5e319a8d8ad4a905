"""What the edge promises to every operation: a request id, and who is calling."""

from collections.abc import Awaitable, Callable

from strawberry.fastapi import BaseContext

from resolvers.access import Actor


class RequestContext(BaseContext):
    """The base of the schema's context; one per operation, over HTTP and WebSocket alike.

    `actor` is set by the edge before execution. It is None only while an operation of pure introspection runs
    without a key, so no resolver of ours ever sees None. `readmit` looks the caller's key up again, for what runs long.
    """

    def __init__(self, request_id: str) -> None:
        super().__init__()
        self.request_id = request_id
        self.actor: Actor | None = None
        self.readmit: Callable[[], Awaitable[Actor | None]] | None = None
