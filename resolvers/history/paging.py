"""Pages of what hangs on contacts, for a batch of survivors at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from db.engine import Database
from db.trees import Hanging, TreePage, count_of_trees, pages_of_trees
from resolvers.access import Act
from resolvers.contacts.values import moment
from resolvers.paging import PageArguments, decode_cursor, encode_cursor


@dataclass(frozen=True)
class Listing:
    """A list under contacts: what hangs there, the name of its order in cursors, which end comes first, and the values
    that its conditions are given."""

    hanging: Hanging
    order: str
    newest_first: bool = True
    values: Mapping[str, Any] = field(default_factory=dict)


async def pages_under(
    db: Database, act: Act, listing: Listing, roots: Sequence[UUID], page: PageArguments
) -> list[Sequence[Any]]:
    """For each survivor the rows (root, columns of the table, place) of one page. Raises BAD_USER_INPUT."""
    wanted = TreePage(
        limit=page.limit,
        newest_first=listing.newest_first,
        after=place_of(page.after, "after", listing.order),
        before=place_of(page.before, "before", listing.order),
        backward=page.backward,
    )
    orgs = act.actor.organizations
    found = await db.read(lambda tx: pages_of_trees(tx, listing.hanging, orgs, roots, wanted, listing.values))
    return [found[root] for root in roots]


async def count_under(db: Database, act: Act, listing: Listing, roots: Sequence[UUID]) -> list[int]:
    """For each survivor how many there are."""
    orgs = act.actor.organizations
    found = await db.read(lambda tx: count_of_trees(tx, listing.hanging, orgs, roots, listing.values))
    return [found[root] for root in roots]


def place_of(cursor: str | None, argument: str, order: str) -> tuple[datetime, UUID] | None:
    """Where a cursor stands. Raises BAD_USER_INPUT for one of another list."""
    return decode_cursor(cursor, argument, order, _moment)


def cursor_at(order: str, at: Callable[[Any], datetime], row: Any) -> str:
    """The cursor of a row in a list that is sorted by that time."""
    return encode_cursor(order, at(row), row.id)


def _moment(value: Any) -> datetime:
    read = moment(value)  # BadValue is a ValueError
    if read is None:
        raise ValueError("no time")
    return read
