"""What a merge would do."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import strawberry

from resolvers.merging.counting import Counts, counts_of
from resolvers.merging.preview import Preview, Snapshot
from schema.contact_fields import contact_id
from schema.contact_parts import (
    Address,
    FieldProvenance,
    Identifier,
    address_type,
    identifier_type,
    provenance_type,
)
from schema.context import Info
from schema.described import about, resolved
from schema.enums import AvailabilityStatus, ContactRole
from schema.errors import UserError, user_errors_of
from schema.hanging_types import Segment, segment_type
from schema.organization import Label, label_type
from schema.scalars import JSON


@strawberry.type(description="The fields of a contact as they would stand after a merge.")
class ContactSnapshot:
    """The type `ContactSnapshot`."""

    id: strawberry.ID = about("The primary's id.")
    role: ContactRole | None = about("LEAD or USER.")
    name: str | None = about("The name.")
    avatar_url: str | None = about("Where a picture lies.")
    company: str | None = about("The company.")
    title: str | None = about("The title or position.")
    email: str | None = about("The leading address.")
    phone: str | None = about("The leading number.")
    address: Address | None = about("The postal address.")
    language: str | None = about("The language.")
    timezone: str | None = about("The time zone.")
    birthdate: date | None = about("The day of birth.")
    blocked: bool = about("Whether it would be blocked.")
    unsubscribed: bool = about("Whether it would be opted out.")
    is_admin: bool = about("Whether it would have a privilege with you: only if the primary has.")
    availability_status: AvailabilityStatus | None = about("Whether the person can be reached now.")
    custom_attributes: JSON = about("Your own attributes, united.")
    metadata: JSON = about("More of your own data, united.")
    additional_attributes: JSON = about("What a platform adds, united.")
    identifiers: list[Identifier] = about("Everything that it could be found by.")
    labels: list[Label] = about("Its labels.")
    segments: list[Segment] = about("The segments that it would be in.")


@strawberry.type(description="How much hangs on the sources and would be seen under the primary.")
class MergeCounts:
    """The type `MergeCounts`."""

    identifiers: int = about("Identifiers of the sources, those that the primary has as well among them.")
    labels: int = about("Labels of the sources, those that the primary has as well among them.")
    segments: int = about("Segments of the sources, those that the primary is in as well among them.")
    channels: int = about("Channels of the sources, those that the primary has as well among them.")
    inboxes: int = about("Addresses of the sources in inboxes, those that the primary has as well among them.")
    conversations: int = about("Conversations of the sources, with all of their messages.")
    calls: int = about("Calls of the sources.")
    notes: int = about("Notes on the sources.")
    memories: int = about("Personas that the sources have a memory with, those that the primary has one with as well.")


@strawberry.type(description="What mergeContacts would do with the same input. Nothing is written.")
class MergePreview:
    """The type `MergePreview`."""

    allowed: bool = about("Whether it would be carried out. If not, userErrors says why.")
    merged: ContactSnapshot | None = about("The primary as it would stand; null when it would be refused.")
    merged_contact_ids: list[strawberry.ID] = about("The sources, named or detected, in the order of the merge.")
    remaining_duplicates: int = about("Detected but left over, by the limit of 50 or by a rule.")
    fields: list[FieldProvenance] = about("For each field the value, whose it is, by which rule, and what it beats.")
    hash: str = about("Send it as `expectedPreviewHash`, and nothing else than this is done.")
    user_errors: list[UserError] = about("Why it would be refused.")
    source_ids: strawberry.Private[Sequence[UUID]]

    @resolved("How much would come along; counted when asked for.", cost=10)
    async def counts(self, info: Info) -> MergeCounts:
        """Nothing for a merge that would be refused."""
        return _counts(await counts_of(info.context.db, info.context.act, self.source_ids))


def preview_type(found: Preview) -> MergePreview:
    """A preview as its type."""
    return MergePreview(
        allowed=not found.refusals,
        merged=_snapshot(found.snapshot) if found.snapshot else None,
        merged_contact_ids=[contact_id(source) for source in found.source_ids],
        remaining_duplicates=found.remaining,
        fields=[provenance_type(origin) for origin in found.fields],
        hash=found.hash,
        user_errors=user_errors_of(found.refusals),
        source_ids=found.source_ids,
    )


def refused_preview(errors: list[UserError]) -> MergePreview:
    """The preview of an input that is wrong in itself."""
    return MergePreview(
        allowed=False,
        merged=None,
        merged_contact_ids=[],
        remaining_duplicates=0,
        fields=[],
        hash="",
        user_errors=errors,
        source_ids=(),
    )


def _snapshot(shown: Snapshot) -> ContactSnapshot:
    row = shown.row
    return ContactSnapshot(
        id=contact_id(row.id),
        role=ContactRole(row.role) if row.role else None,
        name=row.name,
        avatar_url=row.avatar_url,
        company=row.company,
        title=row.title,
        email=row.email,
        phone=row.phone,
        address=address_type(row.address),
        language=row.language,
        timezone=row.timezone,
        birthdate=row.birthdate,
        blocked=row.blocked,
        unsubscribed=row.unsubscribed,
        is_admin=row.is_admin,
        availability_status=AvailabilityStatus(row.availability_status) if row.availability_status else None,
        custom_attributes=JSON(row.custom_attributes),
        metadata=JSON(row.metadata),
        additional_attributes=JSON(row.additional_attributes),
        identifiers=[identifier_type(found) for found in shown.identifiers],
        labels=[label_type(label) for label in shown.labels],
        segments=[segment_type(segment) for segment in shown.segments],
    )


def _counts(found: Counts) -> MergeCounts:
    return MergeCounts(
        identifiers=found.identifiers,
        labels=found.labels,
        segments=found.segments,
        channels=found.channels,
        inboxes=found.inboxes,
        conversations=found.conversations,
        calls=found.calls,
        notes=found.notes,
        memories=found.memories,
    )
