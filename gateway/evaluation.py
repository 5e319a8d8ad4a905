"""What `onefold match evaluate` does: measures the matcher on a folder of labelled contacts, and tells the figures."""

import json
from pathlib import Path
from typing import Any

import typer

from gateway.commands.shell import fail, out
from gateway.curve import draw_curve
from gateway.labelled import BadFolder, Labelled, read_folder
from resolvers.matching.evaluate import Evaluation, Quality, evaluate
from resolvers.matching.judge import Terms
from resolvers.matching.normalise import normalise


def evaluate_folder(folder: Path, plot: Path | None, as_json: bool) -> None:
    """Precision, recall and false merges on stdout, the curve as SVG where `plot` says. A bad folder ends it."""
    labelled = _read(folder)
    terms = Terms(len(labelled.contacts))
    records = {contact_id: normalise(facts) for contact_id, facts in labelled.contacts.items()}
    evaluation = evaluate(records, labelled.entities, labelled.traps, terms)
    if plot is not None:
        _write(plot, draw_curve(evaluation, f"{folder.name}: {len(records):,} contacts", terms.automatic, terms.review))
    if as_json:
        typer.echo(json.dumps(_as_data(evaluation, terms)))
    else:
        _tell(evaluation, terms)


def _read(folder: Path) -> Labelled:
    try:
        return read_folder(folder)
    except BadFolder as error:
        fail(str(error))
    except (OSError, UnicodeDecodeError) as error:
        fail(f"Cannot read {folder}: {error}.")


def _write(file: Path, picture: str) -> None:
    try:
        file.write_text(picture, encoding="utf-8")
    except OSError as error:
        fail(f"Cannot write {file}: {error.strerror}.")


def _as_data(evaluation: Evaluation, terms: Terms) -> dict[str, Any]:
    return {
        "contacts": evaluation.contacts,
        "people": evaluation.people,
        "compared": evaluation.compared,
        "thresholds": {"automatic": terms.automatic, "review": terms.review},
        "automatic": _quality(evaluation.automatic),
        "review": _quality(evaluation.review),
        "merged": _quality(evaluation.merged),
        "curve": [
            {"threshold": step, "all": _quality(alone), "guardsKept": _quality(kept)}
            for step, alone, kept in evaluation.curve
        ],
    }


def _quality(quality: Quality) -> dict[str, Any]:
    return {
        "precision": quality.precision,
        "recall": quality.recall,
        "right": quality.right,
        "wrong": quality.wrong,
        "existing": quality.existing,
        "falseByTrap": {kind or "none": number for kind, number in quality.false_by_trap.items()},
    }


def _tell(evaluation: Evaluation, terms: Terms) -> None:
    out.print(
        f"{evaluation.contacts:,} contacts of {evaluation.people:,} people; {evaluation.compared:,} pairs compared, "
        f"of {evaluation.automatic.existing:,} pairs that are one person.",
        markup=False,
    )
    rows = (
        (f"AUTO_MERGE (from {terms.automatic:g})", evaluation.automatic),
        (f"with REVIEW (from {terms.review:g})", evaluation.review),
        ("in one cluster", evaluation.merged),
    )
    for name, quality in rows:
        out.print(
            f"{name:25} precision {quality.precision:.4f}  recall {quality.recall:.4f}  "
            f"right {quality.right:,}  wrong {quality.wrong:,}",
            markup=False,
        )
        for kind, number in sorted(quality.false_by_trap.items(), key=lambda item: (-item[1], item[0])):
            out.print(f"{'':25} {number:,} {kind or 'of no known kind'}", markup=False)
