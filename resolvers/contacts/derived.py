"""What a living contact's row holds beside its values: the order of names and what search looks in. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from db.contacts import ContactRow
from resolvers.contacts.values import folded

_NAMES = 2  # the first lines of search_text are the name and the company, the rest are identifiers


def with_derived(row: ContactRow, identifiers: Iterable[str]) -> ContactRow:
    """The row with its derived columns, given every identifier (normal form) of its tree."""
    name, company = folded(row.name), folded(row.company)
    lines = (name, company, *sorted({folded(identifier) for identifier in identifiers}))
    return replace(row, name_sort=name, search_text="\n".join(lines))


def identifiers_in(row: ContactRow) -> list[str]:
    """The identifiers that a row's search text holds: a merge unites them without reading them anew."""
    return row.search_text.split("\n")[_NAMES:]
