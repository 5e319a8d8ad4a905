"""What a check of the installation found: the one shape that `onefold doctor` reports in."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """FAIL: onefold does not work, or data is in danger. WARN: it works, and somebody should look."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: what was seen, in a sentence, and what to do about it (empty where all is well)."""

    check: str
    verdict: Verdict
    seen: str
    cure: str = ""


def fine(check: str, seen: str) -> Finding:
    """All is well."""
    return Finding(check, Verdict.OK, seen)


def warning(check: str, seen: str, cure: str) -> Finding:
    """It works for now."""
    return Finding(check, Verdict.WARN, seen, cure)


def failure(check: str, seen: str, cure: str) -> Finding:
    """It does not work, or must not go on."""
    return Finding(check, Verdict.FAIL, seen, cure)
