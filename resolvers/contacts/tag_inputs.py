"""Names and colours of labels and segments as callers send them. Pure."""

import re
from typing import Any

from resolvers.contacts.fields import Fields
from resolvers.contacts.values import BadValue, name_key, required_text, text

MAXIMUM = 100
NAME_LENGTH = 100
_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})|[a-z]{1,32}", re.ASCII | re.IGNORECASE)


def read_names(fields: Fields, word: str) -> dict[str, str]:
    """The list `names`: comparison form -> name as first written; names that differ only in case are one. What is wrong
    is noted in `fields`. `word`: what one of them is."""
    names = fields.raw("names")
    if not isinstance(names, list):
        fields.wrong(f"names must be a list of {word}s.", "names")
        return {}
    if len(names) > MAXIMUM:
        fields.wrong(f"{len(names)} {word}s were sent; at most {MAXIMUM}.", "names")
        return {}
    wanted: dict[str, str] = {}
    for index, name in enumerate(names):
        try:
            read, key = _name_and_key(name)
            wanted.setdefault(key, read)
        except BadValue as error:
            fields.wrong(f"A {word} {error}.", "names", str(index))
    return wanted


def read_name(fields: Fields) -> tuple[str, str]:
    """`name` as written and as compared; what is wrong is noted in `fields`."""
    fields.demand("name")
    return fields.read("name", _name_and_key) or ("", "")


def read_color(fields: Fields) -> str | None:
    """`color`; what is wrong is noted in `fields`."""
    return fields.read("color", _color)


def _name_and_key(name: Any) -> tuple[str, str]:
    read = required_text(name, NAME_LENGTH)
    return read, name_key(read)


def _color(value: Any) -> str | None:
    shown = text(value, 32)
    if shown is not None and not _COLOR.fullmatch(shown):
        raise BadValue("must be a colour: a name such as red, or a code such as #1f93ff")
    return shown
