"""How two words of names relate: one given name to another, one family name to another.

Edit distances are those of Damerau and Levenshtein (optimal string alignment: a swap of neighbours is one edit).
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from nicknames import NickNamer
from rapidfuzz.distance import OSA, JaroWinkler

from resolvers.matching.fold import translit
from resolvers.matching.name_words import VARIANTS

SIMILAR = 0.93  # Jaro-Winkler, of six letters and more
_SHORTEST_FUZZY = 4
_TWO_EDITS_FROM = 8
_NONE: frozenset[str] = frozenset()


def _short_forms(rows: Iterable[tuple[str, Iterable[str]]]) -> dict[str, frozenset[str]]:
    """short form -> full forms, in one spelling (translit)."""
    found: dict[str, set[str]] = {}
    for short, fulls in rows:
        found.setdefault(translit(short), set()).update(map(translit, fulls))
    return {short: frozenset(fulls - {short}) for short, fulls in found.items()}


_ENGLISH = _short_forms(NickNamer().canonical_lookup.items())
_OWN = _short_forms((short, [full]) for full, *shorts in VARIANTS for short in shorts)


class Relation(StrEnum):
    """From the surest to none."""

    SAME = "same"
    VARIANT = "variant"  # another spelling, one of two family names
    SHORT = "short"  # a usual short form
    FUZZY = "fuzzy"  # a slip of the pen
    LETTER = "letter"  # an initial
    INITIAL = "initial"  # a short form that several names have, or the beginning of one
    DIFFER = "differ"


@lru_cache(maxsize=262_144)
def given_relation(left: str, right: str) -> Relation:
    """Of two given names; symmetric. Names that end alike but for a last vowel (Jan, Jana; Anna, Anne) are two."""
    if left == right:
        return Relation.SAME
    one, other = translit(left), translit(right)
    if one == other or is_swap(left, right):
        return Relation.VARIANT
    if min(len(left), len(right)) <= 1:
        return _initial_relation(left, right)
    if left[-1] != right[-1] and _without_vowel(left) == _without_vowel(right):
        return Relation.DIFFER
    short = _short_relation(one, other)
    if short is not None:
        return short
    if one.startswith(other) or other.startswith(one):
        return Relation.INITIAL if min(len(one), len(other)) >= 3 else Relation.DIFFER
    return Relation.FUZZY if is_slip(left, right) or is_slip(one, other) else Relation.DIFFER


@lru_cache(maxsize=262_144)
def family_relation(left: str, right: str) -> Relation:
    """Of two family names; symmetric. Of a double name one part is enough."""
    if left == right:
        return Relation.SAME
    one, other = translit(left), translit(right)
    if one == other or is_swap(left, right):
        return Relation.VARIANT
    if min(len(left), len(right)) <= 1:
        return _initial_relation(left, right)
    if "-" in left + right and _parts(left) & _parts(right):
        return Relation.VARIANT
    return Relation.FUZZY if is_slip(left, right) or is_slip(one, other) else Relation.DIFFER


def _initial_relation(left: str, right: str) -> Relation:
    alike = left[:1] == right[:1] or translit(left)[:1] == translit(right)[:1]
    return Relation.LETTER if alike else Relation.DIFFER


def is_slip(one: str, other: str) -> bool:
    """One edit in words of four letters and more, two from eight letters on, or much the same beginning."""
    shortest = min(len(one), len(other))
    if shortest < _SHORTEST_FUZZY:
        return _lacks_inner_letter(one, other)
    if is_swap(one, other):
        return True
    allowed = 2 if shortest >= _TWO_EDITS_FROM else 1
    if OSA.distance(one, other, score_cutoff=allowed) <= allowed:
        return True
    return shortest >= 6 and JaroWinkler.similarity(one, other) >= SIMILAR


def is_swap(one: str, other: str) -> bool:
    """Two neighbouring letters changed places, and nothing else: hardly ever another name (Paula, Puala)."""
    if len(one) != len(other) or len(one) < _SHORTEST_FUZZY or one == other:
        return False
    places = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    first, last = places[0], places[-1]
    return len(places) == 2 and last == first + 1 and one[first] == other[last] and one[last] == other[first]


def _lacks_inner_letter(one: str, other: str) -> bool:
    """Of three letters where the other has four: Geb, Gleb. Another beginning or end is another name."""
    short, long = sorted((one, other), key=len)
    if len(short) != 3 or len(long) != 4 or short[0] != long[0] or short[-1] != long[-1]:
        return False
    return short[1] in long[1:-1]


def is_short_for(short: str, full: str) -> bool:
    """Whether the one is a usual short form of the other (Bill, William)."""
    return translit(full) in _fulls(translit(short))


def _short_relation(one: str, other: str) -> Relation | None:
    """A short form of several names (Sam, Alex, Pat) proves no more than an initial."""
    shorts = [short for short, full in ((one, other), (other, one)) if full in _fulls(short)]
    if shorts:
        return Relation.INITIAL if all(map(_is_ambiguous, shorts)) else Relation.SHORT
    if _fulls(one) & _fulls(other):
        return Relation.INITIAL if _is_ambiguous(one) or _is_ambiguous(other) else Relation.SHORT
    return None


def _is_ambiguous(short: str) -> bool:
    """Whether several names begin with it (samuel, samantha, samson) or our table gives it to several. Another ending
    or spelling of one name (roberto; elena, yelena) does not count."""
    ours = {name.removeprefix("i") for name in _OWN.get(short, ())}
    begun = sorted(name for name in _ENGLISH.get(short, ()) if name.startswith(short[:3]))
    apart = [name for name in begun if not any(name != other and name.startswith(other) for other in begun)]
    return len(ours) > 1 or len(apart) > 1


def _fulls(short: str) -> frozenset[str]:
    return _ENGLISH.get(short, _NONE) | _OWN.get(short, _NONE)


def _without_vowel(word: str) -> str:
    return word[:-1] if word[-1] in "aeiou" else word


def _parts(name: str) -> set[str]:
    return {translit(part) for part in name.split("-") if len(part) > 2}
