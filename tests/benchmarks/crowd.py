"""Made-up contacts for matching, put straight into the tables: a million in minutes, the same ones for the same number.

Names repeat as they do in life (the commonest hundreds of times), every fourth contact is another one of the person
before it, and of these every 25th pair was marked as two people. Some contacts hold three keys that many share.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from itertools import product
from typing import Any
from uuid import UUID

from db.bulk import encode, insert_encoded
from db.contacts import ContactRow, contact
from db.distinct import PairRow, add_pairs
from db.engine import Database, Transaction
from db.identifiers import identifier
from db.matching import add_records
from resolvers.access import ALL_SCOPES, Act, Actor
from resolvers.contacts.values import Identifying
from resolvers.duplicates.records import contact_facts, encode_record
from resolvers.ids import IdSource
from resolvers.organizations import create_organization

AT_ONCE = 5_000  # contacts of one transaction
_SYLLABLES = [c + v + end for c, v, end in product("bdfgklmnprst", "aeiou", ("", "l", "n", "r"))]
_STARTED = datetime(2020, 1, 1, 8, tzinfo=UTC)
_BORN = date(1950, 1, 1)
SHARED = (
    Identifying("EMAIL", "front.desk@tower.example.com", "front.desk@tower.example.com"),
    Identifying("PHONE", "+4930901820", "+4930901820"),
    Identifying("EXTERNAL_ID", "BATCH-2024", "batch-2024", "erp"),
)
_BLANK: dict[str, Any] = dict.fromkeys(row.name for row in fields(ContactRow)) | {
    "blocked": False, "unsubscribed": False, "is_admin": False, "custom_attributes": {}, "metadata": {},
    "additional_attributes": {}, "provenance": {}, "version": 1, "search_text": "",
}  # fmt: skip


@dataclass
class Crowd:
    """A caller who may do everything in the organisation; its contacts by rising id: those that hold nothing which many
    share, and those that hold `SHARED`."""

    act: Act
    org_id: UUID
    plain: list[UUID] = field(default_factory=list)
    sharing: list[UUID] = field(default_factory=list)


async def fill_crowd(db: Database, count: int, sharing: int) -> Crowd:
    """So many contacts, of which `sharing`, evenly spread, hold SHARED. Through a `Database` of its own: a connection
    that writes much is given more memory."""
    new_id = IdSource(lambda: datetime.now(UTC))
    org_id, now = new_id(), datetime.now(UTC)
    await create_organization(db, org_id, f"a crowd of {count}", now)
    crowd = Crowd(Act(Actor(new_id(), "benchmark", (org_id,), ALL_SCOPES), now, new_id), org_id)
    every = count // sharing
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        await db.write(partial(_add, crowd, numbers, every))
        if start == 0:
            # PostgreSQL keeps its plan of a foreign key's check for as long as a connection lives: one made when the
            # table was empty reads through the organisation for each row.
            await db.engine.dispose()
    return crowd


async def _add(crowd: Crowd, numbers: Iterable[int], every: int, tx: Transaction) -> None:
    contacts, identifiers, features, marked = [], [], [], []
    keys: list[tuple[Any, ...]] = []
    before: UUID | None = None
    for number in numbers:
        shares = number % every == 0
        row, held = member(number, crowd.org_id, crowd.act.new_id())
        held += SHARED if shares else ()
        (crowd.sharing if shares else crowd.plain).append(row["id"])
        record = encode_record(tx.dialect, crowd.org_id, row["id"], contact_facts(row, held, (), None))
        contacts.append(row)
        identifiers += [_identifier(crowd, row["id"], one) for one in held]
        keys += record.keys
        features.append(record.features)
        if before and number % 100 == 3:
            marked.append(PairRow(crowd.org_id, before, row["id"], "benchmark", None, None, crowd.act.now))
        before = row["id"]
    if tx.dialect == "sqlite":
        await tx.run_driver_sql("PRAGMA cache_size = -1000000", [()])
    await insert_encoded(tx, contact, encode(contact, tx.dialect, contacts))
    await insert_encoded(tx, identifier, encode(identifier, tx.dialect, identifiers))
    await add_records(tx, keys, features)
    await add_pairs(tx, marked)


def member(number: int, org_id: UUID, contact_id: UUID) -> tuple[dict[str, Any], tuple[Identifying, ...]]:
    """(The contact by its columns, its identifiers.) What a person is comes from the person's number, what of it this
    contact tells from its own."""
    person = number - 1 if number % 4 == 3 else number
    who, told = random.Random(person), random.Random(number)
    given, family = _word(who, 700, 2).title(), _word(who, 9_000, 3).title()
    email = f"{given}.{family}{who.randrange(1_000)}@mail{who.randrange(40)}.com".lower()
    phone = f"+49151{person:08d}"
    at = _STARTED + timedelta(minutes=number * 3 % 3_000_000)
    held = [
        *([Identifying("EMAIL", email, email)] if told.random() < 0.8 else ()),
        *([Identifying("PHONE", phone, phone)] if told.random() < 0.6 else ()),
        *([Identifying("EXTERNAL_ID", f"C-{number}", f"c-{number}", "crm")] if told.random() < 0.5 else ()),
    ]
    row = _BLANK | {
        "org_id": org_id,
        "id": contact_id,
        "canonical_id": contact_id,
        "role": "USER" if told.random() < 0.7 else "LEAD",
        "name": f"{given} {family}" if told.random() < 0.85 else None,
        "company": f"{_word(who, 3_000, 3).title()} GmbH" if told.random() < 0.3 else None,
        "address": {"postalCode": f"{10_000 + who.randrange(3_000)}"} if told.random() < 0.3 else None,
        "birthdate": _BORN + timedelta(days=who.randrange(20_000)) if told.random() < 0.1 else None,
        "created_at": at,
        "updated_at": at,
        "base_at": at,
        "last_activity_sort": at + timedelta(days=30),
        "name_sort": f"{given} {family}".lower(),
    }
    return row, tuple(held)


def _word(rng: random.Random, different: int, syllables: int) -> str:
    """One of so many words, the commonest at 1 / sqrt(different)."""
    return _spelt(int(different * rng.random() ** 2), syllables)


@cache
def _spelt(place: int, syllables: int) -> str:
    return "".join(random.Random(place * 7 + syllables).choices(_SYLLABLES, k=syllables))


def _identifier(crowd: Crowd, contact_id: UUID, one: Identifying) -> dict[str, Any]:
    return {
        "org_id": crowd.org_id,
        "id": crowd.act.new_id(),
        "contact_id": contact_id,
        "kind": one.kind,
        "system": one.system,
        "value": one.value,
        "normalized": one.normalized,
        "verified": False,
        "created_at": crowd.act.now,
        "removed_via_id": None,
        "removed_at": None,
    }


def spread(rng: random.Random, ids: Sequence[UUID], number: int) -> list[UUID]:
    """So many of them, drawn at random; all when there are fewer."""
    return rng.sample(ids, min(number, len(ids)))
