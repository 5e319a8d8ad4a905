"""Text of any script as lower-case ASCII words, and one spelling for names that systems write differently."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

# Anything of these is no part of a word: symbols (anyascii would spell an emoji out), controls, private use.
_DROPPED = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "So", "Sk", "Sm", "Sc"})
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_WHITE = re.compile(r"\s")
_IDEOGRAPHIC = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_APOSTROPHES = re.compile("['`\u2018\u2019\u02bc\u02b9\u00b4]")
_NO_WORD = re.compile("[^a-z0-9-]+")
_SYLLABLE = re.compile("[A-Z][a-z]*|[a-z]+")
_DOUBLE = re.compile(r"(.)\1+")


class _Visible(dict[int, int | None]):
    """For `str.translate`: what can be seen stays, the rest goes. Remembers the letters of most scripts, and not
    the hundred thousand that one text in a thousand has one of."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.category(chr(code)) in _DROPPED else code
        if code < _REMEMBERED:
            self[code] = kept
        return kept


_REMEMBERED = 0x3000
_VISIBLE = _Visible()


def visible(text: str) -> str:
    """Without what cannot be seen (zero-width, right-to-left marks, controls, emoji); NFKC; one space for any white."""
    if text.isascii():
        return " ".join(text.split()) if text.isprintable() else " ".join(_CONTROLS.sub(" ", text).split())
    kept = _WHITE.sub(" ", text).translate(_VISIBLE)
    return " ".join(unicodedata.normalize("NFKC", kept).split())


def words(text: str) -> list[str]:
    """Lower-case ASCII words; a hyphen inside a word stays. Chinese, Japanese and Korean names have no space between
    family and given: the first syllable is one word, the rest another."""
    found = [part for piece in text.split() for part in _in_ascii(piece)]
    plain = _NO_WORD.sub(" ", _APOSTROPHES.sub("", " ".join(found)).lower())
    return [word for word in (piece.strip("-") for piece in plain.split()) if word]


def _in_ascii(piece: str) -> tuple[str, ...]:
    return (piece,) if piece.isascii() else _romanized(piece)


@lru_cache(maxsize=4_096)  # the words of names and streets come again and again
def _romanized(piece: str) -> tuple[str, ...]:
    latin = anyascii(piece)
    if not _IDEOGRAPHIC.search(piece):
        return (latin,)
    first, *rest = _SYLLABLE.findall(latin) or [""]
    return first, "".join(rest)


# In this order: longer spellings first. What differs between ways to write one name in Latin letters.
_SPELLINGS = (
    ("sch", "sh"), ("tch", "ch"), ("ph", "f"), ("ck", "k"), ("kh", "h"), ("ks", "x"), ("gh", "g"), ("th", "t"),
    ("ae", "a"), ("oe", "o"), ("ue", "u"), ("w", "v"), ("y", "i"), ("j", "i"), ("ce", "se"), ("ci", "si"),
)  # fmt: skip


@lru_cache(maxsize=65_536)
def translit(word: str) -> str:
    """One spelling for the usual ways to write a name: Alexey, Aleksei, Alexej; Müller, Mueller; Carl, Karl."""
    for one, other in _SPELLINGS:
        word = word.replace(one, other)
    word = re.sub("c(?!h)", "k", word)
    return _DOUBLE.sub(r"\1", word.replace("-", ""))
