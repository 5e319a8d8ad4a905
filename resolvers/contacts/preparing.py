"""Rows of an import, read and encoded before anything is locked: work that another process can do.

Everything here is plain data that can be pickled; nothing needs a connection.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from db.bulk import Encoded, encode
from db.contacts import ContactRow
from db.idempotency import StoredAnswer
from db.imports import CONTACT_REF, import_ref
from resolvers.access import Act
from resolvers.contacts.create import OPERATION, EncodedContact, encode_contact, new_values
from resolvers.contacts.exclusive import is_exclusive
from resolvers.contacts.fields import Fields
from resolvers.contacts.inputs import CREATE_FIELDS, read_new_contact
from resolvers.contacts.values import Identifying
from resolvers.errors import Refused, UserError
from resolvers.idempotency import answer_for, comparable
from resolvers.ids import ORGANIZATION, encode_id
from resolvers.merging.request import read_key


@dataclass(frozen=True)
class ImportTerms:
    """What rows are read by. `source` and `ref_key` are for files, whose lines have refs."""

    org_id: UUID
    dialect: str
    default_region: str | None
    identifier_rule: str
    source: str = ""
    ref_key: bytes = b""


class PreparedRow(NamedTuple):
    """One row: encoded, or why it cannot be taken. `exclusive`: identifiers that one contact alone may hold."""

    errors: tuple[UserError, ...] = ()
    contact_id: UUID | None = None
    encoded: EncodedContact | None = None
    exclusive: tuple[Identifying, ...] = ()
    answer: StoredAnswer | None = None
    row: ContactRow | None = None  # only where somebody wants to see it
    ref: str | None = None  # the keyed hash
    claim: Encoded | None = None


def prepare_row(act: Act, terms: ImportTerms, raw: Mapping[str, Any]) -> PreparedRow:
    """A row of importContacts."""
    try:
        return _prepare(act, terms, raw, None)
    except Refused as refused:
        return PreparedRow(errors=refused.errors)


def prepare_line(act: Act, terms: ImportTerms, raw: Mapping[str, Any], ref: str) -> PreparedRow:
    """A line of a file, with its ref."""
    hashed = ref_hash(terms, ref)
    try:
        return _prepare(act, terms, raw, hashed)
    except Refused as refused:
        return PreparedRow(errors=refused.errors, ref=hashed)


def ref_hash(terms: ImportTerms, ref: str, kind: str = CONTACT_REF) -> str:
    """What is kept of a ref, which may be an address: HMAC-SHA256 under the organisation's key."""
    return _hashed(terms.ref_key, f"{terms.source}\0{kind}\0{ref}")


@lru_cache(1024)  # the lines of one contact stand together, and each names it
def _hashed(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()


def _prepare(act: Act, terms: ImportTerms, raw: Mapping[str, Any], ref: str | None) -> PreparedRow:
    fields = Fields(raw)
    fields.expect_only(CREATE_FIELDS)
    if fields.given("organizationId") and fields.raw("organizationId") != encode_id(ORGANIZATION, terms.org_id):
        fields.wrong("The row names another organization than the one imported into; leave it out.", "organizationId")
    new = read_new_contact(fields, act.now, terms.default_region)
    values = new_values(act, terms.org_id, new)
    key = read_key(raw.get("idempotencyKey"))
    return PreparedRow(
        contact_id=values["id"],
        encoded=encode_contact(act, terms.dialect, values, new, terms.default_region),
        exclusive=tuple(i for i in new.identifiers if is_exclusive(terms.identifier_rule, i.kind)),
        answer=answer_for(key, OPERATION, comparable(raw), {"contact": values["id"].hex}) if key else None,
        row=ContactRow(**values) if ref is None else None,
        ref=ref,
        claim=claim_of(act, terms, CONTACT_REF, ref, values["id"]) if ref is not None else None,
    )


def claim_of(act: Act, terms: ImportTerms, kind: str, ref: str, target_id: UUID) -> Encoded:
    """The row that remembers a line by its ref (the keyed hash)."""
    claim = {
        "org_id": terms.org_id,
        "source": terms.source,
        "kind": kind,
        "ref": ref,
        "target_id": target_id,
        "created_at": act.now,
    }
    return encode(import_ref, terms.dialect, [claim])[0]
