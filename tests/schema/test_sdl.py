"""The schema as it is printed: in step with the code, described throughout, and what clients rely on is in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)
from graphql.language import (
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    parse,
    print_ast,
)

from schema.build import build_schema as build_our_schema

HERE = Path(__file__).parent
SNAPSHOT = HERE.parent.parent / "schema" / "schema.graphql"
Fielded = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType


@pytest.fixture(scope="module")
def printed() -> str:
    """What the code prints today."""
    return build_our_schema().as_str()


@pytest.fixture(scope="module")
def schema(printed: str) -> GraphQLSchema:
    """The same, read back as a client's tool would."""
    return build_schema(printed)


def test_the_snapshot_is_what_the_code_prints(printed: str) -> None:
    """schema/schema.graphql is what reviewers and clients read."""
    assert SNAPSHOT.read_text().strip() == printed.strip(), "The API has changed: run `make sdl` and commit the result."


def described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Everything that can have a description, by its path."""
    for name, kind in schema.type_map.items():
        if name.startswith("__") or name in ("ID", "String", "Boolean", "Int", "Float"):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", found.description) for value, found in kind.values.items())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            yield from _described_fields(name, kind)


def _described_fields(name: str, kind: Fielded) -> Iterator[tuple[str, str | None]]:
    for field_name, field in kind.fields.items():
        yield f"{name}.{field_name}", field.description
        if isinstance(field, GraphQLField):
            for argument, found in field.args.items():
                yield f"{name}.{field_name}({argument})", found.description


def test_everything_has_a_description(schema: GraphQLSchema) -> None:
    """Types, fields, arguments, inputs' fields and enums' values: a stranger in GraphiQL needs them."""
    assert [path for path, text in described(schema) if not (text or "").strip()] == []


def test_descriptions_are_sentences(schema: GraphQLSchema) -> None:
    """They end like one and hold no leftover of the code."""
    odd = [path for path, text in described(schema) if (text or "").rstrip()[-1:] not in {".", "`", ")", "!", "?"}]
    assert odd == []
    assert [path for path, text in described(schema) if "TODO" in (text or "") or "None" in (text or "")] == []


def promises() -> Iterator[tuple[str, str, str]]:
    """(type, field or value, its type) for each fixed name."""
    for node in parse((HERE / "fixed_names.graphql").read_text()).definitions:
        if isinstance(node, EnumTypeDefinitionNode):
            yield from ((node.name.value, value.name.value, "") for value in node.values or ())
        elif isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | InputObjectTypeDefinitionNode):
            yield from ((node.name.value, field.name.value, print_ast(field.type)) for field in node.fields or ())


def arguments() -> Iterator[tuple[str, str, str, str]]:
    """(type, field, argument, its type) for each fixed name."""
    for node in parse((HERE / "fixed_names.graphql").read_text()).definitions:
        if isinstance(node, ObjectTypeDefinitionNode):
            for field in node.fields or ():
                assert isinstance(field, FieldDefinitionNode)
                for given in field.arguments or ():
                    yield node.name.value, field.name.value, given.name.value, print_ast(given.type)


def test_names_that_clients_rely_on(schema: GraphQLSchema) -> None:
    """All are there; what is answered may become non-null, what is taken may become optional, nothing else changes."""
    broken = []
    for owner, name, promised in promises():
        kind = schema.type_map.get(owner)
        if isinstance(kind, GraphQLEnumType):
            found = name if name in kind.values else None
            kept = found is not None
        else:
            assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType), owner
            field = kind.fields.get(name)
            found = str(field.type) if field else None
            kept = _keeps(found, promised, taken=isinstance(kind, GraphQLInputObjectType))
        if not kept:
            broken.append(f"{owner}.{name}: {promised}, now {found}")
    assert broken == []


def test_arguments_that_clients_rely_on(schema: GraphQLSchema) -> None:
    """All are there, and no new one is demanded."""
    broken = []
    promised: dict[tuple[str, str], set[str]] = {}
    for owner, field, name, kind in arguments():
        promised.setdefault((owner, field), set()).add(name)
        found = _arguments_of(schema, owner, field).get(name)
        if not _keeps(str(found.type) if found else None, kind, taken=True):
            broken.append(f"{owner}.{field}({name}): {kind}, now {found.type if found else None}")
    for (owner, field), names in promised.items():
        for name, argument in _arguments_of(schema, owner, field).items():
            if name not in names and str(argument.type).endswith("!"):
                broken.append(f"{owner}.{field}({name}): demanded, and nobody sends it")
    assert broken == []


def test_no_input_demands_more_than_was_promised(schema: GraphQLSchema) -> None:
    """A new field of an input is optional."""
    promised: dict[str, set[str]] = {}
    for owner, name, _ in promises():
        promised.setdefault(owner, set()).add(name)
    for owner, names in promised.items():
        kind = schema.type_map[owner]
        if isinstance(kind, GraphQLInputObjectType):
            new = {name: field for name, field in kind.fields.items() if name not in names}
            assert [name for name, field in new.items() if str(field.type).endswith("!")] == [], owner


def _arguments_of(schema: GraphQLSchema, owner: str, field: str) -> dict[str, GraphQLArgument]:
    kind = schema.type_map[owner]
    assert isinstance(kind, GraphQLObjectType)
    return dict(kind.fields[field].args)


def _keeps(found: str | None, promised: str, *, taken: bool) -> bool:
    if found is None:
        return False
    return found == promised or (found == promised.removesuffix("!") if taken else found == f"{promised}!")
