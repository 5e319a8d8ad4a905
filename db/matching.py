"""What matching keeps beside living contacts: the keys that they share with others, and their normalised values.

An index, not history: rows belong to survivors. A merge deletes the keys of its sources, an undo makes them again. What
a merged-away contact was last known by stays, frozen like its row, and nothing reads it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, Json, any_of, by_dialect, table_of, tenant_key
from db.bulk import Encoded, insert_encoded
from db.engine import Transaction


class MatchKey(SQLModel, table=True):
    """One blocking key of a survivor. `key`: the 64-bit hash of its text; `kind`: its first letter; `coarse`: a mark to
    count people by. Without a foreign key to the contact: five rows a contact, and each would look it up."""

    __tablename__ = "match_key"
    __table_args__ = (
        # What lists the holders of a key also says how many people they are: no look at the row.
        PrimaryKeyConstraint("org_id", "key", "contact_id", postgresql_include=["coarse"]),
        Index("ix_match_key_contact", "org_id", "contact_id"),
        KEY_IS_TABLE,
    )
    org_id: UUID = Field(primary_key=True)
    key: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    contact_id: UUID = Field(primary_key=True)
    kind: str
    coarse: str | None = None


class MatchFeatures(SQLModel, table=True):
    """The normalised values of a survivor, and by which version of the rules they were made."""

    __tablename__ = "match_features"
    __table_args__ = (tenant_key("contact_id", target="contact"), KEY_IS_TABLE)
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    features: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    model_version: int = Field(sa_column=Column(SmallInteger, nullable=False))


class MatchModel(SQLModel, table=True):
    """One row: the version of the rules by which everything was last made. Undistributed, like the organisations."""

    __tablename__ = "match_model"
    id: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    version: int = Field(sa_column=Column(SmallInteger, nullable=False))


match_key = table_of(MatchKey)
match_features = table_of(MatchFeatures)
match_model = table_of(MatchModel)

_forget = delete(match_key).where(match_key.c.org_id == bindparam("org"), any_of(match_key.c.contact_id, "contacts"))
_erase = delete(match_features).where(
    match_features.c.org_id == bindparam("org"), any_of(match_features.c.contact_id, "contacts")
)
_keep = by_dialect(
    lambda insert: insert(match_features).on_conflict_do_update(
        index_elements=["org_id", "contact_id"],
        set_={name: insert(match_features).excluded[name] for name in ("features", "model_version")},
    )
)


async def add_records(tx: Transaction, keys: Sequence[Encoded], features: Sequence[Encoded]) -> None:
    """Rows of contacts that are new, in the form of the driver (db/bulk.py). Two statements.

    Keys are hashes and stand anywhere in the table's tree: in their order each page is written once.
    """
    await insert_encoded(tx, match_features, features)
    await insert_encoded(tx, match_key, sorted(keys))


async def put_records(
    tx: Transaction,
    org_id: UUID,
    contacts: Sequence[UUID],
    keys: Sequence[dict[str, Any]],
    features: Sequence[dict[str, Any]],
) -> None:
    """Makes these the only keys of these contacts, of which those without `features` keep what they have. Three
    statements."""
    await tx.run(_forget, {"org": org_id, "contacts": contacts})
    if keys:
        await tx.run(insert(match_key), keys)
    await tx.run(_keep[tx.dialect], features)


async def erase(tx: Transaction, org_id: UUID, contacts: Sequence[UUID]) -> None:
    """Deletes all that is kept of these contacts."""
    await tx.run(_forget, {"org": org_id, "contacts": contacts})
    await tx.run(_erase, {"org": org_id, "contacts": contacts})


async def model_version(tx: Transaction) -> int:
    """By which rules everything was last made; 0 for a database that is older than matching."""
    row = await tx.row(select(match_model.c.version))
    return int(row.version) if row else 0


async def set_model_version(tx: Transaction, version: int) -> None:
    """Notes that everything was made by these rules."""
    if await tx.run(update(match_model).values(version=version)) == 0:
        await tx.run(insert(match_model), {"id": 1, "version": version})
