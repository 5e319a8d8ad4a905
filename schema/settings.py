"""How an organisation merges, as a client sees it."""

import strawberry

from db.organizations import SettingsRow
from resolvers.duplicates.terms import automatic_of, review_of
from resolvers.ids import ORGANIZATION, encode_id
from resolvers.matching.guard import GuardReason
from resolvers.merging import survivorship
from schema.described import about
from schema.enums import ContactField, IdentifierRule, RoleRule


@strawberry.type(description="A rule that the organization chose for a field.")
class FieldRule:
    """The type `FieldRule`."""

    field: ContactField = about("The field.")
    rule: survivorship.Rule = about("Its rule.")


@strawberry.type(description="How an organization merges.")
class MergeSettings:
    """The type `MergeSettings`."""

    organization_id: strawberry.ID = about("The organization.")
    role_rule: RoleRule = about("Who may be merged into whom.")
    identifier_rule: IdentifierRule = about("Whether several contacts may hold one identifier.")
    default_region: str | None = about("The country in which phone numbers without '+' are read.")
    survivorship: list[FieldRule] = about("Fields that do not follow their default rule.")
    auto_merge_probability: float = about("From which probability on detected duplicates are merged.")
    review_probability: float = about("From which one on they are shown to a person.")
    extra_guards: list[GuardReason] = about("Guards added to those that always hold.")
    conversation_url_template: str | None = about("Where the notes of a merge of conversations lead, with {id} in it.")
    ignored_fields: list[str] = about("Fields that do not count as evidence.")


def settings_type(row: SettingsRow) -> MergeSettings:
    """A row as its type."""
    return MergeSettings(
        organization_id=strawberry.ID(encode_id(ORGANIZATION, row.org_id)),
        role_rule=RoleRule(row.role_rule),
        identifier_rule=IdentifierRule(row.identifier_rule),
        default_region=row.default_region,
        survivorship=[
            FieldRule(field=ContactField(cell), rule=survivorship.Rule(rule))
            for cell, rule in sorted(row.survivorship.items())
        ],
        auto_merge_probability=automatic_of(row),
        review_probability=review_of(row),
        extra_guards=[GuardReason(guard) for guard in row.match_guards],
        conversation_url_template=row.conversation_url_template,
        ignored_fields=row.ignored_fields,
    )
