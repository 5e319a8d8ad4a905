"""What a living contact's row holds beside its values: the order of names and what search looks in. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from db.contacts import ContactRow
from resolvers.contacts.values import folded

# Names are sorted by their first characters: folding can make one 18 times as long, more than an index entry takes.
_SORTED_BY = 200
_NAMES = 2  # the first lines of search_text are the name and the company, the rest are identifiers


def derived_values(name: str | None, company: str | None, identifiers: Iterable[str]) -> dict[str, Any]:
    """The derived columns, given every identifier (normal form) of the contact's tree."""
    full_name = folded(name)
    name_sort = full_name[:_SORTED_BY]
    lines = (full_name, folded(company), *sorted({folded(identifier) for identifier in identifiers}))
    return {"name_sort": name_sort, "search_text": "\n".join(lines)}


def with_derived(row: ContactRow, identifiers: Iterable[str]) -> ContactRow:
    """The row with its derived columns."""
    return replace(row, **derived_values(row.name, row.company, identifiers))


def identifiers_in(row: ContactRow) -> list[str]:
    """The identifiers that a row's search text holds: a merge unites them without reading them anew."""
    return row.search_text.split("\n")[_NAMES:]
