"""Labels of an organisation, and which contact was given which."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, table_of, tenant_key
from db.tags import TagRow, Tags


class Label(SQLModel, table=True):
    """A label; `name_key` is its name as compared (NFKC, casefolded)."""

    __table_args__ = (
        tenant_key(target="organization_lock", target_columns=("org_id",)),
        UniqueConstraint("org_id", "name_key"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    name: str
    name_key: str
    color: str | None = None
    created_at: datetime


class ContactLabel(SQLModel, table=True):
    """A label on the contact it was given to; taken off by a tombstone, as identifiers are."""

    __tablename__ = "contact_label"
    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        tenant_key("label_id", target="label"),
        Index("ix_contact_label_label", "org_id", "label_id"),
        KEY_IS_TABLE,
    )
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    label_id: UUID = Field(primary_key=True)
    created_at: datetime
    removed_via_id: UUID | None = None
    removed_at: datetime | None = None


label = table_of(Label)
contact_label = table_of(ContactLabel)
LabelRow = TagRow
LABELS = Tags(label, contact_label, "label_id", LabelRow)
