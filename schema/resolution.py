"""What became of a contact id."""

from datetime import datetime

import strawberry

from resolvers.contacts.read import Resolution
from schema.contact import Contact, Merge, contact_type, merge_type
from schema.described import about
from schema.enums import ContactStatus


@strawberry.type(description="What became of a contact id. Old ids are answered for ever.")
class ContactResolution:
    """The type `ContactResolution`."""

    id: strawberry.ID = about("The id that was asked for.")
    status: ContactStatus = about("What became of it.")
    contact: Contact | None = about("The living contact that it leads to; null once erased.")
    path: list[Merge] = about("The merges on the way to it, the first one first.")
    deleted_at: datetime | None = about("When it was erased.")
    deleted_by: str | None = about("The key that erased it.")
    delete_reason: str | None = about("Why it was erased, in the caller's words.")


def resolution_type(asked: str, found: Resolution) -> ContactResolution:
    """A resolution as its type."""
    merged = ContactStatus.MERGED if found.path else ContactStatus.ACTIVE
    erasure = found.erasure
    return ContactResolution(
        id=strawberry.ID(asked),
        status=ContactStatus.DELETED if erasure else merged,
        contact=contact_type(found.contact) if found.contact else None,
        path=[merge_type(row) for row in found.path],
        deleted_at=erasure.created_at if erasure else None,
        deleted_by=erasure.actor if erasure else None,
        delete_reason=erasure.reason if erasure else None,
    )
