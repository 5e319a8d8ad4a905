"""How two words of names relate: one given name to another, one family name to another.

Edit distances are those of Damerau and Levenshtein (optimal string alignment: a swap of neighbours is one edit).
"""

from enum import StrEnum
from functools import lru_cache

from nicknames import NickNamer
from rapidfuzz.distance import OSA, JaroWinkler

from resolvers.matching.fold import translit
from resolvers.matching.name_words import VARIANTS

SIMILAR = 0.93  # Jaro-Winkler, of six letters and more
_SHORTEST_FUZZY = 4
_TWO_EDITS_FROM = 8
_ENGLISH = NickNamer()
_OWN: dict[str, frozenset[str]] = {}
for _full, *_shorts in VARIANTS:
    for _short in _shorts:
        _OWN[_short] = _OWN.get(_short, frozenset()) | {_full}


class Relation(StrEnum):
    """From the surest to none."""

    SAME = "same"
    VARIANT = "variant"  # another spelling, a short form, one of two family names
    FUZZY = "fuzzy"  # a slip of the pen
    INITIAL = "initial"  # an initial, or a short form that several names have
    DIFFER = "differ"


@lru_cache(maxsize=262_144)
def given_relation(left: str, right: str) -> Relation:
    """Of two given names; symmetric. Names that end alike but for a last vowel (Jan, Jana; Anna, Anne) are two."""
    if left == right:
        return Relation.SAME
    one, other = translit(left), translit(right)
    if one == other:
        return Relation.VARIANT
    if min(len(left), len(right)) <= 1:
        return _initial_relation(left, right)
    short = _short_relation(left, right)
    if short is not None:
        return short
    if left[-1] != right[-1] and _without_vowel(left) == _without_vowel(right):
        return Relation.DIFFER
    if one.startswith(other) or other.startswith(one):
        return Relation.INITIAL if min(len(one), len(other)) >= 3 else Relation.DIFFER
    return Relation.FUZZY if is_slip(left, right) or is_slip(one, other) else Relation.DIFFER


@lru_cache(maxsize=262_144)
def family_relation(left: str, right: str) -> Relation:
    """Of two family names; symmetric. Of a double name one part is enough."""
    if left == right:
        return Relation.SAME
    one, other = translit(left), translit(right)
    if one == other:
        return Relation.VARIANT
    if min(len(left), len(right)) <= 1:
        return _initial_relation(left, right)
    if "-" in left + right and _parts(left) & _parts(right):
        return Relation.VARIANT
    return Relation.FUZZY if is_slip(left, right) or is_slip(one, other) else Relation.DIFFER


def _initial_relation(left: str, right: str) -> Relation:
    alike = left[:1] == right[:1] or translit(left)[:1] == translit(right)[:1]
    return Relation.INITIAL if alike else Relation.DIFFER


def is_slip(one: str, other: str) -> bool:
    """One edit in words of four letters and more, two from eight letters on, or much the same beginning."""
    shortest = min(len(one), len(other))
    if shortest < _SHORTEST_FUZZY:
        return False
    allowed = 2 if shortest >= _TWO_EDITS_FROM else 1
    if OSA.distance(one, other, score_cutoff=allowed) <= allowed:
        return True
    return shortest >= 6 and JaroWinkler.similarity(one, other) >= SIMILAR


def is_short_for(short: str, full: str) -> bool:
    """Whether the one is a usual short form of the other (Bill, William)."""
    return full in _fulls(short)


def _short_relation(left: str, right: str) -> Relation | None:
    """A short form of several names (Sam, Alex, Pat) proves no more than an initial."""
    for short, full in ((left, right), (right, left)):
        if is_short_for(short, full):
            return Relation.INITIAL if is_ambiguous(short) else Relation.VARIANT
    if _fulls(left) & _fulls(right):
        return Relation.INITIAL if is_ambiguous(left) or is_ambiguous(right) else Relation.VARIANT
    return None


@lru_cache(maxsize=16_384)
def is_ambiguous(short: str) -> bool:
    """Whether several names begin with it (samuel, samantha, samson) or our table gives it to several. Another ending
    or spelling of one name (roberto; elena, yelena) does not count."""
    ours = {translit(name).removeprefix("i") for name in _OWN.get(short, ())}
    begun = sorted({translit(name) for name in _ENGLISH.canonicals_of(short) if name.startswith(short[:3])})
    apart = [name for name in begun if not any(name != other and name.startswith(other) for other in begun)]
    return len(ours) > 1 or len(apart) > 1


@lru_cache(maxsize=16_384)
def _fulls(short: str) -> frozenset[str]:
    return frozenset(_ENGLISH.canonicals_of(short)) | _OWN.get(short, frozenset())


def _without_vowel(word: str) -> str:
    return word[:-1] if word[-1] in "aeiou" else word


def _parts(name: str) -> set[str]:
    return {translit(part) for part in name.split("-") if len(part) > 2}
