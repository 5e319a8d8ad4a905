"""Checks of a request that run on every request, after parsing and before validation.

Validation is quadratic in the document, so what can be refused cheaply is refused here first. A check takes the
execution context and returns the errors that refuse it, each with a code.
"""

from collections.abc import Callable

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
)
from strawberry.types.execution import ExecutionContext

from resolvers.errors import ErrorCode
from schema.extensions.meant import operations_of
from schema.extensions.request import RequestContext

RequestCheck = Callable[[ExecutionContext], list[GraphQLError]]

_INTROSPECTION = frozenset({"__schema", "__type", "__typename"})
_NEEDS_KEY = (
    "This operation needs an API key. Send it in the header 'Authorization: Bearer <key>'; "
    "only introspection works without one."
)


def one_operation_is_meant(context: ExecutionContext) -> list[GraphQLError]:
    """Strawberry runs the first of several operations when none is named; the specification refuses that."""
    operations = operations_of(context.graphql_document)
    # The public property answers with the first operation's name, so what was sent is asked for.
    if len(operations) < 2 or context._provided_operation_name is not None:
        return []
    return [
        GraphQLError(
            f"The document holds {len(operations)} operations. Say in operationName which one to run.",
            operations,
            extensions={"code": ErrorCode.BAD_USER_INPUT},
        )
    ]


def keyless_only_introspects(context: ExecutionContext) -> list[GraphQLError]:
    """Without a key nothing runs but `__schema`, `__type` and `__typename`, through fragments too."""
    request = context.context
    if isinstance(request, RequestContext) and request.actor is not None:
        return []
    document, name = context.graphql_document, context.operation_name
    for operation in operations_of(document):
        named = operation.name.value if operation.name else None
        if named == name and document and _only_introspects(document, operation.selection_set):
            return []
    return [GraphQLError(_NEEDS_KEY, extensions={"code": ErrorCode.UNAUTHENTICATED})]


def _only_introspects(document: DocumentNode, root: SelectionSetNode) -> bool:
    """Looks into each fragment once, so that fragments which spread each other cost nothing."""
    fragments = {
        node.name.value: node.selection_set for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    pending = list(root.selections)
    while pending:
        selection = pending.pop()
        if isinstance(selection, FieldNode):
            if selection.name.value not in _INTROSPECTION:
                return False
        else:
            pending.extend(_inside(selection, fragments))
    return True


def _inside(selection: SelectionNode, fragments: dict[str, SelectionSetNode]) -> tuple[SelectionNode, ...]:
    if isinstance(selection, InlineFragmentNode):
        return tuple(selection.selection_set.selections)
    if isinstance(selection, FragmentSpreadNode):
        found = fragments.pop(selection.name.value, None)
        return tuple(found.selections) if found else ()
    return ()
