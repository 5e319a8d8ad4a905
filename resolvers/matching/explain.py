"""Levels and guards as sentences that a person who never heard of a Bayes factor understands."""

from dataclasses import dataclass

from resolvers.matching.findings import Finding
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import Judgement
from resolvers.matching.name_relations import is_short_for
from resolvers.matching.names import parse_name
from resolvers.matching.score import Weighed


@dataclass(frozen=True)
class MatchEvidence:
    """One field's evidence (schema.graphql: MatchEvidence). `weight` in bits: log2 of the Bayes factor."""

    field: str
    level: str
    weight: float
    left: str | None
    right: str | None
    explanation: str


@dataclass(frozen=True)
class Guard:
    """A reason against merging automatically, and its sentence (schema.graphql: Guard)."""

    reason: GuardReason
    explanation: str


_OWN = {
    "email": "Same e-mail address, and only this person's name is seen with it",
    "phone": "Same phone number, and only this person's name is seen with it",
}
_SENTENCES = {
    ("externalId", "exact"): "Same id in the same system",
    ("externalId", "conflict"): "Both have a verified id of one system, and the ids differ",
    ("channel", "exact"): "Same account on the same channel",
    ("email", "exact_few"): "Same e-mail address, but {people} people use it",
    ("email", "exact_many"): "Same e-mail address, but many people use it",
    ("email", "role"): "Same e-mail address, but it is one that several people answer",
    ("email", "domain_typo"): "The e-mail addresses differ by one letter of the domain",
    ("email", "same_local"): "Same e-mail name at two providers",
    ("email", "local_typo"): "The e-mail addresses differ by one letter",
    ("email", "none_equal"): "Different e-mail addresses",
    ("phone", "exact_few"): "Same phone number, but {people} people use it",
    ("phone", "exact_many"): "Same phone number, but many people use it",
    ("phone", "none_equal"): "Different phone numbers",
    ("username", "exact"): "Same user name in the same system",
    ("username", "other_system"): "Same user name in two systems",
    ("username", "as_email"): "The user name of one is the e-mail name of the other",
    ("name", "exact"): "Same name",
    ("name", "variant"): "The same name in another spelling or form",
    ("name", "fuzzy"): "Same first name, and the family names are a slip apart",
    ("name", "fuzzy_given"): "Same family name, and the first names are a slip apart",
    ("name", "letter"): "Same family name, and an initial that fits the first name",
    ("name", "initial"): "Same family name, and a short first name that fits several",
    ("name", "fuzzy2"): "Both names are alike",
    ("name", "family_only"): "Same family name; one has no first name",
    ("name", "single_eq"): "The same single name",
    ("name", "given_only"): "Same first name; one has no family name",
    ("name", "single_fuzzy"): "The one name known of one side is like one of the other's",
    ("name", "family_differs"): "Same first name, different family names",
    ("name", "single_diff"): "The one name known of one side is none of the other's",
    ("name", "given_differs"): "Same family name, different first names: often one household",
    ("name", "differ"): "Different names",
    ("birthdate", "exact"): "Same birthdate",
    ("birthdate", "near"): "The birthdates are a slip apart",
    ("birthdate", "differ"): "Birthdates differ",
    ("address", "street"): "Same street and house number",
    ("address", "postcode"): "Same postcode",
    ("address", "differ"): "Different addresses",
    ("company", "exact"): "Same company",
    ("company", "differ"): "Different companies",
    ("country", "same"): "Same country",
    ("country", "differ"): "Different countries",
}
_GUARDS = {
    GuardReason.MARKED_DISTINCT: "Somebody has said that these are two people.",
    GuardReason.EXTERNAL_ID_CONFLICT: "Both have a verified id of one system, and the ids differ.",
    GuardReason.NAME_CONFLICT: "The names are those of two people.",
    GuardReason.BIRTHDATE_CONFLICT: "The birthdates differ by more than a slip.",
    GuardReason.GENERATION_SUFFIX: "One is called junior or senior, the other is not: they may be parent and child.",
    GuardReason.WEAK_NAME_ON_PHONE: "Only a phone number holds them together, and the names would fit two of one "
    "household.",
    GuardReason.SHARED_IDENTIFIER: "What they share is shared by several people.",
    GuardReason.NO_STRONG_IDENTIFIER: "They share no id, address, number or user name that is one person's own.",
    GuardReason.BLOCKED_DIFFERS: "One is blocked and the other is not.",
    GuardReason.FIXED_LINE: "They share only a fixed line, and one has no name: anybody of the house may call.",
    GuardReason.STALE_PHONE: "They share only a phone number, and more than 18 months lie between them: it may have "
    "gone to somebody else.",
    GuardReason.AMBIGUOUS: "It has no name and would fit several people.",
    GuardReason.ROLE_RULE: "The organization merges leads into users only.",
}


def evidence_of(judgement: Judgement) -> tuple[MatchEvidence, ...]:
    """One a field, the heaviest first; their weights and the prior give the probability."""
    return tuple(_evidence(item) for item in judgement.weighed)


def guards_as_sentences(judgement: Judgement) -> tuple[Guard, ...]:
    """The reasons against, in the order of GuardReason."""
    return tuple(Guard(reason, _GUARDS[reason]) for reason in judgement.blocked_by)


def _evidence(item: Weighed) -> MatchEvidence:
    found = item.finding
    return MatchEvidence(
        found.field, found.level, item.weight, found.left or None, found.right or None, sentence_of(found)
    )


def sentence_of(finding: Finding) -> str:
    """What was found in a field."""
    if finding.level == "exact" and finding.field in _OWN:
        return _OWN[finding.field] if finding.people else f"Same {_NOUNS[finding.field]}"
    if finding.level == "variant":
        return _short_form(finding) or _SENTENCES["name", "variant"]
    return _SENTENCES[finding.field, finding.level].format(people=finding.people)


_NOUNS = {"email": "e-mail address", "phone": "phone number"}


def _short_form(finding: Finding) -> str | None:
    """Bill is short for William: the names as they were written."""
    left, right = parse_name(finding.left), parse_name(finding.right)
    if left is None or right is None:
        return None
    for short, full in ((left.given, right.given), (right.given, left.given)):
        if is_short_for(short, full):
            return f"{short.capitalize()} is short for {full.capitalize()}"
    return None
