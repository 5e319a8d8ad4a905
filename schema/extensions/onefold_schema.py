"""The schema class, and the extensions that every operation passes."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError

from schema.extensions.checks import RequestCheck, keyless_only_introspects, one_operation_is_meant
from schema.extensions.deadline import Deadline
from schema.extensions.documents import DocumentCache, Documents
from schema.extensions.limits import LIMITS, OperationLimits
from schema.extensions.masking import mask
from schema.extensions.measured import Measured
from schema.extensions.request import RequestContext

EDGE_CHECKS: tuple[RequestCheck, ...] = (one_operation_is_meant, keyless_only_introspects)


def edge_extensions(
    *,
    timeout_seconds: float = 30,
    cache: DocumentCache | None = None,
    checks: Sequence[RequestCheck] = EDGE_CHECKS,
    limits: OperationLimits | None = LIMITS,
) -> list[Callable[[], SchemaExtension]]:
    """For `OnefoldSchema(extensions=...)`. Give one schema one cache. Without `limits` nothing is weighed."""
    documents = DocumentCache() if cache is None else cache
    return [Measured, lambda: Documents(documents, checks, limits), lambda: Deadline(timeout_seconds)]


class OnefoldSchema(strawberry.Schema):
    """A schema whose every answer is masked.

    Masking stands around execution and not in an extension, because an extension sees neither what another one
    raises in its hooks nor what is raised while the hooks unwind. `Any` below: the arguments are passed on.
    """

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing: as installed each mistake of a client is an error with traceback. `mask` logs faults."""

    async def execute(self, query: str | None, *args: Any, **options: Any) -> ExecutionResult:
        """As Strawberry's, masked. Raises its three errors of a request without a runnable operation."""
        result = await super().execute(query, *args, **options)
        result.errors = mask(result.errors, _request_id(options))
        return result

    async def stream(self, query: str | None, *args: Any, **options: Any) -> StreamResult:
        """As Strawberry's, masked result by result; what the stream raises is its last result."""
        source = await super().stream(query, *args, **options)
        return _masked_stream(source, _request_id(options))


async def _masked_stream(source: StreamResult, request_id: str) -> StreamResult:
    try:
        async with aclosing(source):
            async for result in source:
                if isinstance(result, ExecutionResult):
                    result.errors = mask(result.errors, request_id)
                yield result
    except Exception as error:  # noqa: BLE001 - an answer without a mask would carry it out, so all are caught
        fault = GraphQLError(str(error), original_error=error)
        yield PreExecutionError(data=None, errors=mask([fault], request_id))


def _request_id(options: dict[str, Any]) -> str:
    context = options.get("context_value")
    return context.request_id if isinstance(context, RequestContext) else ""
