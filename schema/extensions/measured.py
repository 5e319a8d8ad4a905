"""Counts operations by their names, and has the log lines of a request say which it was."""

from collections.abc import Iterator
from time import perf_counter

from graphql import OperationType
from strawberry.extensions import SchemaExtension
from structlog.contextvars import bind_contextvars

from db.metrics import OPERATION_SECONDS, OPERATIONS, shown_operation
from schema.extensions.meant import operation_meant

_LONGEST_NAME = 100  # a caller may name it as they like


class Measured(SchemaExtension):
    """Around everything else. What cannot be parsed is `invalid`; a subscription is counted as a stream instead."""

    def on_operation(self) -> Iterator[None]:
        """Times one query or mutation."""
        begun = perf_counter()
        yield
        context = self.execution_context
        meant = operation_meant(context.graphql_document, context.operation_name)
        name = meant.name.value[:_LONGEST_NAME] if meant is not None and meant.name else None
        bind_contextvars(operation=name)
        if meant is not None and meant.operation is OperationType.SUBSCRIPTION:
            return
        shown = "invalid" if meant is None else shown_operation(meant.name.value if meant.name else None)
        result = context.result
        failed = bool(context.pre_execution_errors) or result is None or bool(getattr(result, "errors", None))
        OPERATIONS.labels(shown, "errors" if failed else "done").inc()
        OPERATION_SECONDS.labels(shown).observe(perf_counter() - begun)
