"""(d) An undo: of one source, of fifty, with much hanging on the contacts, and under later merges of the survivor."""

import statistics
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

from db.engine import Database
from db.migrate import migrate
from resolvers.contacts.identifiers import add_identifier
from resolvers.ids import CONTACT, encode_id
from resolvers.merging.undo import undo_merge
from resolvers.merging.undo_request import UndoRequest
from tests.benchmarks.measure import show
from tests.benchmarks.organisation import Organisation, fill
from tests.support.statements import recorded

_HANGING = 300  # identifiers on each side
_LATER = 20


async def measure_undos(folder: Path, urls: dict[str, str], rounds: int) -> None:
    """Interleaved: in each round one undo of each kind on each database."""
    kinds: dict[str, Callable[[Organisation], Coroutine[Any, Any, UUID]]] = {
        "1 source": lambda organisation: _merged(organisation, 1),
        "50 sources": lambda organisation: _merged(organisation, 50),
        f"1 source, {2 * _HANGING} identifiers": _laden,
        f"1 source, {_LATER} later merges": _covered,
    }
    databases = {name: Database(url) for name, url in urls.items()}
    found: dict[tuple[str, str], list[float]] = {}
    statements: dict[tuple[str, str], int] = {}
    try:
        organisations = {}
        for name, db in databases.items():
            await migrate(db)
            organisations[name] = await fill(db, folder, (1 + 51 + 2 + 2 + _LATER + 1) * (rounds + 1))
        for _ in range(rounds + 1):
            for name, organisation in organisations.items():
                for kind, prepare in kinds.items():
                    seconds, count = await _undo(organisation, await prepare(organisation))
                    found.setdefault((name, kind), []).append(seconds)
                    statements[name, kind] = count
    finally:
        for db in databases.values():
            await db.close()
    medians = {key: statistics.median(times[1:]) * 1_000 for key, times in found.items()}  # the first one warms up
    rows = [
        [name, kind, statements[name, kind], median, median / medians[name, "1 source"]]
        for (name, kind), median in medians.items()
    ]
    show("(d) one undo", ["database", "of", "statements", "median ms", "x one source"], rows)


def _take(organisation: Organisation, number: int) -> list[UUID]:
    taken = organisation.ids[:number]
    del organisation.ids[:number]
    return taken


async def _merged(organisation: Organisation, sources: int) -> UUID:
    primary, *others = _take(organisation, sources + 1)
    return await organisation.merge(primary, others)


async def _laden(organisation: Organisation) -> UUID:
    primary, source = _take(organisation, 2)
    for contact in (primary, source):
        for number in range(_HANGING):
            given = {"kind": "EXTERNAL_ID", "value": f"{contact.hex}-{number}"}
            await add_identifier(organisation.db, organisation.act, encode_id(CONTACT, contact), given)
    return await organisation.merge(primary, [source])


async def _covered(organisation: Organisation) -> UUID:
    primary, source, *later = _take(organisation, 2 + _LATER)
    merge = await organisation.merge(primary, [source])
    for contact in later:
        await organisation.merge(primary, [contact])
    return merge


async def _undo(organisation: Organisation, merge: UUID) -> tuple[float, int]:
    with recorded(organisation.db) as statements:
        begun = time.perf_counter()
        await undo_merge(organisation.db, organisation.act, UndoRequest(merge, None))
        return time.perf_counter() - begun, len(statements)
