"""What the edge promises to every operation: a request id, and who is calling."""

from collections.abc import Awaitable, Callable

from strawberry.fastapi import BaseContext

from resolvers.access import Actor
from schema.extensions.toll import Allowance


class RequestContext(BaseContext):
    """The base of the schema's context; one per operation, over HTTP and WebSocket alike.

    `actor` is set by the edge before execution. It is None only while an operation of pure introspection runs
    without a key, so no resolver of ours ever sees None. `readmit` looks the caller's key up again, for what runs long.
    `streaming`: whether it is known to be a subscription. `allowance` holds the points that each key has; None: no
    operation is refused for coming too soon.
    """

    def __init__(self, request_id: str) -> None:
        super().__init__()
        self.request_id = request_id
        self.allowance: Allowance | None = None
        self.streaming = False
        self.actor: Actor | None = None
        self.readmit: Callable[[], Awaitable[Actor | None]] | None = None
