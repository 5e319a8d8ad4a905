"""The fields of a contact that are values of its own row."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from db.contacts import ContactRow
from resolvers.ids import CONTACT, ORGANIZATION, encode_id
from schema.contact_parts import Address, address_type
from schema.described import about
from schema.enums import AvailabilityStatus, ContactRole
from schema.scalars import JSON


@strawberry.type(description="What a contact's own row holds.")
class ContactFields:
    """What `Contact` has beside what hangs on it."""

    organization_id: strawberry.ID = about("The organization that it belongs to.")
    role: ContactRole | None = about("LEAD or USER; null when it was never said.")
    name: str | None = about("The name.")
    avatar_url: str | None = about("Where a picture lies.")
    company: str | None = about("The company.")
    title: str | None = about("The title or position.")
    email: str | None = about("The leading address, as it was given. All of them: `identifiers(kind: EMAIL)`.")
    phone: str | None = about("The leading number: E.164 where its region is known, else its digits.")
    address: Address | None = about("The postal address.")
    language: str | None = about("The language, such as `pt-BR`.")
    timezone: str | None = about("The time zone, such as `Europe/Berlin`.")
    birthdate: date | None = about("The day of birth.")
    blocked: bool = about("Whether the contact is blocked. A merge blocks if any of its contacts is.")
    blocked_at: datetime | None = about("Since when; after a merge the earliest.")
    unsubscribed: bool = about("Whether it opted out. A merge opts out if any of its contacts did.")
    unsubscribed_at: datetime | None = about("Since when; after a merge the earliest.")
    unsubscribe_reason: str | None = about("The reason that was given.")
    unsubscribe_feedback: str | None = about("What was said with it.")
    is_admin: bool = about("Whether it has a privilege with you. A merge never grants it.")
    availability_status: AvailabilityStatus | None = about("Whether the person can be reached now.")
    custom_attributes: JSON = about("Your own attributes; a merge unites them key by key, the primary's value wins.")
    metadata: JSON = about("More of your own data, merged the same way.")
    additional_attributes: JSON = about("What a platform adds, merged the same way.")
    created_at: datetime = about("When the contact came to be; a merge keeps the primary's.")
    updated_at: datetime = about(
        "Moves on edit, merge, undo, and a change of identifiers, labels, segments, channels or inboxes; not on "
        "activity and memories."
    )
    first_seen_at: datetime | None = about("When the person was first seen; after a merge the earliest.")
    last_activity_at: datetime | None = about("When the person was last active; after a merge the latest.")
    version: int = about("Rises with every change: send it as `expectedVersion` to change only what you have seen.")


def contact_fields(row: ContactRow) -> dict[str, Any]:
    """Their values."""
    return {
        "organization_id": strawberry.ID(encode_id(ORGANIZATION, row.org_id)),
        "role": ContactRole(row.role) if row.role else None,
        "name": row.name,
        "avatar_url": row.avatar_url,
        "company": row.company,
        "title": row.title,
        "email": row.email,
        "phone": row.phone,
        "address": address_type(row.address),
        "language": row.language,
        "timezone": row.timezone,
        "birthdate": row.birthdate,
        "blocked": row.blocked,
        "blocked_at": row.blocked_at,
        "unsubscribed": row.unsubscribed,
        "unsubscribed_at": row.unsubscribed_at,
        "unsubscribe_reason": row.unsubscribe_reason,
        "unsubscribe_feedback": row.unsubscribe_feedback,
        "is_admin": row.is_admin,
        "availability_status": AvailabilityStatus(row.availability_status) if row.availability_status else None,
        "custom_attributes": JSON(row.custom_attributes),
        "metadata": JSON(row.metadata),
        "additional_attributes": JSON(row.additional_attributes),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "first_seen_at": row.first_seen_at,
        "last_activity_at": row.last_activity_at,
        "version": row.version,
    }


def contact_id(value: UUID) -> strawberry.ID:
    """A contact's id as clients know it."""
    return strawberry.ID(encode_id(CONTACT, value))
