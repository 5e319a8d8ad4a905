"""Two names, one level (model.json: name)."""

from functools import lru_cache

from resolvers.matching.features import PersonName
from resolvers.matching.fold import translit
from resolvers.matching.name_relations import Relation, family_relation, given_relation

# The order in which a level says more: of two ways to read a pair of names the better one counts.
ORDER = (
    "exact", "variant", "fuzzy", "fuzzy_given", "letter", "initial", "fuzzy2", "family_only", "single_eq", "given_only",
    "single_fuzzy", "family_differs", "single_diff", "given_differs", "differ",
)  # fmt: skip
_RANK = {level: rank for rank, level in enumerate(ORDER)}
CONFLICTS = frozenset({"differ", "single_diff", "given_differs", "family_differs"})
_ALIKE = frozenset({Relation.SAME, Relation.VARIANT, Relation.SHORT})
_LOOSE = frozenset({Relation.FUZZY, Relation.INITIAL, Relation.LETTER})
# (given, family) -> level, with SAME and VARIANT told apart before
_FULL = {
    ("alike", Relation.FUZZY): "fuzzy",
    ("alike", Relation.LETTER): "letter",
    ("alike", Relation.DIFFER): "family_differs",
    (Relation.LETTER, "alike"): "letter",
    (Relation.LETTER, Relation.FUZZY): "fuzzy2",
    (Relation.LETTER, Relation.LETTER): "single_fuzzy",
    (Relation.INITIAL, "alike"): "initial",
    (Relation.INITIAL, Relation.FUZZY): "fuzzy2",
    (Relation.INITIAL, Relation.LETTER): "single_fuzzy",
    (Relation.FUZZY, "alike"): "fuzzy_given",
    (Relation.FUZZY, Relation.FUZZY): "fuzzy2",
    (Relation.FUZZY, Relation.LETTER): "single_fuzzy",
    (Relation.DIFFER, "alike"): "given_differs",
}


@lru_cache(maxsize=65_536)
def name_level(left: PersonName, right: PersonName) -> str:
    """The level of two names; symmetric. Both orders of given and family name are tried."""
    if not left.family or not right.family:
        return _single_level(left, right)
    if _all_words(left) == _all_words(right):
        return "exact"
    given = _given(left, right)
    family = _family(left, right)
    level = _level(given, family)
    if level in ("exact", "variant") and _middle_differs(left, right):
        level = "fuzzy_given"
    if _RANK[level] <= _RANK["variant"]:
        return level
    crossed = (family_relation(left.given, right.family), family_relation(left.family, right.given))
    # Which of the two is the given name nobody knows: the lesser reading counts, so that the pair's order does not.
    swapped = max(_level(*crossed), _level(*reversed(crossed)), key=_RANK.__getitem__)
    return min(level, swapped, key=_RANK.__getitem__) if swapped not in CONFLICTS else level


def _all_words(name: PersonName) -> list[str]:
    return sorted((name.given, *name.middle, name.family))


def _level(given: Relation, family: Relation) -> str:
    if given in _ALIKE and family in _ALIKE:
        return "exact" if given is family is Relation.SAME else "variant"
    key = ("alike" if given in _ALIKE else given, "alike" if family in _ALIKE else family)
    return _FULL.get(key, "differ")


def _given(left: PersonName, right: PersonName) -> Relation:
    relation = given_relation(left.given, right.given)
    has_parts = left.middle or right.middle or "-" in left.given + right.given
    if relation not in _ALIKE and has_parts and _joined(left) & _joined(right):
        return Relation.VARIANT  # Rolf-Dieter, Rolfdieter and Rolf Dieter are one name
    return relation


def _joined(name: PersonName) -> set[str]:
    return {translit(name.given), translit(name.given + "".join(name.middle[:1]))}


def _family(left: PersonName, right: PersonName) -> Relation:
    relation = family_relation(left.family, right.family)
    if relation in _ALIKE:
        return relation
    # Of two family names one may be left out: Ana García López, Ana García.
    if any(len(word) > 2 and family_relation(word, right.family) in _ALIKE for word in left.middle) or any(
        len(word) > 2 and family_relation(word, left.family) in _ALIKE for word in right.middle
    ):
        return Relation.VARIANT
    return relation


def _middle_differs(left: PersonName, right: PersonName) -> bool:
    """Both have middle names, and none of one relates to any of the other."""
    if not left.middle or not right.middle:
        return False
    return all(given_relation(one, other) is Relation.DIFFER for one in left.middle for other in right.middle)


def _single_level(left: PersonName, right: PersonName) -> str:
    if not left.family and not right.family:
        relation = given_relation(left.given, right.given)
        if relation in _ALIKE:
            return "single_eq" if len(left.given) > 1 else "single_fuzzy"
        return "single_fuzzy" if relation in _LOOSE else "single_diff"
    single, full = (left, right) if not left.family else (right, left)
    if translit(single.given) in (translit(full.given + full.family), translit(full.family + full.given)):
        return "variant"
    as_family = family_relation(single.given, full.family)
    as_given = given_relation(single.given, full.given)
    if (
        as_given is Relation.SHORT
    ):  # tables of short forms are generous: alone, without a family name, one is not enough
        as_given = Relation.FUZZY
    if as_family in _ALIKE:
        return "family_only"
    if as_given in _ALIKE:
        return "given_only"
    middle = {given_relation(single.given, word) for word in full.middle}
    loose = {as_family, as_given} & _LOOSE or middle & (_ALIKE | {Relation.FUZZY})
    return "single_fuzzy" if loose else "single_diff"
