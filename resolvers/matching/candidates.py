"""From who holds a key to who is compared with whom, and to the counts that comparing needs.

One contact and a whole organisation read the same of a key: its first holders by id and a count with a limit. So both
see the same numbers, and judge a pair alike; and neither reads more of an address that ten thousand contacts hold.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic

from resolvers.matching.block import CAPS, STAR_KINDS
from resolvers.matching.contact import ContactId
from resolvers.matching.findings import KeyCount

LISTED = 61  # holders of a key that are read, the first by id: one more than any key's cap
COUNTED = 1_000  # holders of a key that are counted


@dataclass(frozen=True)
class Holders(Generic[ContactId]):
    """Of one key: the first LISTED holders by rising id, the mark of each (block.coarse_of), and how many there are:
    counted to COUNTED, or to LISTED when those have several marks, since no more is asked of such a key then. Of a key
    that proposes nobody the ids are never looked at, so they may be made late."""

    ids: Sequence[ContactId]
    marks: Sequence[str | None]
    total: int

    @cached_property
    def count(self) -> KeyCount:
        """What comparing is told of the key."""
        return KeyCount(self.total, len(set(self.marks) - {None}))

    def is_open(self, kind: str) -> bool:
        """Whether all its holders are proposed to one another."""
        return 2 <= self.total <= CAPS[kind]

    def hub(self, kind: str) -> ContactId | None:
        """Of a full key that one person stands behind (leads of one address, say): the holder to which all others are
        compared, a star instead of a clique. The first with a whole name, else the first. None for any other key."""
        if kind not in STAR_KINDS or self.is_open(kind) or self.count.people > 1 or self.total >= COUNTED:
            return None
        named = next((place for place, mark in enumerate(self.marks) if mark is not None), 0)
        return self.ids[named]


def counts_of(holders: Mapping[str, Holders[ContactId]]) -> dict[str, KeyCount]:
    """By the key's text, as compare() takes them."""
    return {text: found.count for text, found in holders.items()}


def candidates_of(contact_id: ContactId, holders: Mapping[str, Holders[ContactId]]) -> set[ContactId]:
    """Whom a contact is compared with, given the holders of each of its keys: at most the caps, whatever the size of
    the organisation."""
    found: set[ContactId] = set()
    for text, of_key in holders.items():
        kind = text[0]
        if of_key.is_open(kind):
            found.update(of_key.ids)
        elif (hub := of_key.hub(kind)) is not None:
            found.update([hub] if hub != contact_id else of_key.ids)
    found.discard(contact_id)
    return found


def pairs_of(
    keys: Iterable[tuple[str, Sequence[ContactId], Holders[ContactId]]],
) -> Iterator[tuple[ContactId, ContactId]]:
    """Every pair that shares an open key or a star's hub, (lower id, higher id), each once; `keys` are the key's text,
    all its holders by rising id, and the Holders of it. The sweep of a whole organisation."""
    seen: set[tuple[ContactId, ContactId]] = set()
    for text, everyone, of_key in keys:
        for pair in _pairs_within(text[0], everyone, of_key):
            if pair not in seen:
                seen.add(pair)
                yield pair


def _pairs_within(
    kind: str, everyone: Sequence[ContactId], of_key: Holders[ContactId]
) -> Iterator[tuple[ContactId, ContactId]]:
    if of_key.is_open(kind):
        for place, one in enumerate(everyone):
            for other in everyone[place + 1 :]:
                yield one, other
    elif (hub := of_key.hub(kind)) is not None:
        for other in everyone:
            if other != hub:
                yield (hub, other) if hub < other else (other, hub)
