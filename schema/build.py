"""The schema, put together once a process."""

from functools import cache

from strawberry.schema.config import StrawberryConfig

from schema.contact import Contact, Merge
from schema.extensions.onefold_schema import OnefoldSchema, edge_extensions
from schema.mutation import Mutation
from schema.organization import Label, Organization
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription


@cache
def build_schema(*, timeout_seconds: float = 30) -> OnefoldSchema:
    """A schema with its document cache. `timeout_seconds` bounds one operation."""
    return OnefoldSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Contact, Merge, Label, Organization],  # reached through Node alone, some of them
        config=StrawberryConfig(scalar_map=SCALARS, sort_schema=True),
        extensions=edge_extensions(timeout_seconds=timeout_seconds),
    )


if __name__ == "__main__":
    print(build_schema().as_str())  # noqa: T201 - `make sdl` writes it to schema/schema.graphql
