"""Made-up contacts as lines of an import file: the same ones for the same number, always."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_GIVEN = ("Anna", "Björn", "Chloé", "Dmitri", "Emre", "Fátima", "Grzegorz", "Hanna", "Ivo", "Jana", "Kofi", "Lena")
_FAMILY = ("Adler", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Hoffmann", "Ionescu", "Jensen")
_CITIES = (("Berlin", "DE"), ("Paris", "FR"), ("Madrid", "ES"), ("Wien", "AT"), ("Oslo", "NO"), ("Boston", "US"))
_PLANS = ("free", "pro", "team")


def person(number: int) -> dict[str, Any]:
    """One line: a CRM's usual fields, two or three identifiers, a few attributes."""
    rng = random.Random(number)
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    city, country = rng.choice(_CITIES)
    return {
        "ref": f"crm-{number}",
        "role": "USER" if number % 3 else "LEAD",
        "name": f"{given} {family} {number}",
        "email": f"{given}.{family}.{number}@mail-{number % 97}.com".encode("ascii", "ignore").decode(),
        "phone": f"+49151{number:08d}",
        "company": f"Company {number % 4_000}",
        "address": {"line1": f"Street {number % 300}", "city": city, "country": country, "postalCode": "10115"},
        "language": country.lower(),
        "identifiers": [{"kind": "EXTERNAL_ID", "system": "crm", "value": f"C-{number:07d}", "verified": True}],
        "customAttributes": {"plan": rng.choice(_PLANS), "seats": number % 50, "visits": {"web": number % 7}},
        "createdAt": f"20{10 + number % 15}-{1 + number % 12:02d}-{1 + number % 28:02d}T08:{number % 60:02d}:00Z",
        "lastActivityAt": f"2026-0{1 + number % 9}-{1 + number % 28:02d}T12:00:{number % 60:02d}Z",
    }


def people(count: int) -> Iterator[dict[str, Any]]:
    """The first so many."""
    return map(person, range(count))


def write_people(path: Path, count: int) -> Path:
    """A file of them."""
    with path.open("w", encoding="utf-8") as file:
        for line in people(count):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path
