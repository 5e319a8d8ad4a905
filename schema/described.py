"""Descriptions for everything a stranger meets in GraphiQL, with types kept.

`@strawberry.field(description=...)` makes a decorated resolver untyped; these wrappers do not.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, ParamSpec, TypeVar, cast

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=Enum)


def resolved(text: str, *, deprecated: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A resolver with its description."""

    def describe(resolver: Callable[P, R]) -> Callable[P, R]:
        made = strawberry.field(resolver=resolver, description=text, deprecation_reason=deprecated)
        return cast(Callable[P, R], made)

    return describe


def mutation(text: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A root mutation with its description."""

    def describe(resolver: Callable[P, R]) -> Callable[P, R]:
        return cast(Callable[P, R], strawberry.mutation(resolver=resolver, description=text))

    return describe


def subscription(text: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A root subscription with its description."""

    def describe(resolver: Callable[P, R]) -> Callable[P, R]:
        return cast(Callable[P, R], strawberry.subscription(resolver=resolver, description=text))

    return describe


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
