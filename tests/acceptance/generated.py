"""Operations that hypothesis-graphql makes of the real schema; ids of the right kind stand in them now and then."""

import re
from dataclasses import dataclass, replace
from typing import Any

from graphql import DocumentNode, FieldNode, OperationDefinitionNode, build_schema, parse, print_ast
from hypothesis import strategies as st
from hypothesis_graphql import Mode, mutations, nodes, queries

_PLACE = re.compile(r'(\w+): ("any \d"|\[[^\[\]]*\])')
_ANY = re.compile(r'"any (\d)"')
# Without U+0000, for which a whole document is refused: test_bad_input.py sends it.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
_WORDS = ["", " ", "ann@lee.example", "+49 30 123456", "Ann Lee", "e\u0301", "x" * 501, "%", "_", "once", "crm", "-1"]
_TIMES = ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+02:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01"]
_DAYS = ["1980-02-29", "1849-12-31", "2026-02-30", "9999-12-31"]
_JSON = ["{}", "[]", "null", '{plan: "pro", seats: 3}', "{a: {b: [1, null, {c: 1e999}]}}", "9007199254740993", '"x"']


@dataclass(frozen=True)
class Operation:
    """One document, whose ids are places to fill. `valid`: the schema allows it."""

    document: str
    valid: bool

    @property
    def writes(self) -> bool:
        """Whether it is a mutation."""
        return self.document.startswith("mutation")

    def filled(self, ids: dict[str, list[str]]) -> str:
        """The document with ids: where `noteId` stands, those of `note`, and of whatever kind where only `id` does."""
        every = [one for kind in sorted(ids) for one in ids[kind]]

        def fill(place: re.Match[str]) -> str:
            kind = re.sub("^(primary|source|keep)?|Ids?$", "", place[1]).lower()
            known = ids.get(kind, every)
            text = _ANY.sub(lambda one: f'"{known[int(one[1]) * len(known) // 10]}"', place[2])
            return f"{place[1]}: {text}"

        return _PLACE.sub(fill, self.document)


def operations(sdl: str) -> st.SearchStrategy[Operation]:
    """Queries and mutations, one in five with a single mistake."""
    schema = build_schema(sdl)
    words = st.sampled_from(_WORDS) | _TEXT
    scalars: dict[str, st.SearchStrategy[Any]] = {
        "ID": (st.integers(0, 9).map(lambda number: f"any {number}") | words).map(nodes.String),
        "String": words.map(nodes.String),
        "DateTime": (st.sampled_from(_TIMES) | words).map(nodes.String),
        "Date": (st.sampled_from(_DAYS) | words).map(nodes.String),
        "JSON": st.sampled_from(_JSON).map(_literal),
    }

    def made(mode: Mode) -> st.SearchStrategy[Operation]:
        asked = queries(schema, custom_scalars=scalars, mode=mode)
        written = mutations(schema, custom_scalars=scalars, mode=mode, print_ast=_asking_what_was_wrong)
        return (asked | written).map(lambda document: Operation(document, mode is Mode.POSITIVE))

    kinds = [made(mode) for mode in (Mode.POSITIVE, Mode.NEGATIVE)]
    return st.sampled_from([0, 0, 0, 0, 1]).flatmap(lambda kind: kinds[kind])


def _parsed(text: str) -> OperationDefinitionNode:
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def _literal(text: str) -> Any:
    selected = _parsed(f"{{ f(a: {text}) }}").selection_set.selections[0]
    assert isinstance(selected, FieldNode)
    return (selected.arguments or ())[0].value


_PROBLEMS = _parsed("{ userErrors { code } }").selection_set.selections


def _asking_what_was_wrong(document: DocumentNode) -> str:
    """Every field of a mutation also selects its userErrors."""
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    fields = tuple(map(_with_problems, operation.selection_set.selections))
    return print_ast(replace(operation, selection_set=replace(operation.selection_set, selections=fields)))


def _with_problems(selected: Any) -> Any:
    inner = selected.selection_set if isinstance(selected, FieldNode) else None
    if inner is None:
        return selected
    return replace(selected, selection_set=replace(inner, selections=(*inner.selections, *_PROBLEMS)))
