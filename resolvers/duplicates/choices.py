"""What an organisation may choose of matching: two thresholds, guards to add, fields to ignore."""

from collections.abc import Mapping, Sequence
from typing import Any

from db.organizations import SettingsRow
from resolvers.duplicates.terms import automatic_of, review_of
from resolvers.errors import ErrorCode, refuse
from resolvers.matching.guard import OPTIONAL
from resolvers.matching.score import MODEL

IGNORABLE = tuple(MODEL.levels)
_THRESHOLDS = {"autoMergeProbability": "auto_merge_probability", "reviewProbability": "review_probability"}


def read_matching(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that were sent of UpdateMergeSettingsInput; null stands for the default. Raises BAD_USER_INPUT."""
    changes: dict[str, Any] = {}
    for name, column in _THRESHOLDS.items():
        if name in raw:
            changes[column] = None if raw[name] is None else check_probability(raw[name], name)
    if "extraGuards" in raw:
        changes["match_guards"] = _guards(raw["extraGuards"] or ())
    if "ignoredFields" in raw:
        changes["ignored_fields"] = _fields(raw["ignoredFields"] or ())
    return changes


def check_probability(value: float, *path: str) -> float:
    """Raises BAD_USER_INPUT for what is no probability."""
    if not 0 <= value <= 1:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"{path[-1]} must be from 0 to 1, such as 0.98.", *path)
    return value


def check_thresholds(settings: SettingsRow) -> None:
    """Raises BAD_USER_INPUT when pairs would be merged unasked that are not even worth showing."""
    if automatic_of(settings) < review_of(settings):
        message = (
            f"autoMergeProbability ({automatic_of(settings):g}) must not be below reviewProbability "
            f"({review_of(settings):g})."
        )
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "autoMergeProbability")


def _guards(given: Sequence[str]) -> list[str]:
    for index, guard in enumerate(given):
        if guard not in OPTIONAL:
            message = f"{guard} holds always. There can be added: {', '.join(sorted(OPTIONAL))}."
            raise refuse(ErrorCode.BAD_USER_INPUT, message, "extraGuards", str(index))
    return sorted(set(given))


def _fields(given: Sequence[str]) -> list[str]:
    for index, field in enumerate(given):
        if field not in IGNORABLE:
            message = f"{field[:80]} is no field that is compared. Known: {', '.join(IGNORABLE)}."
            raise refuse(ErrorCode.BAD_USER_INPUT, message, "ignoredFields", str(index))
    return sorted(set(given))
