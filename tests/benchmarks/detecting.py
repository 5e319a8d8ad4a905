"""(g) Detection: one contact against everybody who shares a key with it, among a million, through the whole stack.

Beside each the same contact read by its id, in the same way and the same moment: what the stack and the machine take
without any detecting. On a machine that others use, most of the time is theirs: so every contact is looked at three
times, of which the best counts too, and beside it the CPU time of this process and of PostgreSQL's.
"""

import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from db import contacts as contact_rows
from db import organizations
from db.engine import Database, EngineOptions
from db.migrate import migrate
from db.organizations import SettingsRow
from resolvers.duplicates.judging import Judged, judge_contacts
from tests.benchmarks.crowd import Crowd, fill_crowd, spread
from tests.benchmarks.measure import show
from tests.support.databases import run_sql
from tests.support.statements import recorded

READINGS = 3
_DAYS = count(1)  # what was counted is remembered by this process: each is later than any before
_WRITTEN = ("contact", "identifier", "match_key", "match_features", "distinct_pair")


@dataclass
class _Times:
    """Milliseconds of each contact: every reading of it."""

    detecting: list[list[float]] = field(default_factory=list)
    cpu: list[list[float]] = field(default_factory=list)
    reading: list[list[float]] = field(default_factory=list)
    candidates: list[int] = field(default_factory=list)


async def measure_detection(urls: dict[str, str], contacts: int, sharing: int, drawn: int) -> None:
    """`contacts` in the organisation, of whom `sharing` hold three keys in common; `drawn` of each kind are looked
    at."""
    rows: list[list[object]] = []
    cold: list[list[object]] = []
    for name, url in urls.items():
        crowd, seconds = await _filled(url, contacts, sharing)
        print(f"  {name}: {contacts:,} contacts in {seconds:,.0f} s", flush=True)
        for state in ("as written", "analysed") if name == "PostgreSQL" else ("",):
            if state == "analysed":
                await _maintain(url, "VACUUM ANALYZE")
            db = Database(url)
            try:
                settings = await db.read(lambda tx, crowd=crowd: organizations.settings(tx, crowd.org_id))  # type: ignore[misc]
                label = f"{name} {state}".strip()
                rows += await _measure(label, db, crowd, settings, drawn)
                cold.append([label, *await _cold(db, crowd, settings)])
            finally:
                await db.close()
    head = ["database", "contact", "compared", "most", *_columns("ms"), *_columns("best"), *_columns("CPU ms")]
    head += [*_columns("by id"), *_columns("x by id")]
    title = (
        f"(g) detection of one contact among {contacts:,}; {sharing:,} share three keys; best of {READINGS} readings"
    )
    show(title, head, rows)
    head = ["database", "statements", "ms", "statements after", "ms after"]
    show("    the first detection in a minute, which also counts the contacts, and one after it", head, cold)


async def _filled(url: str, contacts: int, sharing: int) -> tuple[Crowd, float]:
    db = Database(url, EngineOptions(command_timeout=600, statement_timeout_ms=600_000))
    try:
        await migrate(db)
        if db.dialect == "postgresql":  # so that "as written" is what it says
            for table in _WRITTEN:
                await _maintain(url, f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        begun = time.perf_counter()
        crowd = await fill_crowd(db, contacts, sharing)
        return crowd, time.perf_counter() - begun
    finally:
        await db.close()


async def _maintain(url: str, statement: str) -> None:
    await run_sql(url.replace("+asyncpg", ""), statement)


async def _measure(name: str, db: Database, crowd: Crowd, settings: SettingsRow, drawn: int) -> list[list[object]]:
    """Interleaved: a plain contact, one that shares three keys, each beside its reading by id."""
    rng = random.Random(7)
    kinds = {"any": spread(rng, crowd.plain, drawn), "three shared keys": spread(rng, crowd.sharing, drawn)}
    cpu = await _cpu_clock(db)
    for contacts in kinds.values():  # connections, compiled statements, caches
        for contact in contacts[:100]:
            await _detect(db, crowd, settings, contact)
    found = {kind: _Times() for kind in kinds}
    for place in range(drawn):
        for kind, contacts in kinds.items():
            if place < len(contacts):
                await _look(cpu, db, crowd, settings, contacts[place], found[kind])
    return [[name, kind, *_row(times)] for kind, times in found.items()]


def _columns(of: str) -> tuple[str, str]:
    return f"p50 {of}", f"p99 {of}"


async def _cpu_clock(db: Database) -> Callable[[], float]:
    """Milliseconds of CPU so far: of all threads of this process and of the server's process behind the pool's only
    connection, where the system tells."""
    if db.dialect == "sqlite":
        return lambda: time.process_time() * 1_000
    (server,) = (await db.read(lambda tx: tx.rows(text("SELECT pg_backend_pid()"))))[0]
    return partial(_cpu_with, Path(f"/proc/{server}/schedstat"))


def _cpu_with(told: Path) -> float:
    try:
        return time.process_time() * 1_000 + int(told.read_text().split()[0]) / 1e6
    except OSError:  # not Linux
        return math.nan


async def _look(
    cpu: Callable[[], float], db: Database, crowd: Crowd, settings: SettingsRow, contact: UUID, times: _Times
) -> None:
    detecting, spent, reading = [], [], []
    for _ in range(READINGS):
        begun = time.perf_counter()
        await _read(db, crowd, contact)
        between, before = time.perf_counter(), cpu()
        judged = await _detect(db, crowd, settings, contact)
        detecting.append((time.perf_counter() - between) * 1_000)
        spent.append(cpu() - before)
        reading.append((between - begun) * 1_000)
    times.detecting.append(detecting)
    times.cpu.append(spent)
    times.reading.append(reading)
    times.candidates.append(len(judged.pairs))


async def _detect(db: Database, crowd: Crowd, settings: SettingsRow, contact: UUID) -> Judged:
    act = replace(crowd.act, now=datetime.now(UTC))
    return (await db.read(lambda tx: judge_contacts(tx, act, settings, [contact])))[contact]


async def _cold(db: Database, crowd: Crowd, settings: SettingsRow) -> list[object]:
    """Each a day later than the one before it, and then at the same time again: statements and median milliseconds of
    either."""
    counting: list[tuple[int, float]] = []
    remembering: list[tuple[int, float]] = []
    for day in islice(_DAYS, 11):
        act = replace(crowd.act, now=datetime.now(UTC) + timedelta(days=day))
        for times in (counting, remembering):
            with recorded(db) as sent:
                begun = time.perf_counter()
                await db.read(lambda tx, act=act: judge_contacts(tx, act, settings, crowd.plain[:1]))  # type: ignore[misc]
                times.append((len(sent), (time.perf_counter() - begun) * 1_000))
    return [cell for times in (counting, remembering) for cell in (max(n for n, _ in times), _median(times))]


def _median(times: Sequence[tuple[int, float]]) -> float:
    return statistics.median(ms for _, ms in times)


async def _read(db: Database, crowd: Crowd, contact: UUID) -> None:
    found = await db.read(lambda tx: contact_rows.contacts_by_id(tx, [crowd.org_id], [contact]))
    assert contact in found


def _row(times: _Times) -> list[object]:
    best = [min(readings) for readings in times.detecting]
    detecting, cpu, by_id = (_quantiles(list(chain(*of))) for of in (times.detecting, times.cpu, times.reading))
    ratios = [one / other for one, other in zip(detecting, by_id, strict=True)]
    compared = statistics.fmean(times.candidates), max(times.candidates)
    return [*compared, *detecting, *_quantiles(best), *cpu, *by_id, *ratios]


def _quantiles(ms: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(ms, n=100)
    return cuts[49], cuts[98]
