"""The history of merges as it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db import contacts as contact_rows
from db import conversations, merge_pages, merges
from db.engine import Database, Transaction
from db.merge_pages import MergeFilter
from db.merges import MergeRow, SourceRow
from resolvers.access import Act, Scope, require
from resolvers.ids import MERGE, decode_id
from resolvers.paging import Page, PageArguments, cut_page, decode_cursor, encode_cursor

_ORDER = "merge"


@dataclass(frozen=True)
class NamedSource:
    """A source of a merge with the name of that contact or the subject of that conversation (None once erased)."""

    source: SourceRow
    name: str | None


async def merge_by_id(db: Database, act: Act, merge: str) -> MergeRow | None:
    """A merge that the key may see; None for anything else."""
    require(act.actor, Scope.CONTACTS_READ)
    merge_id = decode_id(MERGE, merge)
    if merge_id is None:
        return None
    found = await db.read(lambda tx: merges.merges_by_id(tx, act.actor.organizations, [merge_id]))
    return found.get(merge_id)


async def list_merges(db: Database, act: Act, org_id: UUID, wanted: MergeFilter, page: PageArguments) -> Page[MergeRow]:
    """The history, newest first."""
    require(act.actor, Scope.CONTACTS_READ)
    after = decode_cursor(page.after, "after", _ORDER, _no_value)
    rows = await db.read(
        lambda tx: merge_pages.merges_page(tx, org_id, wanted, page.limit, after[1] if after else None)
    )
    return cut_page(rows, page, merge_cursor)


async def count_merges(db: Database, act: Act, org_id: UUID, wanted: MergeFilter) -> int:
    """How many merges match."""
    require(act.actor, Scope.CONTACTS_READ)
    return await db.read(lambda tx: merge_pages.count_merges(tx, org_id, wanted))


async def merges_of_contacts(
    db: Database, act: Act, roots: Sequence[UUID], page: PageArguments
) -> list[Page[MergeRow]]:
    """For each survivor one page of the merges into it or into what was merged into it, newest first."""
    after = decode_cursor(page.after, "after", _ORDER, _no_value)
    found = await db.read(
        lambda tx: merge_pages.merges_of_trees(
            tx, act.actor.organizations, roots, page.limit, after[1] if after else None
        )
    )
    return [cut_page(found[root], page, merge_cursor) for root in roots]


async def count_merges_of_contacts(db: Database, act: Act, roots: Sequence[UUID]) -> list[int]:
    """For each survivor the number of those merges."""
    found = await db.read(lambda tx: merge_pages.count_merges_of_trees(tx, act.actor.organizations, roots))
    return [found[root] for root in roots]


async def sources_of_merges(db: Database, act: Act, merge_ids: Sequence[UUID]) -> list[list[NamedSource]]:
    """The sources of each merge, in their order, with their names."""
    return await db.read(lambda tx: _named_sources(tx, act.actor.organizations, merge_ids))


def merge_cursor(row: MergeRow) -> str:
    """The cursor of a merge in any list of merges."""
    return encode_cursor(_ORDER, None, row.id)


async def _named_sources(tx: Transaction, orgs: Sequence[UUID], merge_ids: Sequence[UUID]) -> list[list[NamedSource]]:
    found = await merges.sources_of(tx, orgs, merge_ids)
    ids = {source.contact_id for sources in found.values() for source in sources if source.contact_id is not None}
    threads = {s.conversation_id for sources in found.values() for s in sources if s.conversation_id is not None}
    contacts = await contact_rows.contacts_by_id(tx, orgs, ids)
    names: dict[UUID | None, str | None] = {row.id: row.name for row in contacts.values()}
    if threads:
        subjects = await conversations.conversations_by_id(tx, orgs, sorted(threads))
        names |= {row.id: row.subject for row in subjects.values()}
    return [
        [NamedSource(source, names.get(source.contact_id or source.conversation_id)) for source in found[merge_id]]
        for merge_id in merge_ids
    ]


def _no_value(value: Any) -> None:
    if value is not None:
        raise ValueError("a cursor of merges has no value")
