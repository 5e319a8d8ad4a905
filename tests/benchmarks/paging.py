"""(c) A page of 50 in each order: of a small organisation, and of one ten times as large with 15 % merged away."""

import statistics
import time
from pathlib import Path

from db.contact_pages import ContactOrderField
from db.engine import Database
from db.migrate import migrate
from resolvers.contacts.filters import read_filter
from resolvers.contacts.read import Order, list_contacts
from resolvers.paging import PageArguments
from tests.benchmarks.measure import show
from tests.benchmarks.organisation import Organisation, fill

_PAGE = 50
_MERGED_AWAY = 0.15
_DEEP = 10  # the page this far behind the first is measured too


async def measure_pages(folder: Path, urls: dict[str, str], sizes: tuple[int, int], rounds: int) -> None:
    """Interleaved: in each round every order of both organisations, on each database."""
    rows: list[list[object]] = []
    for name, url in urls.items():
        db = Database(url)
        try:
            await migrate(db)
            small, large = [await fill(db, folder, size) for size in sizes]
            await _merge_away(large)
            for order in ContactOrderField:
                rows += await _measure(name, order, small, large, rounds)
        finally:
            await db.close()
    head = ["database", "order", "page", f"ms of {sizes[0]:,}", f"ms of {sizes[1]:,}", "ratio"]
    show(f"(c) a page of {_PAGE}; the larger one has {_MERGED_AWAY:.0%} merged away", head, rows)


async def _merge_away(organisation: Organisation) -> None:
    wanted = int(len(organisation.ids) * _MERGED_AWAY)
    step = max(1, len(organisation.ids) // wanted)
    sources = organisation.ids[1::step][:wanted]
    primaries = organisation.ids[0::step]
    for number in range(0, len(sources), 50):
        await organisation.merge(primaries[number // 50], sources[number : number + 50])


async def _measure(
    name: str, order: ContactOrderField, small: Organisation, large: Organisation, rounds: int
) -> list[list[object]]:
    rows: list[list[object]] = []
    for label, distance in (("first", 0), (f"{_DEEP}th", _DEEP)):
        cursors = [await _walk(organisation, order, distance) for organisation in (small, large)]
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            for organisation, cursor, found in zip((small, large), cursors, times, strict=True):
                begun = time.perf_counter()
                await _page(organisation, order, cursor)
                found.append(time.perf_counter() - begun)
        one, ten = (statistics.median(found) * 1_000 for found in times)
        rows.append([name, order.name, label, one, ten, ten / one])
    return rows


async def _walk(organisation: Organisation, order: ContactOrderField, pages: int) -> str | None:
    cursor: str | None = None
    for _ in range(pages):
        cursor = await _page(organisation, order, cursor)
    return cursor


async def _page(organisation: Organisation, order: ContactOrderField, after: str | None) -> str | None:
    page = await list_contacts(
        organisation.db,
        organisation.act,
        organisation.org_id,
        read_filter({}, None),
        Order(order, descending=True),
        PageArguments(_PAGE, backward=False, after=after, before=None),
    )
    return page.cursors[-1] if page.cursors else None
