"""What each kind of job does with its items, in the transaction that also notes how far it is."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.engine import Transaction
from db.jobs import Item, JobRow
from resolvers.access import Act, Scope
from resolvers.conversations.bulk import merge_thread_groups
from resolvers.conversations.merge_request import ThreadRequest
from resolvers.duplicates.rebuild import rebuild_part
from resolvers.errors import Refused
from resolvers.merging.bulk import merge_contact_groups, undo_group
from resolvers.merging.request import MergeRequest

# For each item why it was refused, or None once it is done; of the first items alone, if the others have to wait.
Work = Callable[[Transaction, Act, JobRow, Sequence[Any]], Awaitable[list[Refused | None]]]


@dataclass(frozen=True)
class Kind:
    """`scope`: what a key needs to ask for it, to cancel and to retry it; `field`: the list of the caller's input that
    its items come from; `most`: how many of them one transaction takes."""

    scope: Scope
    field: str | None
    most: int
    work: Work
    touched: Callable[[Any], Sequence[str]]


def independent(kind: Kind, items: Sequence[Item]) -> list[Item]:
    """The first items, as far as no two of them name one thing: those may be worked on at once, as if one by one."""
    taken: set[str] = set()
    found = []
    for index, what in items:
        named = kind.touched(what)
        if not taken.isdisjoint(named):
            break
        taken.update(named)
        found.append((index, what))
    return found


def group_item(primary_id: UUID, source_ids: Sequence[UUID]) -> list[Any]:
    """A group as an item."""
    return [primary_id.hex, [source.hex for source in source_ids]]


def _of_group(item: Any) -> Sequence[str]:
    primary, sources = item
    return [primary, *sources]


async def _merge_conversations(tx: Transaction, act: Act, job: JobRow, items: Sequence[Any]) -> list[Refused | None]:
    terms = job.terms
    requests = [
        ThreadRequest(
            UUID(primary),
            tuple(UUID(source) for source in sources),
            note=terms["note"],
            tag=terms["tag"],
            across=terms["acrossContacts"],
            reason=terms["reason"],
        )
        for primary, sources in items
    ]
    return await merge_thread_groups(tx, act, job.org_id, requests)


async def _merge_contacts(tx: Transaction, act: Act, job: JobRow, items: Sequence[Any]) -> list[Refused | None]:
    reason, allowed = job.terms["reason"], job.terms["allowMarkedDistinct"]
    requests = [
        MergeRequest(UUID(primary), tuple(UUID(source) for source in sources), reason, allow_marked_distinct=allowed)
        for primary, sources in items
    ]
    return await merge_contact_groups(tx, act, job.org_id, requests)


async def _undo(tx: Transaction, act: Act, job: JobRow, items: Sequence[Any]) -> list[Refused | None]:
    return [await undo_group(tx, act, UUID(merge), job.terms["reason"]) for merge in items]


async def _rebuild(tx: Transaction, _act: Act, job: JobRow, items: Sequence[Any]) -> list[Refused | None]:
    for part in items:
        await rebuild_part(tx, job.org_id, part)
    return [None] * len(items)


KINDS = {
    "MERGE_CONVERSATIONS": Kind(Scope.MERGE, "groups", 100, _merge_conversations, _of_group),
    "MERGE_CONTACTS": Kind(Scope.MERGE, "groups", 100, _merge_contacts, _of_group),
    "UNDO": Kind(Scope.UNDO, None, 10, _undo, lambda merge: [merge]),
    "REBUILD_MATCHING": Kind(Scope.SETTINGS, None, 1, _rebuild, lambda part: part[1:]),
}
