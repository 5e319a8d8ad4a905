"""Deliberate mistakes in the undo, each of which the tests must catch: `python -m tests.mutations [WORD]`, those with
the word in their description alone.

Every mistake is made in a copy of the working tree, and the tests of undo that can notice it are run there, the oracle
among them. Ends with 1 when a mistake goes unnoticed, or when a test fails without one.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("db", "resolvers", "schema", "gateway", "tests", "pyproject.toml")
TESTS = ("tests/contract/test_undo_order.py", "tests/properties/test_undo_oracle.py")


@dataclass(frozen=True)
class Mistake:
    """A piece of a file and what stands there instead."""

    what: str
    file: str
    right: str
    wrong: str


MISTAKES = (
    Mistake(
        "later edits are not put back",
        "resolvers/merging/replay.py",
        "    _apply(stands, pending, None)\n",
        "",
    ),
    Mistake(
        "later merges are not decided again",
        "resolvers/merging/replay.py",
        "        if not merge.sources:",
        "        if merge is not merges[0] or not merge.sources:",
    ),
    Mistake(
        "a value is compared without its writer: an edit by its version is taken for older than it is",
        "resolvers/contacts/writers.py",
        'and writer["version"] > version',
        'and writer["version"] > version + 1',
    ),
    Mistake(
        "what a merge further up made of the primary is left as it was",
        "resolvers/merging/undo_plan.py",
        "        if row.merged_into_id is None or row.merge_id is None:\n            return\n",
        "        return\n",
    ),
    Mistake(
        "sources that are parted still count in the merge",
        "resolvers/merging/undo_plan.py",
        " if source not in leaving]",
        "]",
    ),
    Mistake(
        "what was merged into a source stays with the primary",
        "resolvers/merging/undo_plan.py",
        "        found += sorted(below.get(contact_id, ()))\n",
        "        break\n",
    ),
    Mistake(
        "identifiers taken off through the survivor do not come back",
        "resolvers/merging/undo.py",
        "    await identifiers.bring_back(tx, org_id, trees)\n",
        "",
    ),
    Mistake(
        "labels taken off through the survivor do not come back",
        "resolvers/merging/undo.py",
        "    await LABELS.bring_back(tx, org_id, trees)\n",
        "",
    ),
    Mistake(
        "segments taken off through the survivor do not come back",
        "resolvers/merging/undo.py",
        "    await SEGMENTS.bring_back(tx, org_id, trees)\n",
        "",
    ),
    Mistake(
        "channels taken off through the survivor do not come back",
        "resolvers/merging/undo.py",
        "    await channels.bring_back(tx, org_id, trees)\n",
        "",
    ),
    Mistake(
        "inboxes taken off through the survivor do not come back",
        "resolvers/merging/undo.py",
        "    await inboxes.bring_back(tx, org_id, trees)\n",
        "",
    ),
    Mistake(
        "calls and notes that are imported to an old id stay with the survivor",
        "resolvers/history/writing_lines.py",
        "rows = [(line.encoded, parent.thing_id)",
        "rows = [(line.encoded, parent.root)",
    ),
    Mistake(
        "a memory that is imported to an old id stays with the survivor",
        "resolvers/history/writing_hanging.py",
        'rows = memory_rows(act, line.values["remembered"], org_id, parent.thing_id, at)',
        'rows = memory_rows(act, line.values["remembered"], org_id, parent.root, at)',
    ),
    Mistake(
        "labels come back that were taken off before the merge",
        "db/tags.py",
        '            none_of(link.c.removed_via_id, "members"),\n',
        "",
    ),
    Mistake(
        "an opt-out of the survivor is not handed to the contacts that live again",
        "resolvers/merging/undo_plan.py",
        '        if cells[consent]["value"]:',
        "        if True:",
    ),
    Mistake(
        "the organisation's rules of today decide, not those of the merge",
        "resolvers/merging/plan.py",
        "    return Policy(event.policy, overrides)",
        "    return Policy({}, overrides)",
    ),
    Mistake(
        "the caller's choices are forgotten",
        "resolvers/merging/plan.py",
        "    return Policy(event.policy, overrides)",
        "    return Policy(event.policy)",
    ),
    Mistake(
        "an edit is taken for later than a merge that came after it",
        "resolvers/merging/replay.py",
        "edit.version >= until",
        "edit.version + 1 >= until",
    ),
    Mistake(
        "a leading address that left with its contact goes on leading",
        "resolvers/merging/undo.py",
        "        row = _with_leading(act, row, held, kind, leading)\n",
        "        pass\n",
    ),
    Mistake(
        "an object that an edit emptied is gone after the undo",
        "resolvers/merging/replay.py",
        "        if above and not any(",
        "        if False and not any(",
    ),
)


def main() -> int:
    """Each mistake on its own; the number of those that nobody noticed, at most 1."""
    failed = [] if _passes(None) else ["the test fails without any mistake"]
    for mistake in MISTAKES:
        if not all(word in mistake.what for word in sys.argv[1:]):
            continue
        unnoticed = _passes(mistake)
        print(f"{'NOT NOTICED' if unnoticed else 'caught     '}  {mistake.what}", flush=True)
        failed += [mistake.what] if unnoticed else []
    return 1 if failed else 0


def _passes(mistake: Mistake | None) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for room in ROOMS:
            source = ROOT / room
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(source, copy / room, ignore=ignored) if source.is_dir() else shutil.copy(source, copy)
        if mistake is not None:
            file = copy / mistake.file
            text = file.read_text()
            if text.count(mistake.right) != 1:
                raise SystemExit(
                    f"{mistake.file} does not have {mistake.right!r} exactly once: bring the list up to date"
                )
            file.write_text(text.replace(mistake.right, mistake.wrong))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            *TESTS,
            "-k",
            "as_if or sqlite and not both",
        ]
        environment = os.environ | {"PYTHONPATH": str(copy), "HYPOTHESIS_PROFILE": "first-failure"}
        ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=environment, check=False)
        if mistake is None and ran.returncode != 0:
            print(ran.stdout[-3_000:])
        return ran.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
