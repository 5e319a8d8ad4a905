"""The closed sets of the API that are not errors.

Strawberry hands an argument over as the value, not as the member: all are StrEnum, so that both compare alike.
"""

from enum import StrEnum

from db.contact_pages import ContactOrderField as OrderColumn
from resolvers.matching.guard import GuardReason
from resolvers.matching.judge import MatchDecision
from resolvers.merging import survivorship
from schema.described import enum


class ContactRole(StrEnum):
    """schema.graphql: ContactRole."""

    LEAD = "LEAD"
    USER = "USER"


class AvailabilityStatus(StrEnum):
    """schema.graphql: AvailabilityStatus."""

    ONLINE = "ONLINE"
    BUSY = "BUSY"
    OFFLINE = "OFFLINE"


class IdentifierKind(StrEnum):
    """schema.graphql: IdentifierKind."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    EXTERNAL_ID = "EXTERNAL_ID"
    USERNAME = "USERNAME"


class ContactStatus(StrEnum):
    """schema.graphql: ContactStatus."""

    ACTIVE = "ACTIVE"
    MERGED = "MERGED"
    DELETED = "DELETED"


class ContactOrderField(StrEnum):
    """schema.graphql: ContactOrderField; each value is the column that it sorts by."""

    CREATED_AT = OrderColumn.CREATED_AT.value
    UPDATED_AT = OrderColumn.UPDATED_AT.value
    NAME = OrderColumn.NAME.value
    LAST_ACTIVITY_AT = OrderColumn.LAST_ACTIVITY_AT.value


class OrderDirection(StrEnum):
    """schema.graphql: OrderDirection."""

    ASC = "ASC"
    DESC = "DESC"


class MergeKind(StrEnum):
    """schema.graphql: MergeKind."""

    CONTACTS = "CONTACTS"
    CONVERSATIONS = "CONVERSATIONS"


class RoleRule(StrEnum):
    """schema.graphql: RoleRule."""

    ANY = "ANY"
    LEAD_INTO_USER = "LEAD_INTO_USER"


class IdentifierRule(StrEnum):
    """schema.graphql: IdentifierRule."""

    SHARED = "SHARED"
    UNIQUE_EXTERNAL_IDS = "UNIQUE_EXTERNAL_IDS"
    UNIQUE = "UNIQUE"


class ContactField(StrEnum):
    """schema.graphql: ContactField; each value is the name of the field."""

    NAME = "name"
    AVATAR_URL = "avatarUrl"
    COMPANY = "company"
    TITLE = "title"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    LANGUAGE = "language"
    TIMEZONE = "timezone"
    BIRTHDATE = "birthdate"
    ROLE = "role"
    AVAILABILITY_STATUS = "availabilityStatus"
    BLOCKED = "blocked"
    UNSUBSCRIBED = "unsubscribed"
    IS_ADMIN = "isAdmin"
    CUSTOM_ATTRIBUTES = "customAttributes"
    METADATA = "metadata"
    ADDITIONAL_ATTRIBUTES = "additionalAttributes"
    FIRST_SEEN_AT = "firstSeenAt"
    LAST_ACTIVITY_AT = "lastActivityAt"


enum(
    ContactRole,
    "What a contact is to you.",
    {"LEAD": "Somebody not yet known, such as a visitor of the chat.", "USER": "Somebody with an account."},
)
enum(
    AvailabilityStatus,
    "Whether the person can be reached now.",
    {"ONLINE": "Can be reached.", "BUSY": "There, but not to be disturbed.", "OFFLINE": "Away."},
)
enum(
    IdentifierKind,
    "What kind of identifier it is. EXTERNAL_ID and USERNAME may belong to a system.",
    {
        "EMAIL": "An e-mail address, compared without regard to case.",
        "PHONE": "A phone number, compared by E.164 where its region is known, else by its digits.",
        "EXTERNAL_ID": "An id in another system, compared exactly.",
        "USERNAME": "A name in another system, compared without regard to case.",
    },
)
enum(
    ContactStatus,
    "What became of a contact id.",
    {
        "ACTIVE": "The contact lives.",
        "MERGED": "It was merged away; the resolution's `contact` is who it leads to.",
        "DELETED": "It was erased, or what it had been merged into was.",
    },
)
enum(
    ContactOrderField,
    "What contacts are sorted by. Equal ones are sorted by id.",
    {
        "CREATED_AT": "When they were made.",
        "UPDATED_AT": "When they were last changed: edit, merge, undo, identifier, label, segment, channel or inbox.",
        "NAME": "By name without regard to case; those without a name come first.",
        "LAST_ACTIVITY_AT": "When they were last active; those that never were come first.",
    },
)
enum(OrderDirection, "Which end comes first.", {"ASC": "The smallest or oldest.", "DESC": "The largest or newest."})
enum(
    MergeKind,
    "What was merged.",
    {"CONTACTS": "Contacts.", "CONVERSATIONS": "Conversations."},
)
enum(
    RoleRule,
    "Who may be merged into whom.",
    {
        "ANY": "Roles do not matter.",
        "LEAD_INTO_USER": "Only contacts with the role LEAD, into one with the role USER.",
    },
)
enum(
    IdentifierRule,
    "Whether several contacts may hold one identifier.",
    {
        "SHARED": "They may: a lead and a user with one address are what merging is for.",
        "UNIQUE_EXTERNAL_IDS": "An EXTERNAL_ID belongs to one contact; the other kinds may be shared.",
        "UNIQUE": "Every identifier belongs to one contact.",
    },
)
enum(
    ContactField,
    "A field of a contact that survivorship decides.",
    {member.name: f"The field `{member.value}`." for member in ContactField},
)
SurvivorshipRule = enum(
    survivorship.Rule,
    "By which rule a value stands.",
    {
        "PRIMARY": "It is the primary's own.",
        "FILLED_FROM_SOURCE": "The primary had none: the first source that has one, in the order given.",
        "MOST_RECENT": "The value that was written last, where the organization chose this rule.",
        "UNION": "All values of all contacts, each once.",
        "MERGED_BY_KEY": "A key of an attribute object that the primary did not have.",
        "MOST_RESTRICTIVE": "Consent: blocked or unsubscribed if any contact is; the earliest time.",
        "EARLIEST": "The earliest of all.",
        "LATEST": "The latest of all.",
        "OVERRIDE": "The caller chose it.",
        "EDITED_AFTER_MERGE": "It was edited after the contact had been merged.",
    },
    name="SurvivorshipRule",
)
enum(
    MatchDecision,
    "What follows from how probable it is that two contacts are one person.",
    {
        "AUTO_MERGE": "Probable enough, and no guard: mergeContacts without sources takes it.",
        "REVIEW": "Worth a person's look: less probable, or held back by a guard.",
        "DIFFERENT": "Not probable, or marked as two people.",
    },
)
enum(
    GuardReason,
    "Why a pair is not merged without a person's eye. No probability opens a guard.",
    {
        "MARKED_DISTINCT": "Somebody said that they are two people.",
        "EXTERNAL_ID_CONFLICT": "Both have verified ids of one system, and share none.",
        "NAME_CONFLICT": "The names are those of two people.",
        "BIRTHDATE_CONFLICT": "The birthdates differ by more than a slip.",
        "GENERATION_SUFFIX": "Junior or senior against the other or neither.",
        "WEAK_NAME_ON_PHONE": "A phone number alone, and names that would fit two of a household.",
        "SHARED_IDENTIFIER": "What they share is shared by several people.",
        "NO_STRONG_IDENTIFIER": "They share nothing that is one person's own.",
        "BLOCKED_DIFFERS": "One is blocked, the other is not.",
        "FIXED_LINE": "A fixed line alone, and one has no name.",
        "STALE_PHONE": "A phone number alone, and more than 18 months between them. Only if the organization adds it.",
        "AMBIGUOUS": "The contact has no name and would fit several people.",
        "ROLE_RULE": "The organization merges leads into users only.",
    },
)
