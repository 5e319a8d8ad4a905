"""Streets, postcodes and companies in the form that is compared."""

import re
from functools import lru_cache

from resolvers.matching.fold import visible, words
from resolvers.matching.name_words import LEGAL_FORMS, PARTICLES

_STREET_WORDS = {
    long: short
    for short, longs in {
        "av": "avenue ave avda avenida", "blvd": "boulevard", "c": "calle", "cct": "circuit", "cl": "close",
        "cr": "crescent cres", "ct": "court", "dr": "drive", "hwy": "highway", "ln": "lane", "pde": "parade",
        "pl": "place plaza platz", "pr": "prospekt", "r": "rua", "rd": "road", "sq": "square",
        "st": "street str strasse strase straat", "tce": "terrace", "ul": "ulitsa", "w": "weg",
    }.items()
    for long in longs.split()
}  # fmt: skip
_GLUED = ("strasse", "street", "str")  # Hauptstrasse, Hauptstr: the ending is a word of its own
MOST_WORDS = 12
_NO_POSTCODE = re.compile("[^0-9A-Z]")
_INNER_DOT = re.compile(r"(?<=\w)\.(?=\w)")
# Contacts share streets, towns and firms: of many at once, most values were seen before.
_seen_before = lru_cache(maxsize=4_096)


@_seen_before
def street_of(text: str | None) -> tuple[tuple[str, ...], str]:
    """The street's words, sorted and abbreviated, and the house number ("" for none): the last number in the line."""
    found: list[str] = []
    house = ""
    for word in words(visible(text or "")):
        if word[0].isdigit():
            house = word
        elif word not in PARTICLES:
            found += _street_words(word)
    return tuple(sorted(found[:MOST_WORDS])), house


def _street_words(word: str) -> list[str]:
    for ending in _GLUED:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return [word.removesuffix(ending), "st"]
    return [_STREET_WORDS.get(word, word)]


@_seen_before
def postcode_of(text: str | None) -> str:
    """Letters and digits alone, upper case."""
    return _NO_POSTCODE.sub("", " ".join(words(visible(text or ""))).upper())


@_seen_before
def plain_words(text: str | None) -> str:
    """A city: its words."""
    return " ".join(words(visible(text or ""))[:MOST_WORDS])


@_seen_before
def company_of(text: str | None) -> str:
    """A company without its legal form; "" when nothing else is left."""
    found = words(_INNER_DOT.sub("", visible(text or "")))  # S.L. is one word
    return " ".join([word for word in found if word not in LEGAL_FORMS][:MOST_WORDS])
