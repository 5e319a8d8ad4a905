"""(h) What the match tables cost: the same writes as they are, and with all that keeps those tables left out."""

import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from db.engine import Database
from db.migrate import migrate
from resolvers.contacts.create import create_contact
from resolvers.contacts.importing import import_contacts
from resolvers.contacts.update import update_contact
from resolvers.duplicates.records import EncodedRecord
from resolvers.ids import CONTACT, encode_id
from tests.benchmarks.measure import show
from tests.benchmarks.organisation import Organisation, fill
from tests.benchmarks.people import person
from tests.support.statements import recorded

SOURCES = 50
BATCH = 500
_SENT = ("name", "email", "phone", "company", "address", "identifiers", "language", "customAttributes")
Write = Callable[[Organisation, int], Awaitable[object]]


async def measure_writing(folder: Path, urls: dict[str, str], rounds: int) -> None:
    """Interleaved: in each round every write with and without, in turns first, on each database."""
    databases = {name: Database(url) for name, url in urls.items()}
    times: dict[tuple[str, str, bool], list[float]] = {}
    statements: dict[tuple[str, str, bool], int] = {}
    try:
        organisations = {}
        for name, db in databases.items():
            await migrate(db)
            organisations[name] = await fill(db, folder, (SOURCES + 2) * 2 * (rounds + 1))
        for number in range(rounds + 1):
            for name, organisation in organisations.items():
                for act, write in _WRITES.items():
                    for kept in (True, False) if number % 2 else (False, True):
                        seconds, sent = await _timed(organisation, write, 2 * number + kept, kept)
                        times.setdefault((name, act, kept), []).append(seconds)
                        statements[name, act, kept] = sent
    finally:
        for db in databases.values():
            await db.close()
    medians = {key: statistics.median(found[1:]) * 1_000 for key, found in times.items()}  # the first one warms up
    rows: list[list[object]] = []
    for name in urls:
        for act in _WRITES:
            counts = statements[name, act, False], statements[name, act, True]
            without, with_it = medians[name, act, False], medians[name, act, True]
            rows.append([name, act, *counts, without, with_it, with_it / without])
    head = ["database", "write", "statements without", "with", "ms without", "ms with", "with / without"]
    show("(h) what the match tables cost a write", head, rows)


async def _timed(organisation: Organisation, write: Write, number: int, kept: bool) -> tuple[float, int]:
    with nullcontext() if kept else _without_matching(), recorded(organisation.db) as sent:
        begun = time.perf_counter()
        await write(organisation, number)
        return time.perf_counter() - begun, len(sent)


@contextmanager
def _without_matching() -> Iterator[None]:
    """Neither normalised nor written."""
    nothing = EncodedRecord([], ())
    with ExitStack() as stack:
        stack.enter_context(patch("resolvers.contacts.create.encode_record", lambda *_: nothing))
        for place in ("contacts.create.add_records", "contacts.update.keep_in_step", "merging.merge.keep_in_step"):
            stack.enter_context(patch(f"resolvers.{place}", _nothing))
        yield


async def _nothing(*_: object, **__: object) -> None:
    """Instead of what is left out."""


def _sent(number: int) -> dict[str, Any]:
    """A contact as the API is sent it; with a name of letters alone, as names are."""
    made = {name: value for name, value in person(number).items() if name in _SENT}
    return made | {"name": made["name"].rpartition(" ")[0]}


async def _create(organisation: Organisation, number: int) -> None:
    await create_contact(organisation.db, organisation.act, _sent(1_000_000 + number), organisation.org_id)


async def _rename(organisation: Organisation, number: int) -> None:
    (contact,) = _take(organisation, 1)
    raw = {"id": encode_id(CONTACT, contact), "name": _sent(number)["name"] + " Anew"}
    await update_contact(organisation.db, organisation.act, raw)


async def _merge(organisation: Organisation, _: int) -> None:
    primary, *sources = _take(organisation, SOURCES + 1)
    await organisation.merge(primary, sources)


async def _import(organisation: Organisation, number: int) -> None:
    rows = [_sent(2_000_000 + number * BATCH + place) for place in range(BATCH)]
    outcomes = await import_contacts(organisation.db, organisation.act, rows, organisation.org_id)
    assert all(outcome.contact_id for outcome in outcomes)


def _take(organisation: Organisation, number: int) -> list[UUID]:
    taken = organisation.ids[:number]
    del organisation.ids[:number]
    return taken


_WRITES: dict[str, Write] = {
    "createContact": _create,
    "updateContact, name": _rename,
    f"merge of {SOURCES}": _merge,
    f"importContacts, {BATCH}": _import,
}
