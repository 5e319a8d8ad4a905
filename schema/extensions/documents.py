"""Parse and validate each text once, and check each request before it runs."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence

from graphql import DocumentNode, GraphQLError
from strawberry.extensions import SchemaExtension

from schema.extensions.checks import RequestCheck
from schema.extensions.text_rule import StorableText

MAX_TOKENS = 2_000
MAX_DOCUMENTS = 1_000
MAX_TEXT = 20_000


class DocumentCache:
    """The most recently used documents that passed validation; one cache for one schema.

    A parsed page query weighs about 30 KiB, so the cache is bounded by number and by length of text. What failed
    is never kept: anyone could fill the cache with it.
    """

    def __init__(self, max_documents: int = MAX_DOCUMENTS, max_text: int = MAX_TEXT) -> None:
        self._documents: OrderedDict[str, DocumentNode] = OrderedDict()
        self._max_documents = max_documents
        self._max_text = max_text

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, text: str) -> DocumentNode | None:
        """The document of this very text, now the most recently used."""
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
        return document

    def keep(self, text: str, document: DocumentNode) -> None:
        """Keeps a document that passed validation; the least recently used one goes."""
        if len(text) > self._max_text:
            return
        self._documents[text] = document
        if len(self._documents) > self._max_documents:
            self._documents.popitem(last=False)


class Documents(SchemaExtension):
    """The extension over the cache; a new one for each operation, as Strawberry wants it.

    `checks` run in order on every request, cached or not (variables change a price), and the first that answers
    with errors ends the request before validation and execution.
    """

    def __init__(self, cache: DocumentCache, checks: Sequence[RequestCheck]) -> None:
        self._cache = cache
        self._checks = checks
        self._known = False

    def on_parse(self) -> Iterator[None]:
        """Sets the document, or leaves Strawberry to parse with a bound on the tokens."""
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        document = self._cache.get(context.query or "")
        if document is not None:
            context.graphql_document = document
            self._known = True
        yield

    def on_validate(self) -> Iterator[None]:
        """Before its yield only: what is set to a list here, Strawberry does not validate again."""
        context = self.execution_context
        refused = self._first_refusal()
        if refused or self._known:
            context.pre_execution_errors = refused
        else:
            context.validation_rules += (StorableText,)
        yield
        if not context.pre_execution_errors and not self._known and context.graphql_document:
            self._cache.keep(context.query or "", context.graphql_document)

    def _first_refusal(self) -> list[GraphQLError]:
        for check in self._checks:
            if errors := check(self.execution_context):
                return errors
        return []
