"""Descriptions for everything a stranger meets in GraphiQL, with types kept.

`@strawberry.field(description=...)` makes a decorated resolver untyped; these wrappers do not.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, ParamSpec, TypeVar, cast

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from resolvers.access import Scope

COST = "cost"  # in a field's metadata: points of its own
SIZE = "size"  # in a field's metadata: how many entries its price supposes in a list without `first`

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=Enum)


NEEDS = "needs"  # in a field's metadata: its scope
ANY_KEY = "any key"


def resolved(
    text: str, *, deprecated: str | None = None, needs: Scope | None = None, cost: int = 0, size: int | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A resolver with its description, for a field below the roots.

    It may be read by whoever may use the root field above it, unless `needs` names a scope of its own (which the act
    itself has to ask for). `cost`: points beside those of the objects it answers with. `size`: as `SIZE`.
    """
    rule: dict[str, Any] = {} if needs is None else {NEEDS: needs.value}
    if size is not None:
        rule[SIZE] = size

    def describe(resolver: Callable[P, R]) -> Callable[P, R]:
        made = strawberry.field(
            resolver=resolver,
            description=text if needs is None else f"{text} {_sentence(needs)}",
            deprecation_reason=deprecated,
            metadata={**rule, COST: cost},
        )
        return cast(Callable[P, R], made)

    return describe


def query(text: str, *, needs: Scope | None, cost: int = 0) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A root field of reading with its description and the scope it needs; None: any key will do."""
    return _root(strawberry.field, text, needs, cost)


def mutation(text: str, *, needs: Scope | None, cost: int = 0) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A root mutation, in the same way. `cost` stands beside the 10 points of every mutation."""
    return _root(strawberry.mutation, text, needs, cost)


def subscription(text: str, *, needs: Scope | None, cost: int = 0) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A root subscription, in the same way."""
    return _root(strawberry.subscription, text, needs, cost)


def _root(make: Any, text: str, needs: Scope | None, cost: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    metadata = {NEEDS: needs.value if needs else ANY_KEY, COST: cost}

    def describe(resolver: Callable[P, R]) -> Callable[P, R]:
        made = make(resolver=resolver, description=f"{text} {_sentence(needs)}", metadata=metadata)
        return cast(Callable[P, R], made)

    return describe


def _sentence(needs: Scope | None) -> str:
    return f"Needs the scope `{needs.value}`." if needs else "Any key may ask."


def about(text: str) -> Any:
    """An attribute with its description."""
    return strawberry.field(description=text)


def optional(text: str) -> Any:
    """An input's field that may be left out: left out and null are told apart."""
    return strawberry.field(description=text, default=strawberry.UNSET)


def enum(kind: type[E], text: str, values: Mapping[str, str], name: str | None = None) -> type[E]:
    """An enum of the layers below as a GraphQL enum, each of its values described."""
    strawberry.enum(kind, name=name, description=text)
    definition = cast(StrawberryEnumDefinition, kind.__strawberry_definition__)  # type: ignore[attr-defined]
    for member in definition.values:
        member.description = values[member.name]  # a KeyError at start: a value nobody described
    return kind
