"""What everything with an id of its own has in common."""

import strawberry

from schema.described import about


@strawberry.interface(
    description="Anything with an id. Ids are opaque, prefixed and sortable by time: `contact_01j…`, `merge_01j…`."
)
class Node:
    """The interface `Node`."""

    id: strawberry.ID = about("The id. Keep it as it is: old contact ids go on leading to the survivor for ever.")
