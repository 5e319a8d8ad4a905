"""(i) How well pairs are judged on the labelled sets, beside Splink 5 on the same normal forms, keys and weights."""

import importlib
import importlib.util
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.labelled import Labelled, read_folder
from resolvers.matching.evaluate import Evaluation, Quality, evaluate
from resolvers.matching.features import Features
from resolvers.matching.judge import Terms
from resolvers.matching.normalise import normalise
from resolvers.matching.score import MODEL
from resolvers.matching.sweep import ContactSet
from tests.benchmarks.measure import show

DATA = Path(__file__).parents[1] / "data"
SETS = ("contacts-a", "contacts-b")
_PRECISE = 0.999

Scored = Sequence[tuple[str, str, float]]  # lower id, higher id, bits: log2 of the odds


def measure_matching() -> None:
    """Both sets; without Splink where it is not installed (`make bench` installs it)."""
    splink_pairs = _splink()
    rows: list[list[object]] = []
    kinds: list[list[object]] = []
    speeds: list[list[object]] = []
    for name in SETS:
        labelled = read_folder(DATA / name)
        records = {contact_id: normalise(facts) for contact_id, facts in labelled.contacts.items()}
        begun = time.perf_counter()
        compared = sum(1 for _ in ContactSet(records).pairs(Terms(len(records))))
        seconds = time.perf_counter() - begun
        ours = evaluate(records, labelled.entities, labelled.traps)
        rows += _our_rows(name, ours)
        speeds.append([name, compared, seconds])
        kinds += _kinds(name, "onefold", ours.automatic)
        if splink_pairs is None:
            continue
        begun = time.perf_counter()
        theirs = splink_pairs(records)
        taken = time.perf_counter() - begun
        found = _their_qualities(theirs, labelled, ours.automatic.existing)
        rows += [[name, "Splink 5", at, *_cells(quality)] for at, quality in found.items()]
        kinds += _kinds(name, "Splink 5", found[_from(MODEL.automatic)])
        speeds[-1] += [len(theirs), taken, taken / seconds]
    show("(i) pairs called one person", ["set", "by", "pairs", "right", "wrong", "precision", "recall"], rows)
    show(f"    wrong ones from {MODEL.automatic:g} on, by kind", ["set", "by", "kind", "number"], kinds)
    head = ["set", "pairs", "seconds", "Splink's pairs", "seconds", "x onefold"]
    show("    judging, of contacts that are normalised", head[: len(speeds[0])], speeds)
    if splink_pairs is None:
        print("  Splink is not installed here: make bench installs it.")


def _splink() -> Callable[[Mapping[str, Features]], Scored] | None:
    if importlib.util.find_spec("splink") is None:
        return None
    module: Any = importlib.import_module("tests.benchmarks.splink_model")
    found: Callable[[Mapping[str, Features]], Scored] = module.splink_pairs
    return found


def _our_rows(name: str, ours: Evaluation) -> list[list[object]]:
    found = {
        f"{_from(MODEL.automatic)}, no guard: AUTO": ours.automatic,
        f"{_from(MODEL.review)}: REVIEW": ours.review,
        "in one group": ours.merged,
    }
    return [[name, "onefold", at, *_cells(quality)] for at, quality in found.items()]


def _their_qualities(theirs: Scored, labelled: Labelled, existing: int) -> dict[str, Quality]:
    """At our two thresholds, and where most is found at a precision of at least .999, if anywhere."""
    precise = _precise_threshold(theirs, labelled)
    thresholds = {_from(probability): _bits(probability) for probability in (MODEL.automatic, MODEL.review)}
    thresholds[f"from {precise:.1f} bits: precision {_PRECISE:g}"] = precise
    return {
        at: _quality((pair for pair in theirs if pair[2] >= threshold), labelled, existing)
        for at, threshold in thresholds.items()
    }


def _precise_threshold(theirs: Scored, labelled: Labelled) -> float:
    """The lowest at which the precision of all from it on is at least .999; infinite when there is none."""
    right, lowest = 0, math.inf
    ranked = sorted(theirs, key=lambda pair: -pair[2])
    for place, (left, other, bits) in enumerate(ranked, 1):
        right += labelled.entities[left] == labelled.entities[other]
        is_last = place == len(ranked) or ranked[place][2] < bits
        if is_last and right / place >= _PRECISE:
            lowest = bits
    return lowest


def _quality(pairs: Iterable[tuple[str, str, float]], labelled: Labelled, existing: int) -> Quality:
    right, wrong = 0, Counter[str]()
    for left, other, _ in pairs:
        if labelled.entities[left] == labelled.entities[other]:
            right += 1
        else:
            wrong[labelled.traps.get((left, other), "")] += 1
    return Quality(right, wrong.total(), existing, wrong)


def _from(probability: float) -> str:
    return f"from {probability:g}"


def _bits(probability: float) -> float:
    return math.log2(probability / (1 - probability))


def _cells(quality: Quality) -> list[object]:
    return [quality.right, quality.wrong, f"{quality.precision:.4f}", f"{quality.recall:.4f}"]


def _kinds(name: str, by: str, quality: Quality) -> list[list[object]]:
    ranked = sorted(quality.false_by_trap.items(), key=lambda item: (-item[1], item[0]))
    return [[name, by, kind or "of no known kind", number] for kind, number in ranked]
