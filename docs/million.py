"""Shows that a page of contacts costs the same whatever an organization holds.

    python docs/million.py --url sqlite+aiosqlite:////tmp/million.db

Fills an organization of 10,000 contacts by the importer, merges 15 % of them away by mergeContacts, and copies its rows
a hundred times into a second one, of a million (million_rows.py). Then it reads `contacts(first: 50)` of both in turns
for each order, direction and filter, and prints how many times the large one costs the small one. Exit 1 when a ratio
is above 2. Point it at a database of its own: it migrates what is there. `--contacts N` for a smaller trial;
`--again SMALL LARGE` measures organizations made before.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from million_rows import grow
from sqlalchemy import select, text

from db.bulk import encode, insert_encoded
from db.contact_filters import ContactFilter
from db.contact_pages import ContactOrderField
from db.contacts import contact
from db.engine import Database, Transaction
from db.faults import StorageUnavailable
from db.labels import LABELS, contact_label
from db.migrate import migrate
from gateway.importer import ImportTarget, import_file
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.filters import read_filter
from resolvers.contacts.read import Order, list_contacts
from resolvers.ids import LABEL, ORGANIZATION, IdSource, decode_id, encode_id
from resolvers.merging.merge import merge_contacts
from resolvers.merging.request import MergeRequest
from resolvers.organizations import create_organization, labels_of_organization
from resolvers.paging import PageArguments

SMALL, LARGE = 10_000, 1_000_000
MERGED_AWAY = 0.15
PAGE = 50
LIMIT = 2.0
ROUNDS, SECONDS = 9, 3.0  # readings of each page, and when to stop reading a slow one
FIRST_DAY = datetime(2015, 1, 1, tzinfo=UTC)
SPACING = timedelta(days=365 * 10) / SMALL  # between two contacts of the small organization
_GIVEN = ("Anna", "Björn", "Chloé", "Dmitri", "Emre", "Fátima", "Grzegorz", "Hanna", "Ivo", "Jana", "Kofi", "Lena")
_FAMILY = ("Adler", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Hoffmann", "Ionescu", "Jensen")


@dataclass(frozen=True)
class Filled:
    """An organization to read."""

    db: Database
    act: Act
    org_id: UUID


def person(number: int) -> dict[str, Any]:
    """One line of an import file."""
    chance = random.Random(number)
    given, family = chance.choice(_GIVEN), chance.choice(_FAMILY)
    day = FIRST_DAY + number * SPACING
    return {
        "ref": number,
        "role": "LEAD" if number % 3 == 0 else "USER",
        "name": f"{given} {family} {number:07}",
        "email": f"person{number:07}@mail{number % 97}.example",
        "phone": f"+49151{number:08}",
        "company": f"Company {number % 4_000}",
        "address": {"city": "Berlin", "country": "DE"},
        "blocked": chance.random() < 0.01,
        "unsubscribed": chance.random() < 0.05,
        "customAttributes": {"plan": chance.choice(("free", "pro", "team")), "code": f"C{number:07}"},
        "createdAt": day.isoformat(),
        "lastActivityAt": (FIRST_DAY + timedelta(seconds=chance.randrange(300_000_000))).isoformat(),
    }


async def fill(db: Database, count: int) -> Filled:
    """A new organization of so many contacts."""

    def clock() -> datetime:
        return datetime.now(UTC)

    new_id = IdSource(clock)
    org_id = new_id()
    await create_organization(db, org_id, f"{count:,} contacts", clock())
    filled = Filled(db, Act(Actor(new_id(), "million", (org_id,), ALL_SCOPES), clock(), new_id), org_id)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for number in range(count):
            file.write(json.dumps(person(number), ensure_ascii=False) + "\n")
        file.flush()
        await _import(filled, Path(file.name), count)
    wanted = select(contact.c.id).where(contact.c.org_id == org_id).order_by(contact.c.created_at)
    ids = [row.id for row in await db.read(lambda tx: tx.rows(wanted))]
    await _merge_away(filled, ids)
    await _label(filled, ids)
    await _settle(db)
    return filled


async def _import(filled: Filled, file: Path, count: int) -> None:
    target = ImportTarget(filled.db, filled.act, filled.org_id, "million")
    report = await import_file(target, file, errors_file=None)
    if report.created != count:
        raise RuntimeError(f"{report.failed} of our own lines were refused")


async def _merge_away(filled: Filled, ids: list[UUID]) -> None:
    """Of each 340 contacts in a row, 51 become one: spread over every order, 50 sources to a merge."""
    begun, merged = time.perf_counter(), 0
    step = int(PAGE / MERGED_AWAY) + 7
    for start in range(0, len(ids) - step, step):
        primary, *sources = ids[start : start + 7 * (PAGE + 1) : 7]
        await merge_contacts(filled.db, filled.act, MergeRequest(primary, tuple(sources[:PAGE])))
        merged += len(sources[:PAGE])
    print(f"  {merged:,} merged away in {time.perf_counter() - begun:,.0f} s", flush=True)


async def _label(filled: Filled, ids: list[UUID]) -> None:
    """Two labels: one on each fiftieth contact, one on twenty in all."""
    now = filled.act.now

    async def work(tx: Transaction) -> None:
        for name, chosen in (("common", ids[::50]), ("rare", ids[:: len(ids) // 20])):
            row = {"org_id": filled.org_id, "id": filled.act.new_id(), "name": name, "name_key": name}
            (label,) = await LABELS.make(tx, filled.org_id, [row | {"color": None, "created_at": now}])
            removed = {"removed_via_id": None, "removed_at": None}
            rows = [
                {"org_id": filled.org_id, "contact_id": id_, "label_id": label, "created_at": now} | removed
                for id_ in chosen
            ]
            await insert_encoded(tx, contact_label, encode(contact_label, tx.dialect, rows))

    await filled.db.write(work)


async def filters(filled: Filled) -> dict[str, dict[str, Any]]:
    """Name -> `filter` of contacts(…): such as meet a fixed share of an organization, and such as meet a handful."""
    labels = {
        label.name: encode_id(LABEL, label.id)
        for label in await labels_of_organization(filled.db, filled.act, filled.org_id)
    }
    middle = FIRST_DAY + timedelta(days=365 * 5)
    return {
        "none": {},
        "role, a third": {"role": "LEAD"},
        "blocked, 1 %": {"blocked": True},
        "unsubscribed, 5 %": {"unsubscribed": True},
        "labelId, 2 %": {"labelId": labels["common"]},
        "labelId, 20 contacts": {"labelId": labels["rare"]},
        "email, one": {"email": "person0000007@mail7.example"},
        "phone, one": {"phone": "+4915100000007"},
        "search, a 12th": {"search": "anna"},
        "search, one": {"search": "person0000007"},
        "createdAt, half": {"createdAt": {"gte": middle}},
        "createdAt, an hour": {"createdAt": {"gte": middle, "lt": middle + timedelta(hours=1)}},
        "updatedAt, all": {"updatedAt": {"gte": FIRST_DAY}},
        "lastActivityAt, half": {"lastActivityAt": {"gte": middle}},
        "customAttribute, a third": {"customAttribute": {"key": "plan", "equals": "pro"}},
        "customAttribute, one": {"customAttribute": {"key": "code", "equals": "C0000007"}},
    }


async def measure(small: Filled, large: Filled, only: Sequence[str] = ()) -> dict[tuple[str, str], tuple[float, float]]:
    """(filter, order) -> seconds of the page in both: the least of several readings, since other work only ever adds.

    The two are read in turns: what the machine does besides falls on both.
    """
    times: dict[tuple[str, str], tuple[float, float]] = {}
    wanted = [await filters(filled) for filled in (small, large)]
    for name in only or wanted[0]:
        for field in ContactOrderField:
            for descending in (False, True):
                order = Order(field, descending)
                pages = [
                    partial(_page, filled, read_filter(given[name], None), order)
                    for filled, given in zip((small, large), wanted, strict=True)
                ]
                times[name, f"{field.name} {'DESC' if descending else 'ASC'}"] = await _least(pages)
    return times


async def _page(filled: Filled, wanted: ContactFilter, order: Order) -> None:
    arguments = PageArguments(PAGE, backward=False, after=None, before=None)
    await list_contacts(filled.db, filled.act, filled.org_id, wanted, order, arguments)


async def _least(pages: Sequence[Callable[[], Awaitable[None]]]) -> tuple[float, float]:
    """The least of up to ROUNDS readings of each; of slow ones at least two."""
    readings: list[list[float]] = [[] for _ in pages]
    until = time.perf_counter() + SECONDS
    for number in range(ROUNDS):
        if number >= 2 and time.perf_counter() > until:
            break
        for page, found in zip(pages, readings, strict=True):
            found.append(await _seconds(page))
    first, second = map(min, readings)
    return first, second


async def _seconds(page: Callable[[], Awaitable[None]]) -> float:
    begun = time.perf_counter()
    try:
        await page()
    except StorageUnavailable as error:  # a statement's time limit: it is shown, and counts as above all
        print(f"  {error} {error.__cause__!r}"[:300], flush=True)
        return float("inf")
    return time.perf_counter() - begun


def rows_of(times: dict[tuple[str, str], tuple[float, float]]) -> Iterator[tuple[str, ...]]:
    """One line a filter: the least and the most that the orders and directions cost, and the worst ratio."""
    for name in dict.fromkeys(name for name, _ in times):
        ratios = {order: large / small for (found, order), (small, large) in times.items() if found == name}
        worst = max(ratios, key=ratios.__getitem__)
        before, after = (seconds * 1_000 for seconds in times[name, worst])
        mark = "" if ratios[worst] <= LIMIT else "above"
        yield name, f"{min(ratios.values()):.2f}", f"{ratios[worst]:.2f}", worst, f"{before:.1f}", f"{after:.1f}", mark


def show(rows: list[tuple[str, ...]]) -> None:
    """A table of Markdown."""
    head = ("filter", "least ratio", "worst ratio", "at order", "ms small", "ms large", f"limit {LIMIT:g}")
    for row in (head, ("---",) * len(head), *rows):
        print("| " + " | ".join(row) + " |")


async def main(arguments: argparse.Namespace) -> int:
    """The exit code."""
    db = Database(arguments.url)
    try:
        await migrate(db)
        small = _known(db, arguments.again[0]) if arguments.again else await fill(db, SMALL)
        if arguments.again:
            large = _known(db, arguments.again[1])
        else:
            large = await _grown(small, arguments.contacts)
        print(f"Reading; {_load()}", flush=True)
        rows = list(rows_of(await measure(small, large, arguments.only)))
    finally:
        await db.close()
    print(f"\n{db.dialect}: {arguments.contacts:,} contacts against {SMALL:,}, 15 % of each merged away\n")
    show(rows)
    print(f"\nLast: {_load()}")
    print(f"\nAgain: --again {encode_id(ORGANIZATION, small.org_id)} {encode_id(ORGANIZATION, large.org_id)}")
    return 1 if any(row[-1] for row in rows) else 0


async def _grown(small: Filled, count: int) -> Filled:
    copies = count // SMALL
    print(f"Making an organization of {copies * SMALL:,} contacts", flush=True)
    org_id = small.act.new_id()
    await create_organization(small.db, org_id, f"{copies * SMALL:,} contacts", small.act.now)
    await grow(small.db, small.org_id, org_id, copies, SPACING / copies)
    await _settle(small.db)
    return _known(small.db, encode_id(ORGANIZATION, org_id))


def _load() -> str:
    return "load " + ", ".join(f"{load:.1f}" for load in os.getloadavg())


def _known(db: Database, shown: str) -> Filled:
    """An organization by its id, with a caller who may do everything in it."""
    org_id = decode_id(ORGANIZATION, shown)
    if org_id is None:
        raise SystemExit(f"{shown} is no organization's id.")
    now = datetime.now(UTC)
    new_id = IdSource(lambda: now)
    return Filled(db, Act(Actor(new_id(), "million", (org_id,), ALL_SCOPES), now, new_id), org_id)


async def _settle(db: Database) -> None:
    """What autovacuum does in its own time."""
    if db.dialect == "postgresql":
        async with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text("SET statement_timeout = 0"))
            await connection.execute(text("VACUUM ANALYZE"))
    await db.engine.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="as ONEFOLD_DATABASE_URL; a database of its own")
    parser.add_argument("--contacts", type=int, default=LARGE, help="of the large organization (default 1,000,000)")
    parser.add_argument("--again", nargs=2, metavar=("SMALL", "LARGE"), help="measure these organizations, fill none")
    parser.add_argument("--only", action="append", default=[], metavar="FILTER", help="read with this filter alone")
    sys.exit(asyncio.run(main(parser.parse_args())))
