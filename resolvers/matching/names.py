"""A person's name as its parts, whatever order, script or system it comes from."""

from resolvers.matching.features import PersonName
from resolvers.matching.fold import visible, words
from resolvers.matching.generic import PLACEHOLDER_NAMES
from resolvers.matching.name_words import (
    ALWAYS_GENERATIONS,
    COMPANY_ENDINGS,
    GENERATIONS,
    HONORIFICS,
    PARTICLES,
    PATRONYMICS,
)

MOST_WORDS = 8
MOST_CHARACTERS = 40  # of one word: no name is as long, and comparing stays cheap


def parse_name(text: str | None) -> PersonName | None:
    """None when it names nobody: blank, a placeholder, an address, a number, a company.

    The first word is the given name and the last one the family's, unless a comma ("Last, First") or a patronymic at
    the end (Russian official order) says otherwise. Titles and particles are left off.
    """
    shown = visible(text or "")
    if not shown or "@" in shown or any(map(str.isdigit, shown)):
        return None
    found, suffix = _ordered(shown)
    if not found or " ".join(found) in PLACEHOLDER_NAMES or (len(found) > 1 and found[-1] in COMPANY_ENDINGS):
        return None
    given, *others = found
    family = others.pop() if others else ""
    return PersonName(shown, given, family, tuple(others), suffix)


def _ordered(shown: str) -> tuple[list[str], str]:
    """Given name, middle names, family name; and the generation."""
    before, _, after = shown.partition(",")
    found, tail = _bounded(words(before)), _bounded(words(after))
    suffix = ""
    if tail and tail[-1] in GENERATIONS:
        suffix = GENERATIONS[tail.pop()]
    found = tail + found
    while len(found) > 1 and found[0] in HONORIFICS:
        del found[0]
    if len(found) > 1 and found[-1] in GENERATIONS and (len(found) > 2 or found[-1] in ALWAYS_GENERATIONS):
        suffix = GENERATIONS[found.pop()]
    found = found[:1] + [word for word in found[1:] if word not in PARTICLES]  # the first may be an initial: E. Sosa
    if len(found) == 3 and found[2].endswith(PATRONYMICS) and not found[1].endswith(PATRONYMICS):
        found = [found[1], found[2], found[0]]
    return found, suffix


def _bounded(found: list[str]) -> list[str]:
    return [word[:MOST_CHARACTERS] for word in found[:MOST_WORDS]]
