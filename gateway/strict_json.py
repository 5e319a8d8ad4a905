"""JSON as it is accepted from outside: only what every layer below can keep without changing it."""

import json
import re
from typing import Any

import orjson

MAX_DEPTH = 32
MAX_INTEGER = 2**53

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SPACED_COLON = re.compile(rb"[ \t\r\n]:")


class RefusedJson(json.JSONDecodeError):
    """The text is refused; `msg` is a sentence for the caller.

    A JSONDecodeError, because Strawberry's views and its WebSocket adapter catch that and nothing else.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "", 0)


def loads_strict(data: str | bytes) -> object:
    """Decodes, or raises RefusedJson.

    orjson refuses NaN, Infinity, 1e999, lone surrogates, bad UTF-8 and more than 1,024 levels. Refused here: more
    than 32 levels, U+0000, whole numbers beyond 2^53 (orjson turns 2^64 into a float without a word, so floats
    count), and an object that has one key twice (orjson keeps the last).
    """
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RefusedJson(f"The text is not JSON ({error.msg}, at character {error.pos}). Send valid JSON.") from None
    text = data.encode() if isinstance(data, str) else data
    members = _checked_members(value, zeros=b"\\u0000" in text)
    if members != _members_written(text, members):
        raise RefusedJson("An object has the same key twice. Send every key once.")
    return value


def _members_written(text: bytes, members: int) -> int:
    """Members as the JSON text has them: each colon outside a string belongs to one member of one object.

    Such a colon stands behind a quote, at once where nothing else stands before a colon. So there are no more of
    them than there are `":`, and not fewer than members were decoded: when these two agree, so does what lies
    between, and the strings need not be told apart.
    """
    if text.count(b'":') == members and _SPACED_COLON.search(text) is None:
        return members
    return _STRING.sub(b"", text).count(b":")


def _checked_members(root: object, *, zeros: bool) -> int:
    """Walks level by level (no recursion to exhaust) and counts the members of all objects.

    `zeros`: whether the text has the one form in which JSON can write U+0000; else no string needs to be looked at.
    """
    members = 0
    level: list[Any] = [root]
    for depth in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for value in level:
            kind = type(value)  # what orjson makes, never a subclass
            if kind is dict:
                members += len(value)
                below += value.values()
                if zeros:
                    below += value
            elif kind is list:
                below += value
            elif kind is str:
                if zeros and "\0" in value:
                    raise RefusedJson("A text or key holds U+0000, which cannot be stored. Remove it.")
            elif kind is int or kind is float:
                _check_number(value)
        if not below and (depth < MAX_DEPTH or not _any_container(level)):
            return members
        level = below
    raise RefusedJson(f"The JSON is nested deeper than {MAX_DEPTH} levels. Send a flatter value.")


def _any_container(level: list[Any]) -> bool:
    return any(isinstance(value, dict | list) for value in level)


def _check_number(value: float) -> None:
    if abs(value) > MAX_INTEGER and float(value).is_integer():
        raise RefusedJson("A whole number is beyond 2^53 and would lose digits. Send it as a string.")
