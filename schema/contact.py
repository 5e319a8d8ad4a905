"""Contacts and merges: two nouns that lead to each other, so they share a file."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from db.contacts import ContactRow
from db.engine import Database
from db.merges import MergeRow
from resolvers.access import Act
from resolvers.contacts.children import identifiers_of_contacts, labels_of_contacts, merged_ids_of_contacts
from resolvers.contacts.read import survivors_of
from resolvers.ids import CONTACT, MERGE, ORGANIZATION, encode_id
from resolvers.merging.history import (
    NamedSource,
    count_merges_of_contacts,
    merges_of_contacts,
    sources_of_merges,
)
from resolvers.merging.provenance import changes_of, provenance_of
from resolvers.paging import Page, read_page
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
from schema.enums import AvailabilityStatus, ContactRole, IdentifierKind, MergeKind
from schema.node import Node
from schema.organization import Label, label_type
from schema.paging import Connection, connection
from schema.scalars import JSON


@strawberry.type(description="A contact that a merge took as a source.")
class MergeSource:
    """The type `MergeSource`."""

    contact_id: strawberry.ID | None = about("Its id, which leads to the survivor since.")
    name: str | None = about("Its own name; null when it had none or was erased since.")
    undone_at: datetime | None = about("When it was taken out again.")
    undone_by: str | None = about("The key that did it.")
    undo_reason: str | None = about("Why, in the caller's words.")


@strawberry.type(description="A merge in the history: who merged what into whom, when and why.")
class Merge(Node):
    """The type `Merge`."""

    kind: MergeKind = about("What was merged.")
    primary_contact_id: strawberry.ID | None = about("The contact that the sources were merged into.")
    detected: bool = about("Whether the sources were detected rather than named.")
    reason: str | None = about("Why, in the caller's words.")
    actor: str = about("The key that merged: its name, or the beginning of its id.")
    created_at: datetime = about("When.")
    undone_at: datetime | None = about("When the last source was taken out again; null while one is still merged.")
    undone_by: str | None = about("The key that took out the last source.")
    row: strawberry.Private[MergeRow]

    @resolved("Whether undoMerge can take it back: any merge that is not undone and whose contacts were not erased.")
    async def undoable(self, info: Info) -> bool:
        """`Merge.undoable`."""
        if self.row.undone_at is not None or self.row.primary_contact_id is None:
            return False
        return await info.context.load(_survivors, self.row.primary_contact_id) is not None

    @resolved("Whoever the primary leads to now; null once it was erased.")
    async def primary(self, info: Info) -> "Contact | None":
        """`Merge.primary`."""
        if self.row.primary_contact_id is None:
            return None
        found = await info.context.load(_survivors, self.row.primary_contact_id)
        return contact_type(found) if found else None

    @resolved("What was merged, in the order in which blanks were filled.")
    async def sources(self, info: Info) -> list[MergeSource]:
        """`Merge.sources`."""
        return [_source_type(source) for source in await info.context.load(sources_of_merges, self.row.id)]

    @resolved("The fields of the primary that this merge changed, as it left them. Empty once the primary was erased.")
    def changes(self) -> list[FieldProvenance]:
        """`Merge.changes`."""
        return [provenance_type(origin) for origin in changes_of(self.row)]


@strawberry.type(description="A person as your platforms know them. Contacts that were merged are one.")
class Contact(Node):
    """The type `Contact`."""

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
    updated_at: datetime = about("Moves on edit, merge, undo, identifier and label change; not on activity.")
    first_seen_at: datetime | None = about("When the person was first seen; after a merge the earliest.")
    last_activity_at: datetime | None = about("When the person was last active; after a merge the latest.")
    version: int = about("Rises with every change: send it as `expectedVersion` to change only what you have seen.")
    row: strawberry.Private[ContactRow]

    @resolved("Everything that the contact can be found by, through merges too; equal ones are shown once.")
    async def identifiers(
        self,
        info: Info,
        kind: Annotated[IdentifierKind | None, strawberry.argument(description="Only of this kind.")] = None,
    ) -> list[Identifier]:
        """`Contact.identifiers`."""
        rows = await info.context.load(identifiers_of_contacts, self.row.id)
        return [identifier_type(row) for row in rows if kind is None or row.kind == kind]

    @resolved("Its labels, through merges too, by name.")
    async def labels(self, info: Info) -> list[Label]:
        """`Contact.labels`."""
        return [label_type(row) for row in await info.context.load(labels_of_contacts, self.row.id)]

    @resolved("Every id that now leads here, at any depth, whole.")
    async def merged_contact_ids(self, info: Info) -> list[strawberry.ID]:
        """`Contact.mergedContactIds`."""
        return [contact_id(merged) for merged in await info.context.load(merged_ids_of_contacts, self.row.id)]

    @resolved("The merges into this contact and into those that were merged into it, newest first.")
    async def merges(
        self,
        info: Info,
        first: Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")] = 20,
        after: Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")] = None,
    ) -> Connection[Merge]:
        """`Contact.merges`."""
        page = read_page(first, after)

        async def ask(db: Database, act: Act, roots: Sequence[UUID]) -> Sequence[Page[MergeRow]]:
            return await merges_of_contacts(db, act, roots, page)

        async def count() -> int:
            return await info.context.load(count_merges_of_contacts, self.row.id)

        found = await info.context.load_as((merges_of_contacts, page), ask, self.row.id)
        return connection(found, merge_type, count)

    @resolved("For each field the contact its value comes from, the rule, and what it beat; true after edits too.")
    async def provenance(self, info: Info) -> list[FieldProvenance]:
        """`Contact.provenance`."""
        return [provenance_type(origin) for origin in await info.context.load(provenance_of, self.row.id)]


def contact_id(value: UUID) -> strawberry.ID:
    """A contact's id as clients know it."""
    return strawberry.ID(encode_id(CONTACT, value))


def contact_type(row: ContactRow) -> Contact:
    """A living row as its type."""
    return Contact(
        id=contact_id(row.id),
        organization_id=strawberry.ID(encode_id(ORGANIZATION, row.org_id)),
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
        blocked_at=row.blocked_at,
        unsubscribed=row.unsubscribed,
        unsubscribed_at=row.unsubscribed_at,
        unsubscribe_reason=row.unsubscribe_reason,
        unsubscribe_feedback=row.unsubscribe_feedback,
        is_admin=row.is_admin,
        availability_status=AvailabilityStatus(row.availability_status) if row.availability_status else None,
        custom_attributes=_json(row.custom_attributes),
        metadata=_json(row.metadata),
        additional_attributes=_json(row.additional_attributes),
        created_at=row.created_at,
        updated_at=row.updated_at,
        first_seen_at=row.first_seen_at,
        last_activity_at=row.last_activity_at,
        version=row.version,
        row=row,
    )


def merge_type(row: MergeRow) -> Merge:
    """A row as its type."""
    return Merge(
        id=strawberry.ID(encode_id(MERGE, row.id)),
        kind=MergeKind(row.kind),
        primary_contact_id=contact_id(row.primary_contact_id) if row.primary_contact_id else None,
        detected=row.detected,
        reason=row.reason,
        actor=row.actor,
        created_at=row.created_at,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        row=row,
    )


async def _survivors(db: Database, act: Act, ids: Sequence[UUID]) -> list[ContactRow | None]:
    found = await survivors_of(db, act, ids)
    return [found.get(contact) for contact in ids]


def _source_type(named: NamedSource) -> MergeSource:
    source = named.source
    return MergeSource(
        contact_id=contact_id(source.contact_id) if source.contact_id else None,
        name=named.name,
        undone_at=source.undone_at,
        undone_by=source.undone_by,
        undo_reason=source.undo_reason,
    )


def _json(value: dict[str, Any]) -> JSON:
    return JSON(value)
