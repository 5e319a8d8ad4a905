"""Scalars as they are read and written."""

from datetime import date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from resolvers.contacts import values
from resolvers.contacts.values import BadValue

JSON = NewType("JSON", object)


def _read_moment(value: Any) -> datetime:
    try:
        read = values.moment(value)
    except BadValue as error:
        raise GraphQLError(f"The time {error}.") from None
    assert read is not None, "GraphQL handles null itself"
    return read


def _read_day(value: Any) -> date:
    try:
        read = values.day(value)
    except BadValue as error:
        raise GraphQLError(f"The date {error}.") from None
    assert read is not None, "GraphQL handles null itself"
    return read


def _as_it_is(value: Any) -> Any:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A time by RFC 3339 with an offset, such as `2026-01-31T12:00:00Z`. Answered in UTC with `Z` and "
        "microseconds.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=values.moment_text,
        parse_value=_read_moment,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day, `YYYY-MM-DD`.",
        serialize=date.isoformat,
        parse_value=_read_day,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value. Inputs named attributes or metadata must be objects, at most 64 KB together, 16 "
        "levels deep, integers within 2^53. Key order and the spelling of numbers are not kept.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc8259",
        serialize=_as_it_is,
        parse_value=_as_it_is,
    ),
}
