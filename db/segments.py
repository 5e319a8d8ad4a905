"""Segments of an organisation, and which contact is in which."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, table_of, tenant_key
from db.tags import TagRow, Tags


class Segment(SQLModel, table=True):
    """A segment; `name_key` is its name as compared (NFKC, casefolded)."""

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
    updated_at: datetime


class ContactSegment(SQLModel, table=True):
    """A contact, as first given, in a segment; taken out by a tombstone, as identifiers are."""

    __tablename__ = "contact_segment"
    __table_args__ = (
        tenant_key("contact_id", target="contact"),
        tenant_key("segment_id", target="segment"),
        Index("ix_contact_segment_segment", "org_id", "segment_id"),
        KEY_IS_TABLE,
    )
    org_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(primary_key=True)
    segment_id: UUID = Field(primary_key=True)
    created_at: datetime
    removed_via_id: UUID | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SegmentRow(TagRow):
    """A row of `segment`."""

    created_at: datetime
    updated_at: datetime


segment = table_of(Segment)
contact_segment = table_of(ContactSegment)
SEGMENTS = Tags(segment, contact_segment, "segment_id", SegmentRow)
