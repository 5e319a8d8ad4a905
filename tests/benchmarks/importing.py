"""(a) `onefold import` of generated contacts: contacts a second, and memory that must not grow with the file.

The baseline is what the driver alone takes for the same lines: decoded, and one row inserted for each contact and
each identifier, in transactions of the same size and as safe (WAL, synchronous=FULL).
"""

import json
import sqlite3
import time
from pathlib import Path

from tests.benchmarks.measure import Ran, run_onefold, show
from tests.benchmarks.people import person, write_people

_BATCH = 1_000
_CONVERSATIONS = 10  # a contact


def measure_import(folder: Path, urls: dict[str, str], sizes: tuple[int, int]) -> None:
    """Interleaved: each database at the small size, then each at the large one, with the baseline beside them."""
    rows: list[list[object]] = []
    peaks: dict[str, list[float]] = {}
    for size in sizes:
        file = write_people(folder / f"people-{size}.jsonl", size)
        raw = _raw(folder / f"raw-{size}.db", file)
        rows.append(["raw sqlite3", size, raw, size / raw, 1.0, "-", "-"])
        for name, url in urls.items():
            ran = _import(url, file)
            rows.append([name, size, ran.seconds, size / ran.seconds, ran.seconds / raw, ran.cpu, f"{ran.peak_mb:.0f}"])
            peaks.setdefault(name, []).append(ran.peak_mb)
    head = ["database", "contacts", "seconds", "a second", "x raw", "CPU seconds", "peak MB"]
    show("(a) onefold import, the whole process from start to end", head, rows)
    growth = [[name, large / small] for name, (small, large) in peaks.items()]
    show(f"    memory at {sizes[1]:,} against {sizes[0]:,} (flat: near 1)", ["database", "ratio"], growth)


def measure_history(folder: Path, urls: dict[str, str], sizes: tuple[int, int]) -> None:
    """The same with conversations: ten lines of them behind each contact, in no order of time."""
    rows: list[list[object]] = []
    for size in sizes:
        file = _write_history(folder / f"history-{size}.jsonl", size)
        for name, url in urls.items():
            ran = _import(url, file)
            micros = ran.cpu / size * 1_000_000
            rows.append([name, size, ran.seconds, size / ran.seconds, micros, f"{ran.peak_mb:.0f}"])
    head = ["database", "lines", "seconds", "a second", "CPU us a line", "peak MB"]
    show("    contacts with conversations, the whole process from start to end", head, rows)


def _write_history(path: Path, lines: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            contact, place = divmod(number, _CONVERSATIONS + 1)
            line = person(contact) if place == 0 else _conversation(contact, place)
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def _conversation(contact: int, place: int) -> dict[str, object]:
    return {
        "type": "conversation",
        "ref": f"talk-{contact}-{place}",
        "contactRef": f"crm-{contact}",
        "subject": f"Order {contact}-{place}",
        "channelType": "EMAIL",
        "status": "CLOSED",
        "tags": ["order"],
        "createdAt": f"2025-{1 + (contact + place) % 12:02d}-{1 + contact % 28:02d}T10:{place:02d}:00Z",
    }


def _import(url: str, file: Path) -> Ran:
    run_onefold(url, "migrate")
    org = str(run_onefold(url, "org", "create", file.stem).answer["id"])
    return run_onefold(url, "import", str(file), "--org", org)


def _raw(path: Path, file: Path) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE contact (id INTEGER PRIMARY KEY, ref TEXT UNIQUE, body TEXT)")
    connection.execute("CREATE TABLE identifier (contact_id INTEGER, kind TEXT, value TEXT)")
    connection.execute("CREATE INDEX ix_value ON identifier (kind, value)")
    begun = time.perf_counter()
    with file.open(encoding="utf-8") as lines:
        number = 0
        while batch := [line for _, line in zip(range(_BATCH), lines, strict=False)]:
            number = _insert(connection, batch, number)
    connection.close()
    return time.perf_counter() - begun


def _insert(connection: sqlite3.Connection, batch: list[str], number: int) -> int:
    contacts, identifiers = [], []
    for number, line in enumerate(batch, number + 1):  # noqa: B020 - it goes on counting from the batch before
        row = json.loads(line)
        contacts.append((number, row["ref"], line))
        identifiers += [(number, "EMAIL", row["email"]), (number, "PHONE", row["phone"])]
        identifiers += [(number, found["kind"], found["value"]) for found in row["identifiers"]]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO contact VALUES (?, ?, ?)", contacts)
    connection.executemany("INSERT INTO identifier VALUES (?, ?, ?)", identifiers)
    connection.execute("COMMIT")
    return number
