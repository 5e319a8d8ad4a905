"""A folder of labelled contacts: contacts.jsonl, truth.csv and, where there is one, traps.jsonl; `.gz` of any too.

contacts.jsonl has one contact a line: id, name, emails and phones [{value, verified}], external_ids and usernames
[{system, value, verified}], channels [{type, user_id}], company, address {street, city, postcode, country}, birthdate,
country, created_at. truth.csv has `id,entity`: two ids of one entity are one person. traps.jsonl has `a`, `b`, `trap`.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO, cast

import orjson

from resolvers.contacts import values
from resolvers.contacts.values import BadValue, Identifying
from resolvers.matching.contact import ChannelFacts, ContactFacts

_LISTS = {"emails": "EMAIL", "phones": "PHONE", "external_ids": "EXTERNAL_ID", "usernames": "USERNAME"}


class BadFolder(ValueError):
    """The folder is not what the module's docstring says; the message is for a person."""


@dataclass(frozen=True)
class Labelled:
    """A set: contacts by id, the person of each, and pairs of two people who look alike, with their kind."""

    contacts: Mapping[str, ContactFacts]
    entities: Mapping[str, str]
    traps: Mapping[tuple[str, str], str]


def read_folder(folder: Path) -> Labelled:
    """Raises BadFolder when a file or a column is missing or a line cannot be read; OSError as the disk gives it."""
    contacts: dict[str, ContactFacts] = {}
    for number, line in _lines(folder, "contacts.jsonl"):
        try:
            row = orjson.loads(line)
            contacts[row["id"]] = facts_of(row)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise BadFolder(f"{folder}/contacts.jsonl, line {number}: {error!r}") from error
    entities = _entities(folder)
    missing = contacts.keys() - entities.keys()
    if missing:
        raise BadFolder(f"{folder}/truth.csv has no line for {min(missing)} ({len(missing)} contacts are missing).")
    return Labelled(contacts, entities, _traps(folder))


def facts_of(row: Mapping[str, Any]) -> ContactFacts:
    """A line as matching is told it. Values that the product would refuse are left out, as nobody could have stored
    them. Raises BadValue for a date that is none, TypeError and KeyError for another shape."""
    address = row.get("address") or {}
    country = values.phone_region(row.get("country") or address.get("country"))
    channels = [
        ChannelFacts(item["type"], item.get("user_id"), item.get("username")) for item in _items(row, "channels")
    ]
    created_at = _day(row.get("created_at"))
    return ContactFacts(
        name=row.get("name"),
        identifiers=tuple(_identifiers(row, country)),
        channels=tuple(channels),
        company=row.get("company"),
        street=address.get("street"),
        city=address.get("city"),
        postal_code=address.get("postcode"),
        country=country,
        birthdate=_day(row.get("birthdate")),
        blocked=bool(row.get("blocked")),
        active_from=created_at,
        active_to=_day(row.get("last_activity_at")) or created_at,
    )


def _day(value: str | None) -> date | None:
    try:
        return values.day(value[:10]) if value else None
    except BadValue:
        return None  # 1994-13-01 is in files, but could not be in the product


def _items(row: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", row.get(name) or [])


def _identifiers(row: Mapping[str, Any], region: str | None) -> Iterator[Identifying]:
    for name, kind in _LISTS.items():
        for item in _items(row, name):
            try:
                found = values.identifying(kind, item["value"], item.get("system") or "", region)
            except BadValue:
                continue  # "n/a" as an e-mail address: the API would have refused it
            yield Identifying(kind, found.value, found.normalized, found.system, bool(item.get("verified")))


def _entities(folder: Path) -> dict[str, str]:
    rows = csv.DictReader(line for _, line in _lines(folder, "truth.csv"))
    if not {"id", "entity"} <= set(rows.fieldnames or ()):
        raise BadFolder(f"{folder}/truth.csv must begin with the line id,entity.")
    return {row["id"]: row["entity"] for row in rows}


def _traps(folder: Path) -> dict[tuple[str, str], str]:
    if not any((folder / f"traps.jsonl{ending}").is_file() for ending in ("", ".gz")):
        return {}
    found = {}
    for number, line in _lines(folder, "traps.jsonl"):
        try:
            row = orjson.loads(line)
            left, right = sorted((row["a"], row["b"]))
            found[left, right] = row["trap"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise BadFolder(f"{folder}/traps.jsonl, line {number}: {error!r}") from error
    return found


def _lines(folder: Path, name: str) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers."""
    plain, packed = folder / name, folder / f"{name}.gz"
    if not plain.is_file() and not packed.is_file():
        raise BadFolder(f"There is no {plain}.")
    with plain.open(encoding="utf-8") if plain.is_file() else gzip.open(packed, "rt", encoding="utf-8") as file:
        lines: Iterable[str] = cast("TextIO", file)
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, line
