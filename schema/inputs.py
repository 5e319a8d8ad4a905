"""Inputs, and how they become what the resolvers read: mappings by the API's field names."""

import dataclasses
from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from resolvers.matching.guard import GuardReason
from resolvers.merging import survivorship
from schema.channel_inputs import ChannelInput
from schema.described import about, optional
from schema.enums import (
    AvailabilityStatus,
    ContactField,
    ContactOrderField,
    ContactRole,
    IdentifierKind,
    IdentifierRule,
    MergeKind,
    OrderDirection,
    RoleRule,
)
from schema.scalars import JSON

IDEMPOTENCY_KEY = (
    "Makes a repeat safe: the same key and input give the first answer again, another input is "
    "IDEMPOTENCY_KEY_REUSED. 1 to 255 characters, such as a UUID."
)
ORGANIZATION_ID = "Needed only by a key that sees several organizations."


def raw(given: Any) -> dict[str, Any]:
    """An input as a mapping by the API's names, without what was left out; enums as their values."""
    return {
        to_camel_case(field.name): _plain(given_value)
        for field in dataclasses.fields(given)
        if (given_value := getattr(given, field.name)) is not strawberry.UNSET
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return raw(value) if dataclasses.is_dataclass(value) else value


@strawberry.input(description="An identifier to give to a contact or to find one by.")
class IdentifierInput:
    """The input `IdentifierInput`."""

    kind: IdentifierKind = about("What kind it is.")
    value: str = about("For instance `ann@example.com`, `+49 30 123456`, `cus_1234`. Kept as typed.")
    system: str | None = optional("For EXTERNAL_ID and USERNAME: the system, such as `crm`.")
    verified: bool | None = strawberry.field(description="Whether it was proven.", default=False)


@strawberry.input(description="A postal address; it replaces the one before as a whole.")
class AddressInput:
    """The input `AddressInput`."""

    line1: str | None = optional("Street and number.")
    line2: str | None = optional("What else helps to find the door.")
    city: str | None = optional("City.")
    region: str | None = optional("State, province or county.")
    postal_code: str | None = optional("Postal code.")
    country: str | None = optional("Two letters by ISO 3166, such as `DE`.")


@strawberry.input(description="A new contact. Everything may be left out.")
class CreateContactInput:
    """The input `CreateContactInput`."""

    organization_id: strawberry.ID | None = optional(ORGANIZATION_ID)
    role: ContactRole | None = optional("LEAD or USER.")
    name: str | None = optional("The name, at most 500 characters. Blank text counts as none.")
    email: str | None = optional("The leading address; it becomes an identifier too.")
    phone: str | None = optional("The leading number; it becomes an identifier too. Best with '+' and country code.")
    identifiers: list[IdentifierInput] | None = optional("All further identifiers, at most 200.")
    channels: list[ChannelInput] | None = optional("The ways to reach it, at most 50; no identifiers come of them.")
    avatar_url: str | None = optional("Where a picture lies.")
    company: str | None = optional("The company.")
    title: str | None = optional("The title or position.")
    address: AddressInput | None = optional("The postal address.")
    language: str | None = optional("The language, such as `pt-BR`.")
    timezone: str | None = optional("The time zone, such as `Europe/Berlin`.")
    birthdate: date | None = optional("The day of birth.")
    blocked: bool | None = optional("Whether the contact is blocked.")
    blocked_at: datetime | None = optional("Since when; now, when left out.")
    unsubscribed: bool | None = optional("Whether it opted out.")
    unsubscribed_at: datetime | None = optional("Since when; now, when left out.")
    unsubscribe_reason: str | None = optional("The reason that was given.")
    unsubscribe_feedback: str | None = optional("What was said with it.")
    is_admin: bool | None = optional("Whether it has a privilege with you.")
    availability_status: AvailabilityStatus | None = optional("Whether the person can be reached now.")
    custom_attributes: JSON | None = optional("An object with attributes of your own.")
    metadata: JSON | None = optional("An object with more of your own data.")
    additional_attributes: JSON | None = optional("An object with what a platform adds.")
    first_seen_at: datetime | None = optional("When the person was first seen.")
    last_activity_at: datetime | None = optional("When the person was last active.")
    created_at: datetime | None = optional("When the contact came to be: 1970 to now. It cannot be changed later.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@strawberry.input(description="A change. Left out: unchanged; null: cleared; attributes: RFC 7396 merge patch.")
class UpdateContactInput:
    """The input `UpdateContactInput`."""

    id: strawberry.ID = about("The contact. A merged-away id is refused with ALREADY_MERGED, naming the survivor.")
    role: ContactRole | None = optional("LEAD or USER.")
    name: str | None = optional("The name.")
    email: str | None = optional("The leading address. A new one is added to the identifiers; none is taken off.")
    phone: str | None = optional("The leading number. A new one is added to the identifiers; none is taken off.")
    avatar_url: str | None = optional("Where a picture lies.")
    company: str | None = optional("The company.")
    title: str | None = optional("The title or position.")
    address: AddressInput | None = optional("The postal address, as a whole.")
    language: str | None = optional("The language.")
    timezone: str | None = optional("The time zone.")
    birthdate: date | None = optional("The day of birth.")
    blocked: bool | None = optional("Whether the contact is blocked. null is refused.")
    unsubscribed: bool | None = optional("Whether it opted out. null is refused. false clears reason and feedback.")
    unsubscribe_reason: str | None = optional("The reason that was given.")
    unsubscribe_feedback: str | None = optional("What was said with it.")
    is_admin: bool | None = optional("Whether it has a privilege with you. null is refused.")
    availability_status: AvailabilityStatus | None = optional("Whether the person can be reached now.")
    custom_attributes: JSON | None = optional(
        'A merge patch: `{"plan": "pro"}` sets a key, `{"plan": null}` removes it.'
    )
    metadata: JSON | None = optional("A merge patch.")
    additional_attributes: JSON | None = optional("A merge patch.")
    first_seen_at: datetime | None = optional("When the person was first seen.")
    last_activity_at: datetime | None = optional("When it was last active itself; shown is the latest of its merges.")
    expected_version: int | None = optional("Refuse with STALE_VERSION unless the contact is at this version.")


@strawberry.input(description="Make a contact, or change the one that holds an identifier.")
class UpsertContactInput:
    """The input `UpsertContactInput`."""

    by: IdentifierInput = about("The identifier. Several holders: AMBIGUOUS_IDENTIFIER, one error for each.")
    contact: CreateContactInput = about(
        "The values. For a contact that exists they are a change, as in updateContact; createdAt, blockedAt and "
        "unsubscribedAt hold only when it is made."
    )


@strawberry.input(description="Which contact to erase.")
class DeleteContactInput:
    """The input `DeleteContactInput`."""

    id: strawberry.ID = about("A living contact. Everything that was merged into it is erased with it.")
    reason: str | None = optional("Why, kept with the id for `resolveContact`. Write no personal data here.")


@strawberry.input(description="Many new contacts at once.")
class ImportContactsInput:
    """The input `ImportContactsInput`."""

    contacts: list[CreateContactInput] = about("Up to 500.")
    organization_id: strawberry.ID | None = optional(ORGANIZATION_ID)


@strawberry.input(description="The labels that a contact shall have.")
class SetLabelsInput:
    """The input `SetLabelsInput`."""

    contact_id: strawberry.ID = about("The contact; a merged-away id lands on its survivor.")
    names: list[str] = about("The whole set, by name; what is missing is made, what is not named is taken off.")


@strawberry.input(description="An identifier to give to a contact.")
class AddIdentifierInput:
    """The input `AddIdentifierInput`."""

    contact_id: strawberry.ID = about("The contact; a merged-away id lands on its survivor.")
    identifier: IdentifierInput = about("The identifier. It leads when the contact had no leading one of its kind.")


@strawberry.input(description="An identifier to take off a contact, and off everything that was merged into it.")
class RemoveIdentifierInput:
    """The input `RemoveIdentifierInput`."""

    contact_id: strawberry.ID = about("The contact; a merged-away id lands on its survivor.")
    kind: IdentifierKind = about("What kind it is.")
    value: str = about("The identifier, in any spelling that has the same normal form.")
    system: str | None = optional("The system it belongs to, if any.")


@strawberry.input(description="Take this field from that contact. Give exactly one of field and customAttribute.")
class FieldOverride:
    """The input `FieldOverride`."""

    field: ContactField | None = optional(
        "The field. An attribute object is taken as a whole. BLOCKED, UNSUBSCRIBED, IS_ADMIN and LAST_ACTIVITY_AT are "
        "OVERRIDE_NOT_ALLOWED: consent and privilege are changed by an edit, never by a merge."
    )
    custom_attribute: str | None = optional("A top-level key of customAttributes, as it stands.")
    from_contact_id: strawberry.ID = about(
        "One of the contacts of the merge. When it has no value, there will be none."
    )


@strawberry.input(description="A merge: one primary, and its sources or none.")
class MergeContactsInput:
    """The input `MergeContactsInput`."""

    primary_contact_id: strawberry.ID = about("The contact that survives.")
    source_contact_ids: list[strawberry.ID] | None = optional(
        "1 to 50 contacts to merge into it, in the order in which blanks are filled. Left out or null: all "
        "auto-detected duplicates. An empty list is an error."
    )
    overrides: list[FieldOverride] | None = optional("Values that you choose yourself, against the rules.")
    expected_preview_hash: str | None = optional(
        "The `hash` of a mergePreview: refuse with STALE_PREVIEW when a value, a writer, a rule or a refusal that it "
        "showed has changed since."
    )
    allow_marked_distinct: bool | None = strawberry.field(
        description="Merge contacts that were marked as two people all the same. Detection never does.", default=False
    )
    reason: str | None = optional("Why, for the history; at most 1,000 characters.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    min_probability: float | None = optional(
        "Of detected duplicates: from which probability on to merge, from 0 to 1, instead of the organization's. It "
        "never opens a guard."
    )


@strawberry.input(description="A merge to take back, or some of its sources.")
class UndoMergeInput:
    """The input `UndoMergeInput`."""

    merge_id: strawberry.ID = about("The merge, as `Merge.id` and `Contact.merges` show it.")
    source_contact_ids: list[strawberry.ID] | None = optional(
        "Only these of its sources. Left out or null: all that are still merged. An empty list is an error."
    )
    source_conversation_ids: list[strawberry.ID] | None = optional("The same for a merge of conversations.")
    keep_apart: bool | None = strawberry.field(
        description="Also mark each of them and the primary as two people (see markDistinct).", default=False
    )
    reason: str | None = optional("Why, for the history; at most 1,000 characters.")


@strawberry.input(description="Contacts that are different people.")
class MarkDistinctInput:
    """The input `MarkDistinctInput`."""

    contact_ids: list[strawberry.ID] = about("2 to 50 living contacts: every two of them.")
    reason: str | None = optional("Why; at most 1,000 characters. Write no personal data here.")


@strawberry.input(description="A rule for one field.")
class FieldRuleInput:
    """The input `FieldRuleInput`."""

    field: ContactField = about("The field. Consent, privilege, attributes and times have rules of their own.")
    rule: survivorship.Rule = about("PRIMARY, or MOST_RECENT: the value that was written last.")


@strawberry.input(description="How the organization shall merge. Left out: unchanged.")
class UpdateMergeSettingsInput:
    """The input `UpdateMergeSettingsInput`."""

    organization_id: strawberry.ID | None = optional(ORGANIZATION_ID)
    role_rule: RoleRule | None = optional("Who may be merged into whom.")
    identifier_rule: IdentifierRule | None = optional("Whether several contacts may hold one identifier, from now on.")
    default_region: str | None = optional("The country in which phone numbers without '+' are read, such as `DE`.")
    survivorship: list[FieldRuleInput] | None = optional("The whole list; a field not named follows its default rule.")
    auto_merge_probability: float | None = optional(
        "From which probability on detected duplicates are merged, from 0 to 1; null: 0.98. It never opens a guard."
    )
    review_probability: float | None = optional("From which one on they are shown to a person; null: 0.5.")
    conversation_url_template: str | None = optional(
        "Where your agents open a conversation, with {id} in it, such as `https://desk.example/c/{id}`: the link in "
        "the notes of mergeConversations; null: the id alone."
    )
    extra_guards: list[GuardReason] | None = optional("Guards to add to those that always hold: STALE_PHONE. The list.")
    ignored_fields: list[str] | None = optional(
        "Fields that shall not count as evidence, such as `company`. What speaks against a pair in them still does."
    )


@strawberry.input(description="A span of time.")
class TimeRange:
    """The input `TimeRange`."""

    gte: datetime | None = optional("From this time on.")
    lt: datetime | None = optional("Before this time.")


@strawberry.input(description="A custom attribute and the value it must have.")
class AttributeEquals:
    """The input `AttributeEquals`."""

    key: str = about("A top-level key, as it stands: `a.b` and `$x` are keys like any other.")
    equals: JSON = about('Compared with its JSON type: 1 is not "1".')


@strawberry.input(description="Conditions that must all hold.")
class ContactFilter:
    """The input `ContactFilter`."""

    search: str | None = optional("A part of the name, the company or any identifier, at least 3 characters.")
    email: str | None = optional("An address, in any case, through merges too.")
    phone: str | None = optional("A number, in any spelling, through merges too.")
    role: ContactRole | None = optional("The role.")
    blocked: bool | None = optional("Whether blocked.")
    unsubscribed: bool | None = optional("Whether opted out.")
    label_id: strawberry.ID | None = optional("A label that it carries, through merges too.")
    segment_id: strawberry.ID | None = optional("A segment that it is in, through merges too.")
    created_at: TimeRange | None = optional("When it came to be.")
    updated_at: TimeRange | None = optional("When it was last changed.")
    last_activity_at: TimeRange | None = optional("When it was last active.")
    custom_attribute: AttributeEquals | None = optional("A custom attribute.")


@strawberry.input(description="How contacts are sorted.")
class ContactOrder:
    """The input `ContactOrder`."""

    field: ContactOrderField = about("What they are sorted by.")
    direction: OrderDirection = strawberry.field(description="Which end comes first.", default=OrderDirection.ASC)


@strawberry.input(description="Conditions on the history that must all hold.")
class MergeFilter:
    """The input `MergeFilter`."""

    contact_id: strawberry.ID | None = optional("A contact that was primary or source, by the id it had then.")
    actor: str | None = optional("Who merged, as `Merge.actor` shows it.")
    detected: bool | None = optional("Whether the sources were detected.")
    undone: bool | None = optional("Whether all of it was undone.")
    kind: MergeKind | None = optional("What was merged.")
    job_id: strawberry.ID | None = optional("The job that merged.")
    created_at: TimeRange | None = optional("When.")
