"""Connections by the Relay specification."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Generic, TypeVar

import strawberry

from resolvers.paging import Page
from schema.described import about, resolved

First = Annotated[int | None, strawberry.argument(description="How many, 1 to 100; 20 when left out.")]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="The last so many, 1 to 100, instead of `first`.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]

NodeT = TypeVar("NodeT")
RowT = TypeVar("RowT")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """The type `PageInfo`."""

    has_next_page: bool = about("Whether there is more after `endCursor`.")
    has_previous_page: bool = about("Whether there is more before `startCursor`.")
    start_cursor: str | None = about("The cursor of the first entry, for `before`; null on an empty page.")
    end_cursor: str | None = about("The cursor of the last entry, for `after`; null on an empty page.")


@strawberry.type(description="An entry of a page with its cursor.")
class Edge(Generic[NodeT]):
    """`ContactEdge`, `MergeEdge`."""

    cursor: str = about("Where this entry stands: for `after` or `before` in the same list and order.")
    node: NodeT = about("The entry.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[NodeT]):
    """`ContactConnection`, `MergeConnection`."""

    edges: list[Edge[NodeT]] = about("The entries with their cursors.")
    nodes: list[NodeT] = about("The entries without cursors.")
    page_info: PageInfo = about("Where the page stands.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @resolved("How many entries the whole list has. Counted only when asked for: it reads them all.", cost=10)
    async def total_count(self) -> int:
        """`totalCount`."""
        return await self.count()


def connection(
    page: Page[RowT], node: Callable[[RowT], NodeT], count: Callable[[], Awaitable[int]]
) -> Connection[NodeT]:
    """A page of rows as a connection of nodes."""
    nodes = [node(row) for row in page.rows]
    return Connection(
        edges=[Edge(cursor=cursor, node=entry) for cursor, entry in zip(page.cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        ),
        count=count,
    )
