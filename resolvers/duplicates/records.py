"""Keeping what matching stores beside contacts in step with them, in the transaction that changes them."""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from db.base import Plain
from db.bulk import Encoded, encode
from db.contacts import ContactRow, contact_values
from db.engine import Transaction
from db.match_facts import TreeFacts, facts_of_trees
from db.matching import match_features, match_key, put_records
from resolvers.contacts.values import Identifying
from resolvers.matching.contact import ChannelFacts, ContactFacts
from resolvers.matching.record import MatchRecord, record_of

# A survivor's own columns that matching looks at; all else comes from the identifiers and channels of its tree.
_own = attrgetter("name", "company", "address", "birthdate")


class EncodedRecord(NamedTuple):
    """What is stored of one contact, in the form of its database's driver (db/bulk.py)."""

    keys: Sequence[Encoded]
    features: Encoded


def is_seen(before: ContactRow, after: ContactRow) -> bool:
    """Whether an edit of a contact's own values changes what matching knows of it."""
    return bool(_own(before) != _own(after))


async def keep_in_step(tx: Transaction, roots: Sequence[ContactRow], merged: Sequence[UUID] = ()) -> None:
    """Makes the keys and the features of these survivors of one organisation anew, as rows, identifiers and channels
    stand now; the keys of those that were `merged` away go. Four statements, for any number."""
    org_id = roots[0].org_id
    found = await facts_of_trees(tx, [org_id], [row.id for row in roots])
    keys, features = [], []
    for row in roots:
        record = record_of(tree_facts(row, found[row.id]))
        keys += _key_rows(org_id, row.id, record)
        features.append(_features_row(org_id, row.id, record))
    await put_records(tx, org_id, [*(row.id for row in roots), *merged], keys, features)


def contact_facts(
    values: Mapping[str, Any],
    identifiers: Iterable[Identifying],
    channels: Iterable[ChannelFacts],
    region: str | None,
) -> ContactFacts:
    """A contact as matching is told of it. `values`: its own row by columns. What changes with every message, and what
    a block changes, is not among it: detection reads those beside (judging.py)."""
    address = values["address"] or {}
    return ContactFacts(
        name=values["name"],
        identifiers=tuple(identifiers),
        channels=tuple(channels),
        company=values["company"],
        street=address.get("line1"),
        city=address.get("city"),
        postal_code=address.get("postalCode"),
        country=address.get("country"),
        birthdate=values["birthdate"],
        active_from=values["created_at"].date(),
        region=region,
    )


def encode_record(dialect: str, org_id: UUID, contact_id: UUID, facts: ContactFacts) -> EncodedRecord:
    """What is stored of a new contact. Pure; needs no connection."""
    record = record_of(facts)
    return EncodedRecord(
        encode(match_key, dialect, _key_rows(org_id, contact_id, record)),
        encode(match_features, dialect, [_features_row(org_id, contact_id, record)])[0],
    )


def tree_facts(row: ContactRow, tree: TreeFacts) -> ContactFacts:
    """A survivor with all that was merged into it, as matching is told of it."""
    identifiers = [
        Identifying(kind, value, normalized, system, verified)
        for kind, system, value, normalized, verified in tree.identifiers
    ]
    return contact_facts(contact_values(row), identifiers, (ChannelFacts(*one) for one in tree.channels), tree.region)


def _key_rows(org_id: UUID, contact_id: UUID, record: MatchRecord) -> list[dict[str, Any]]:
    shared = {"org_id": org_id, "contact_id": contact_id, "coarse": record.coarse}
    return [shared | {"key": key.hash, "kind": key.kind} for key in record.keys]


def _features_row(org_id: UUID, contact_id: UUID, record: MatchRecord) -> dict[str, Any]:
    return {
        "org_id": org_id,
        "contact_id": contact_id,
        "features": Plain(record.features),
        "model_version": record.model_version,
    }
