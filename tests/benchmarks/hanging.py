"""(f) What hangs on contacts: merging 50 sources with and without much history, and pages of the conversations.

Beside it what reassigning every row would cost, which is what a merge costs where children are moved: one UPDATE of all
conversations of the sources, in a transaction of its own that is rolled back.
"""

import statistics
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import update

from db.bulk import encode, insert_encoded
from db.conversations import conversation
from db.engine import Database, Transaction
from db.migrate import migrate
from resolvers.conversations.reading import conversations_of_contacts
from resolvers.conversations.writing import conversation_values
from resolvers.merging.undo import undo_merge
from resolvers.merging.undo_request import UndoRequest
from resolvers.paging import PageArguments
from tests.benchmarks.measure import show
from tests.benchmarks.organisation import Organisation, fill

SOURCES = 50
_ROUNDS = 7
_READS = 20


class _RolledBack(Exception):
    """Takes back what was only timed."""


async def measure_hanging(folder: Path, urls: dict[str, str], each: int, pages: int) -> None:
    """`each`: conversations of every source; `pages`: how far to page."""
    merged: list[list[object]] = []
    paged: list[list[object]] = []
    for name, url in urls.items():
        db = Database(url)
        try:
            await migrate(db)
            organisation = await fill(db, folder, 2 * (SOURCES + 1) + 1)
            bare, laden, single = (
                _take(organisation, SOURCES + 1),
                _take(organisation, SOURCES + 1),
                _take(organisation, 1),
            )
            for source in laden[1:]:
                await _converse(organisation, source, each)
            await _converse(organisation, single[0], 20)
            moving = await _timed_move(organisation, laden)
            without, with_history = await _timed_merges(organisation, bare, laden)
            rows = SOURCES * each
            merged.append([name, rows, without, with_history, with_history / without, moving, moving / with_history])
            cursor = await _cursor_after(organisation, laden[0], pages)
            asked = [(single[0], None), (laden[0], None), (laden[0], cursor)]
            alone, first, far = await _timed_pages(organisation, asked)
            paged.append([name, rows, alone, first, first / alone, far, far / first])
        finally:
            await db.close()
    head = ["database", "conversations", "ms without", "ms with", "with / without", "ms to move all", "x the merge"]
    show(f"(f) a merge of {SOURCES} sources", head, merged)
    head = ["database", "conversations", "ms of 20 alone", "ms first page", "x alone", f"ms page {pages}", "x first"]
    show("    a page of 20 conversations", head, paged)


def _take(organisation: Organisation, number: int) -> list[UUID]:
    taken = organisation.ids[:number]
    del organisation.ids[:number]
    return taken


async def _converse(organisation: Organisation, contact: UUID, number: int) -> None:
    act, org_id = organisation.act, organisation.org_id
    blank: dict[str, object] = {
        "subject": "Hello",
        "status": "CLOSED",
        "channel_type": "EMAIL",
        "tags": [],
        "assignee": None,
    }

    async def write(tx: Transaction) -> None:
        rows = []
        for place in range(number):
            at = act.now - timedelta(minutes=place * 7 + contact.int % 7)
            values = {**blank, "created_at": at, "updated_at": at}
            rows.append(conversation_values(values, org_id, act.new_id(), contact))
        await insert_encoded(tx, conversation, encode(conversation, tx.dialect, rows))

    await organisation.db.write(write)


async def _timed_merges(organisation: Organisation, *groups: list[UUID]) -> list[float]:
    """The median of each group, merged in turn and parted again, but for the last time. The first round warms up."""
    times: list[list[float]] = [[] for _ in groups]
    for number in range(_ROUNDS + 1):
        for place, ids in enumerate(groups):
            begun = time.perf_counter()
            merge = await organisation.merge(ids[0], ids[1:])
            times[place].append((time.perf_counter() - begun) * 1_000)
            if number < _ROUNDS:
                await undo_merge(organisation.db, organisation.act, UndoRequest(merge, None, False, None))
    return [statistics.median(found[1:]) for found in times]


async def _timed_move(organisation: Organisation, ids: list[UUID]) -> float:
    move = (
        update(conversation)
        .where(conversation.c.org_id == organisation.org_id, conversation.c.contact_id.in_(ids[1:]))
        .values(contact_id=ids[0])
    )
    seconds = 0.0

    async def work(tx: Transaction) -> None:
        nonlocal seconds
        begun = time.perf_counter()
        await tx.run(move)
        seconds = time.perf_counter() - begun
        raise _RolledBack

    try:
        await organisation.db.write(work)
    except _RolledBack:
        return seconds * 1_000
    raise AssertionError("the move is always taken back")


async def _timed_pages(organisation: Organisation, asked: list[tuple[UUID, str | None]]) -> list[float]:
    """The median of the first page of each survivor behind a cursor, read in turn."""
    times: list[list[float]] = [[] for _ in asked]
    for _ in range(_READS + 1):
        for place, (root, after) in enumerate(asked):
            page = PageArguments(20, False, after, None)
            begun = time.perf_counter()
            await conversations_of_contacts(organisation.db, organisation.act, [root], page, None, merged=False)
            times[place].append((time.perf_counter() - begun) * 1_000)
    return [statistics.median(found[1:]) for found in times]


async def _cursor_after(organisation: Organisation, root: UUID, pages: int) -> str | None:
    """The cursor at the end of so many pages of 20, read by hundreds."""
    after: str | None = None
    left = (pages - 1) * 20
    while left > 0:
        page = PageArguments(min(100, left), False, after, None)
        found = await conversations_of_contacts(organisation.db, organisation.act, [root], page, None, merged=False)
        after = found[0].cursors[-1] if found[0].cursors else after
        left -= page.limit
    return after
