"""Which lines of which import source are already here."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, any_of, table_of, tenant_key
from db.engine import Transaction

CONTACT_REF = "CONTACT"
CONVERSATION_REF = "CONVERSATION"


class ImportRef(SQLModel, table=True):
    """A line that was imported. `ref` is a keyed hash (a ref may be an address), kept when its target is erased."""

    __tablename__ = "import_ref"
    __table_args__ = (tenant_key(target="organization_lock", target_columns=("org_id",)), KEY_IS_TABLE)
    org_id: UUID = Field(primary_key=True)
    source: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    ref: str = Field(primary_key=True)
    target_id: UUID
    created_at: datetime


import_ref = table_of(ImportRef)

_known = select(import_ref.c.ref, import_ref.c.target_id).where(
    import_ref.c.org_id == bindparam("org"),
    import_ref.c.source == bindparam("source"),
    import_ref.c.kind == bindparam("kind"),
    any_of(import_ref.c.ref, "refs"),
)


async def known_refs(tx: Transaction, org_id: UUID, source: str, kind: str, refs: Sequence[str]) -> dict[str, UUID]:
    """The targets of those refs (hashes) that were imported before."""
    parameters = {"org": org_id, "source": source, "kind": kind, "refs": refs}
    return {row.ref: row.target_id for row in await tx.rows(_known, parameters)}
