"""Running `onefold` as it is run in earnest, with its time and its memory, and showing tables of numbers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ONEFOLD = Path(sys.executable).parent / "onefold"


@dataclass(frozen=True)
class Ran:
    """A finished process: wall seconds, CPU seconds, the most memory it had, and its answer."""

    seconds: float
    cpu: float
    peak_mb: float
    answer: dict[str, Any]


def run_onefold(url: str, *arguments: str) -> Ran:
    """`onefold … --json`. Raises RuntimeError with what it said when it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [ONEFOLD, *arguments, "--json"],
        env={**os.environ, "ONEFOLD_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    seconds = time.perf_counter() - begun
    if process.returncode != 0:
        raise RuntimeError(f"onefold {' '.join(arguments)} ended with {process.returncode}:\n{said}")
    peak = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return Ran(seconds, usage.ru_utime + usage.ru_stime, peak, json.loads(said.splitlines()[-1]))


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """One table."""
    cells = [list(head), *([_shown(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print(f"\n{title}")
    for index, row in enumerate(cells):
        print("  " + "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)))
        if index == 0:
            print("  " + "  ".join("-" * width for width in widths))
    sys.stdout.flush()


def _shown(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
