"""Reasons against merging without a person's eye. A guard only ever closes: no probability opens it again."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from resolvers.matching.compare import births_differ, conflicting_ids
from resolvers.matching.compare_names import CONFLICTS, name_level
from resolvers.matching.features import Features
from resolvers.matching.findings import Finding
from resolvers.matching.phones import line_of


class GuardReason(StrEnum):
    """Why a pair is held back (schema.graphql: GuardReason)."""

    MARKED_DISTINCT = "MARKED_DISTINCT"
    EXTERNAL_ID_CONFLICT = "EXTERNAL_ID_CONFLICT"
    NAME_CONFLICT = "NAME_CONFLICT"
    BIRTHDATE_CONFLICT = "BIRTHDATE_CONFLICT"
    GENERATION_SUFFIX = "GENERATION_SUFFIX"
    WEAK_NAME_ON_PHONE = "WEAK_NAME_ON_PHONE"
    SHARED_IDENTIFIER = "SHARED_IDENTIFIER"
    NO_STRONG_IDENTIFIER = "NO_STRONG_IDENTIFIER"
    BLOCKED_DIFFERS = "BLOCKED_DIFFERS"
    FIXED_LINE = "FIXED_LINE"
    STALE_PHONE = "STALE_PHONE"
    AMBIGUOUS = "AMBIGUOUS"
    ROLE_RULE = "ROLE_RULE"


# "These are two people": they hold whole groups apart, not only the pair itself.
HARD = frozenset(
    {
        GuardReason.MARKED_DISTINCT,
        GuardReason.EXTERNAL_ID_CONFLICT,
        GuardReason.NAME_CONFLICT,
        GuardReason.BIRTHDATE_CONFLICT,
        GuardReason.GENERATION_SUFFIX,
    }
)
# An organisation may add these; nobody can take the others away.
OPTIONAL = frozenset({GuardReason.STALE_PHONE})
STALE_DAYS = 548  # eighteen months: longer than networks wait before they give a number to somebody else
_IDENTIFIERS = ("externalId", "channel", "email", "phone", "username")
_WEAK_NAMES = frozenset({"initial", "fuzzy_given", "fuzzy2", "family_only", "single_fuzzy"})
_AGREEING_NAMES = frozenset({"exact", "variant", "fuzzy"})
_SHARED = frozenset({"role", "exact_few", "exact_many"})


def guards_of(
    left: Features, right: Features, findings: Iterable[Finding], optional: frozenset[GuardReason] = frozenset()
) -> tuple[GuardReason, ...]:
    """Every reason that the two contacts' own values give, in the order of GuardReason. Symmetric."""
    levels = {finding.field: finding.level for finding in findings}
    found = hard_reasons(left, right)
    strong = _strong(levels)
    only_phone = strong == ["phone"]
    if only_phone and _is_weak_on_phone(left, right, levels.get("name")):
        found.append(GuardReason.WEAK_NAME_ON_PHONE)
    if not strong and not _same_otherwise(levels):
        shared = any(levels.get(field) in _SHARED for field in _IDENTIFIERS)
        found.append(GuardReason.SHARED_IDENTIFIER if shared else GuardReason.NO_STRONG_IDENTIFIER)
    if left.blocked != right.blocked:
        found.append(GuardReason.BLOCKED_DIFFERS)
    nameless = left.name is None or right.name is None
    if only_phone and nameless and share_line(left, right, "fixed"):
        found.append(GuardReason.FIXED_LINE)
    agrees = levels.get("name") in _AGREEING_NAMES
    if GuardReason.STALE_PHONE in optional and only_phone and not agrees and _gap(left, right) > STALE_DAYS:
        found.append(GuardReason.STALE_PHONE)
    return tuple(found)


def hard_reasons(left: Features, right: Features) -> list[GuardReason]:
    """What says that they are two people, whatever else agrees; of HARD all but a person's own mark. Symmetric."""
    found = []
    if conflicting_ids(left, right):
        found.append(GuardReason.EXTERNAL_ID_CONFLICT)
    if left.name and right.name and name_level(left.name, right.name) in CONFLICTS:
        found.append(GuardReason.NAME_CONFLICT)
    if births_differ(left.birthdate, right.birthdate):
        found.append(GuardReason.BIRTHDATE_CONFLICT)
    if _generations_differ(left, right):
        found.append(GuardReason.GENERATION_SUFFIX)
    return found


def _generations_differ(left: Features, right: Features) -> bool:
    """Jr against Sr or none: of father and son one often goes without."""
    return bool(left.name and right.name and left.name.suffix != right.name.suffix)


def _strong(levels: Mapping[str, str]) -> list[str]:
    """Fields whose identifier is one person's own: exact; with an agreeing name, also one of
    a few people, and one in a domain that is a slip of another (gmial.com)."""
    agrees = levels.get("name") in _AGREEING_NAMES
    own = {"exact", "exact_few", "domain_typo"} if agrees else {"exact"}
    return [field for field in _IDENTIFIERS if levels.get(field) in own]


def _is_weak_on_phone(left: Features, right: Features, name: str | None) -> bool:
    """A number is all that holds them together, and the names would fit two of one household. A mobile phone is one
    person's more often: on one a bare initial is enough (A. Lee, Ann Lee), a short form or a slip is not."""
    return name in _WEAK_NAMES or (name == "letter" and not share_line(left, right, "mobile"))


def _same_otherwise(levels: Mapping[str, str]) -> bool:
    """Without any identifier: name, street and birthdate are the same, or name, street and the name of the box at
    another provider; and nothing at all differs. (Twins with like names share the first: there it must be exact.)"""
    exact = levels.get("name") == "exact" and levels.get("birthdate") == "exact"
    boxes = levels.get("name") in ("exact", "variant") and levels.get("email") == "same_local"
    same = levels.get("address") == "street" and (exact or boxes)
    return same and not any(level in ("differ", "none_equal", "conflict") for level in levels.values())


def share_line(left: Features, right: Features, line: str) -> bool:
    """Whether they have a number in common of which one of them knows that it is of this kind."""
    theirs = {phone.number: phone for phone in right.phones}
    return any(
        phone.number in theirs and line in (line_of(phone), line_of(theirs[phone.number])) for phone in left.phones
    )


def _gap(left: Features, right: Features) -> int:
    """Days between the one's last sign of life and the other's first; 0 when they overlap or nobody knows."""
    days = (left.active_from, left.active_to, right.active_from, right.active_to)
    if None in days:
        return 0
    left_from, left_to, right_from, right_to = (day or 0 for day in days)
    return max(0, max(left_from, right_from) - min(left_to, right_to))
