"""Which operation of a document a request means: the one place that says so."""

from graphql import DocumentNode, OperationDefinitionNode


def operations_of(document: DocumentNode | None) -> list[OperationDefinitionNode]:
    """All operations, in the order of the document."""
    definitions = document.definitions if document else ()
    return [node for node in definitions if isinstance(node, OperationDefinitionNode)]


def operation_meant(document: DocumentNode | None, name: str | None) -> OperationDefinitionNode | None:
    """The one of that name, or the first when none is named; None when there is no such one."""
    found = operations_of(document)
    return next((node for node in found if name is None or (node.name is not None and node.name.value == name)), None)
