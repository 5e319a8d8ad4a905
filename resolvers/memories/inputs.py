"""What is sent for a persona to remember, by the API or in a line of a file, read into what is stored. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from resolvers.contacts.fields import Fields
from resolvers.contacts.landing import past_moment
from resolvers.contacts.values import name_key, required_text

PERSONA_LENGTH = 200
KEY_LENGTH = 255
VALUE_LENGTH = 10_000
ROLE_LENGTH = 64
TEXT_LENGTH = 100_000
MAXIMUM = 500  # of each list, a call
LISTS = ("facts", "messages", "summaries")
Reader = Callable[[Any], Any]
Values = list[dict[str, Any]]


class Remembered(NamedTuple):
    """A persona, its name as compared, and rows of each list but for whose and which they are."""

    persona: str
    persona_key: str
    facts: Values
    messages: Values
    summaries: Values


def read_remembered(fields: Fields, now: datetime) -> Remembered:
    """All of it; what is wrong is noted in `fields`."""
    persona, persona_key = read_persona(fields)
    at = partial(past_moment, now=now)
    text = partial(required_text, limit=TEXT_LENGTH)
    role = partial(required_text, limit=ROLE_LENGTH)
    facts = _facts(fields)
    messages = _entries(fields, "messages", {"role": role, "text": text, "at": at})
    summaries = _entries(fields, "summaries", {"text": text, "at": at})
    if not (facts or messages or summaries or fields.errors):
        fields.wrong("There is nothing to remember: send facts, messages or summaries.", "facts")
    return Remembered(persona, persona_key, facts, messages, summaries)


def read_persona(fields: Fields) -> tuple[str, str]:
    """Its name as written and as compared; what is wrong is noted in `fields`."""
    fields.demand("persona")
    name = fields.read("persona", partial(required_text, limit=PERSONA_LENGTH)) or ""
    return name, fields.check(lambda: name_key(name), "persona") or ""


def _facts(fields: Fields) -> Values:
    readers: dict[str, Reader] = {
        "key": partial(required_text, limit=KEY_LENGTH),
        "value": partial(required_text, limit=VALUE_LENGTH),
    }
    found = _entries(fields, "facts", readers)
    keys: set[str] = set()
    for index, fact in enumerate(found):
        if fact["key"] is not None and fact["key"] in keys:
            fields.wrong("This key stands in the list before: one value a key.", "facts", str(index), "key")
        keys.add(fact["key"])
    return found


def _entries(fields: Fields, name: str, readers: Mapping[str, Reader]) -> Values:
    given = fields.raw(name) or []
    if not isinstance(given, list) or not all(isinstance(item, Mapping) for item in given):
        fields.wrong(f"{name} must be a list of objects with {', '.join(readers)}.", name)
        return []
    if len(given) > MAXIMUM:
        fields.wrong(f"{len(given)} {name} were sent; at most {MAXIMUM} are taken at once.", name)
        return []
    found = []
    for index, item in enumerate(given):
        inner = fields.inner(item, name, str(index))
        inner.expect_only(readers.keys(), f"one of the {name}")
        inner.demand(*readers)
        found.append({part: inner.read(part, reader) for part, reader in readers.items()})
    return found
