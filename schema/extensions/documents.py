"""Parse and validate each text once, and check each request before it runs."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationType
from strawberry.extensions import SchemaExtension

from schema.extensions.checks import RequestCheck
from schema.extensions.limits import LIMITS, OperationLimits
from schema.extensions.meant import operation_meant
from schema.extensions.price import Price, price_of
from schema.extensions.request import RequestContext
from schema.extensions.text_rule import StorableText
from schema.extensions.toll import Balance, too_much, too_often

MAX_TOKENS = 2_000
MAX_DOCUMENTS = 1_000
MAX_TEXT = 20_000


@dataclass(frozen=True)
class Kept:
    """A document that passed validation, with the prices of those of its operations that no variable changes."""

    document: DocumentNode
    prices: dict[str | None, Price] = field(default_factory=dict)


class DocumentCache:
    """The most recently used documents that passed validation; one cache for one schema.

    A parsed page query weighs about 30 KiB, so the cache is bounded by number and by length of text. What failed
    is never kept: anyone could fill the cache with it.
    """

    def __init__(self, max_documents: int = MAX_DOCUMENTS, max_text: int = MAX_TEXT) -> None:
        self._documents: OrderedDict[str, Kept] = OrderedDict()
        self._max_documents = max_documents
        self._max_text = max_text

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, text: str) -> Kept | None:
        """The document of this very text, now the most recently used."""
        kept = self._documents.get(text)
        if kept is not None:
            self._documents.move_to_end(text)
        return kept

    def keep(self, text: str, kept: Kept) -> None:
        """Keeps a document that passed validation; the least recently used one goes."""
        if len(text) > self._max_text:
            return
        self._documents[text] = kept
        if len(self._documents) > self._max_documents:
            self._documents.popitem(last=False)


class Documents(SchemaExtension):
    """The extension over the cache; a new one for each operation, as Strawberry wants it.

    `checks` run in order on every request, cached or not, and the first that answers with errors ends the request
    before validation and execution. Then its price is asked for (variables change it) and taken from its key's bucket.
    """

    def __init__(
        self, cache: DocumentCache, checks: Sequence[RequestCheck], limits: OperationLimits | None = LIMITS
    ) -> None:
        self._cache = cache
        self._checks = checks
        self._limits = limits
        self._kept: Kept | None = None
        self._price: Price | None = None
        self._balance: Balance | None = None
        self._streaming = False

    def on_parse(self) -> Iterator[None]:
        """Sets the document, or leaves Strawberry to parse with a bound on the tokens."""
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        self._kept = self._cache.get(context.query or "")
        if self._kept is not None:
            context.graphql_document = self._kept.document
        yield

    def on_validate(self) -> Iterator[None]:
        """Before its yield only: what is set to a list here, Strawberry does not validate again."""
        context = self.execution_context
        meant = operation_meant(context.graphql_document, context.operation_name)
        self._streaming = meant is not None and meant.operation is OperationType.SUBSCRIPTION
        if isinstance(context.context, RequestContext):
            context.context.streaming = self._streaming
        refused = self._first_refusal()
        if refused or self._kept:
            context.pre_execution_errors = refused
        else:
            context.validation_rules += (StorableText,)
        yield
        if not context.pre_execution_errors and self._kept is None and context.graphql_document:
            kept = Kept(context.graphql_document)
            self._remember(kept)
            self._cache.keep(context.query or "", kept)

    def get_results(self) -> dict[str, Any]:
        """`extensions.cost` of the answer, once the document could be weighed.

        Not beside the events of a subscription, which paid once, when it began.
        """
        if self._price is None or self._limits is None or self._streaming:
            return {}
        cost: dict[str, Any] = {"requested": self._price.points, "limit": self._limits.points}
        if self._balance is not None:
            cost |= {"available": self._balance.available, "restoreRate": self._balance.restore_rate}
        return {"cost": cost}

    def _first_refusal(self) -> list[GraphQLError]:
        for check in self._checks:
            if errors := check(self.execution_context):
                return errors
        refused = self._toll(self._limits) if self._limits else None
        return [refused] if refused else []

    def _toll(self, limits: OperationLimits) -> GraphQLError | None:
        """Also what is refused for its size takes a point: looking at it was work."""
        price = self._price = self._weighed()
        refused = too_much(price, limits)
        request = self.execution_context.context
        if isinstance(request, RequestContext) and request.allowance is not None:
            key_id = request.actor.key_id if request.actor else None
            points = 1 if refused else price.points
            self._balance = request.allowance.spend(key_id, points)
            if self._balance.wait > 0:
                return too_often(self._balance, points)
        return refused

    def _weighed(self) -> Price:
        context = self.execution_context
        if self._kept is not None and (known := self._kept.prices.get(context.operation_name)):
            return known
        document = context.graphql_document
        assert document is not None, "a text that could not be parsed ends before validation"
        price = price_of(context.schema._schema, document, context.operation_name, context.variables)
        self._price = price
        if self._kept is not None:
            self._remember(self._kept)
        return price

    def _remember(self, kept: Kept) -> None:
        if self._price is not None and not self._price.varies:
            kept.prices[self.execution_context.operation_name] = self._price
