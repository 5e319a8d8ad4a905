"""What an operation asks for, in points, before it runs (docs/limits.md).

A leaf is 0, an object 1, a plain list 5 of its entry (or as many as it says: `size=` in schema/described.py), a
connection its page of nodes; a root mutation 10 more, and 1 for each entry of a list in its input, up to 500 of a list:
a longer one becomes a job. Fields may have points of their own (`cost=` beside `size=`). Each fragment is weighed once,
so that fragments that spread each other cost nothing to weigh. The document need not be
valid: what the schema does not know weighs nothing, for validation refuses it next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)
from graphql.language import IntValueNode

from schema.described import COST, SIZE
from schema.extensions.meant import operation_meant

PAGE = 20
LARGEST_PAGE = 100
LIST = 5
MUTATION = 10
ATTRIBUTE = 10
ENTRIES = 500  # of a longer list nothing more is done at once: it becomes a job
INTROSPECTION = 500  # reading the whole schema takes as long as a large page
_BOUND = 1_000_000_000  # beyond it nothing needs to be told apart


@dataclass(frozen=True)
class Price:
    """`points` and `depth` of one operation; `aliases`, `branches` (fields that have fields) and `definitions` of its
    document. `varies`: other variables may make another price."""

    points: int
    depth: int
    aliases: int
    branches: int
    definitions: int
    varies: bool


class Weight(NamedTuple):
    """`once`: points whatever the page's size. `each`: points of one node, below a connection."""

    once: int = 0
    each: int = 0
    depth: int = 0


def price_of(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any] | None
) -> Price:
    """The price of the operation that is going to run."""
    aliases, branches = _counted(document)
    scales = _Scales(schema, document, variables or {})
    weight = scales.operation(operation_meant(document, operation_name))
    points = min(weight.once, _BOUND)
    return Price(points, weight.depth, aliases, branches, len(document.definitions), scales.varies)


def _counted(document: DocumentNode) -> tuple[int, int]:
    """Aliases, and fields that have fields, of the whole document as it is written."""
    aliases = branches = 0
    pending: list[SelectionSetNode] = [
        node.selection_set
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                aliases += selection.alias is not None
                branches += selection.selection_set is not None
            inner = getattr(selection, "selection_set", None)
            if inner is not None:
                pending.append(inner)
    return aliases, branches


@dataclass
class _Scales:
    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    varies: bool = False
    _known: dict[str, Weight] = field(default_factory=dict)
    _defaults: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._fragments = {
            node.name.value: node for node in self.document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def operation(self, node: OperationDefinitionNode | None) -> Weight:
        root = self.schema.get_root_type(node.operation) if node else None
        if node is None or root is None:
            return Weight()
        for variable in node.variable_definitions or ():
            if variable.default_value is not None:
                self._defaults[variable.variable.name.value] = value_from_ast_untyped(variable.default_value)
        weight = self._selections(root, node.selection_set)
        extra = self._mutations(node.selection_set, set()) if node.operation == OperationType.MUTATION else 0
        return Weight(weight.once + extra, 0, weight.depth)

    def _mutations(self, selections: SelectionSetNode, seen: set[str]) -> int:
        """What root mutations cost for being mutations, and for the lists that they are given."""
        points = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                points += MUTATION + self._entries(selection)
            elif isinstance(selection, InlineFragmentNode):
                points += self._mutations(selection.selection_set, seen)
            elif isinstance(selection, FragmentSpreadNode) and (name := selection.name.value) not in seen:
                seen.add(name)
                if name in self._fragments:
                    points += self._mutations(self._fragments[name].selection_set, seen)
        return points

    def _entries(self, node: FieldNode) -> int:
        given = self._argument(node, "input")
        values = given.values() if isinstance(given, dict) else ()
        return sum(min(len(value), ENTRIES) for value in values if isinstance(value, list))

    def _selections(self, parent: GraphQLNamedType | None, selections: SelectionSetNode) -> Weight:
        once = each = depth = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                weight = self._field(parent, selection)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inside = self.schema.get_type(condition.name.value) if condition else parent
                weight = self._selections(inside, selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                weight = self._fragment(selection.name.value)
            once, each, depth = once + weight.once, each + weight.each, max(depth, weight.depth)
        return Weight(min(once, _BOUND), min(each, _BOUND), depth)

    def _fragment(self, name: str) -> Weight:
        if name not in self._known:
            self._known[name] = Weight()  # for a fragment inside itself, which validation refuses
            found = self._fragments.get(name)
            if found is not None:
                parent = self.schema.get_type(found.type_condition.name.value)
                self._known[name] = self._selections(parent, found.selection_set)
        return self._known[name]

    def _field(self, parent: GraphQLNamedType | None, node: FieldNode) -> Weight:
        name = node.name.value
        if name in ("__schema", "__type"):
            return Weight(INTROSPECTION, 0, 1)
        known = parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if known is None:
            return Weight(depth=1)
        kind = get_named_type(known.type)
        below = self._selections(kind, node.selection_set) if node.selection_set else Weight()
        own = _declared(known, COST, 0) + (ATTRIBUTE if self._filters_attribute(node) else 0)
        depth = below.depth + 1
        if _is_connection(parent) and name in ("nodes", "edges"):
            return Weight(own, below.each if name == "edges" else 1 + below.once, depth)
        if _is_edge(parent) and name == "node":
            return Weight(own, 1 + below.once, depth)
        if not node.selection_set or name == "pageInfo":
            return Weight(own, 0, depth)
        if _is_connection(kind):
            return Weight(own + below.once + self._size(known, node) * below.each, 0, depth)
        return Weight(own + self._size(known, node) * (1 + below.once), 0, depth)

    def _size(self, known: GraphQLField, node: FieldNode) -> int:
        """How many entries are asked for."""
        if "first" not in known.args:
            return _declared(known, SIZE, LIST) if is_list_type(get_nullable_type(known.type)) else 1
        sizes = [self._argument(node, name) for name in ("first", "last")]
        default = known.args["first"].default_value
        sizes.append(default if isinstance(default, int) else PAGE)
        size = next(size for size in sizes if isinstance(size, int) and not isinstance(size, bool))
        return min(max(size, 1), LARGEST_PAGE)  # outside of it the field refuses

    def _filters_attribute(self, node: FieldNode) -> bool:
        given = self._argument(node, "filter")
        return isinstance(given, dict) and given.get("customAttribute") is not None

    def _argument(self, node: FieldNode, name: str) -> Any:
        found = next((argument.value for argument in node.arguments or () if argument.name.value == name), None)
        return None if found is None else self._value(found)

    def _value(self, node: ValueNode) -> Any:
        if isinstance(node, VariableNode):
            self.varies = True
            name = node.name.value
            return self.variables.get(name, self._defaults.get(name))
        if isinstance(node, ListValueNode):
            return list(node.values)  # how many there are is all that is looked at
        if isinstance(node, ObjectValueNode):
            return {entry.name.value: self._value(entry.value) for entry in node.fields}
        if isinstance(node, IntValueNode):
            return int(node.value) if len(node.value) < len(str(_BOUND)) else _BOUND
        return node


def _declared(known: GraphQLField, name: str, otherwise: int) -> int:
    declared = known.extensions.get("strawberry-definition")
    return int(declared.metadata.get(name, otherwise)) if declared else otherwise


def _is_connection(kind: GraphQLNamedType | None) -> bool:
    return isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection") and "pageInfo" in kind.fields


def _is_edge(kind: GraphQLNamedType | None) -> bool:
    return isinstance(kind, GraphQLObjectType) and kind.name.endswith("Edge") and "cursor" in kind.fields
