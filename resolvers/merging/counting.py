"""How much hangs on the sources of a merge. Counted only when asked for: it reads all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from db import channels, identifiers, inboxes, memories
from db.calls import CALLS
from db.conversations import conversations_hanging
from db.engine import Database, Transaction
from db.labels import LABELS
from db.notes import NOTES
from db.segments import SEGMENTS
from db.trees import count_of_trees
from resolvers.access import Act

_CONVERSATIONS = conversations_hanging(status=False, merged=False)


@dataclass(frozen=True)
class Counts:
    """What would come along, what the primary has as well among it; `memories` are personas."""

    identifiers: int = 0
    labels: int = 0
    segments: int = 0
    channels: int = 0
    inboxes: int = 0
    conversations: int = 0
    calls: int = 0
    notes: int = 0
    memories: int = 0


async def counts_of(db: Database, act: Act, sources: Sequence[UUID]) -> Counts:
    """Of these survivors together. Nine statements for any number of them."""
    return await db.read(lambda tx: _count(tx, act.actor.organizations, sources)) if sources else Counts()


async def _count(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> Counts:
    heads = await memories.heads_of(tx, orgs, roots)
    return Counts(
        identifiers=_sum(await identifiers.identifiers_of(tx, orgs, roots)),
        labels=_sum(await LABELS.of_trees(tx, orgs, roots)),
        segments=_sum(await SEGMENTS.of_trees(tx, orgs, roots)),
        channels=_sum(await channels.channels_of(tx, orgs, roots)),
        inboxes=_sum(await inboxes.addresses_of(tx, orgs, roots)),
        conversations=sum((await count_of_trees(tx, _CONVERSATIONS, orgs, roots)).values()),
        calls=sum((await count_of_trees(tx, CALLS, orgs, roots)).values()),
        notes=sum((await count_of_trees(tx, NOTES, orgs, roots)).values()),
        memories=sum(len({head.persona_key for head in found}) for found in heads.values()),
    )


def _sum(found: Mapping[UUID, Sequence[object]]) -> int:
    return sum(map(len, found.values()))
