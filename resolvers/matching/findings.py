"""What comparing finds in one field, before it is weighed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class KeyCount:
    """Who holds a blocking key in the organisation: contacts (counted to candidates.COUNTED) and people, which is the
    number of different marks (block.coarse_of) among its first holders."""

    holders: int = 1
    people: int = 0


KeyCounts = Mapping[str, KeyCount]  # by the key's text; a key that is not there has one holder


class Finding(NamedTuple):
    """One field's level, the two values that gave it (as shown to people) and how many people share them."""

    field: str
    level: str
    left: str
    right: str
    people: int = 0
    holders: int = 0
