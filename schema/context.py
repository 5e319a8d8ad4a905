"""What every resolver of the schema is given: the database, the caller, and batch loaders."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from db.engine import Database
from resolvers.access import Act
from resolvers.errors import CodedError, ErrorCode
from resolvers.events.addresses import AddressRules
from resolvers.keys import Token
from schema.extensions.request import RequestContext

T = TypeVar("T")
_PUBLIC = AddressRules()
# For a batch of ids one answer each, in order.
Batch: TypeAlias = Callable[[Database, Act, Sequence[UUID]], Awaitable[Sequence[T]]]


class Context(RequestContext):
    """One operation's context. Time, ids and keys come from the edge."""

    def __init__(
        self,
        request_id: str,
        *,
        db: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        new_token: Callable[[], Token],
        webhook_addresses: AddressRules = _PUBLIC,
    ) -> None:
        super().__init__(request_id)
        self.db = db
        self.webhook_addresses = webhook_addresses
        self._clock = clock
        self.new_token = new_token
        self._new_id = new_id
        self._loaders: dict[object, DataLoader[UUID, Any]] = {}

    @property
    def act(self) -> Act:
        """The caller, now. Raises UNAUTHENTICATED without a key."""
        if self.actor is None:
            raise CodedError(ErrorCode.UNAUTHENTICATED, "An API key is needed: 'Authorization: Bearer ofk_…'.")
        return Act(self.actor, self._clock(), self._new_id, self.request_id)

    async def load(self, batch: Batch[T], key: UUID) -> T:
        """One answer of a batch function; what the same level of a query asks for becomes one call."""
        return await self.load_as(batch, batch, key)

    async def load_as(self, name: object, batch: Batch[T], key: UUID) -> T:
        """The same for a batch function with arguments bound, which `name` stands for."""
        if name not in self._loaders:

            async def ask(keys: list[UUID]) -> Sequence[T]:
                return await batch(self.db, self.act, keys)

            # Without a cache: a second mutation of one document must not see what the first one read.
            self._loaders[name] = DataLoader(load_fn=ask, cache=False)
        answer: T = await self._loaders[name].load(key)
        return answer


Info: TypeAlias = StrawberryInfo[Context, None]
