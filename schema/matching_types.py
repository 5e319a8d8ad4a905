"""What says that two contacts are one person, and a source of a merge with what said so."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from resolvers.ids import CONTACT, CONVERSATION, encode_id
from resolvers.matching.explain import Guard as GuardSentence
from resolvers.matching.explain import MatchEvidence as Evidence
from resolvers.matching.guard import GuardReason
from resolvers.merging.history import NamedSource
from schema.described import about

FirstDuplicates: TypeAlias = Annotated[int | None, strawberry.argument(description="How many at most, 1 to 100.")]
MinProbability: TypeAlias = Annotated[
    float | None,
    strawberry.argument(
        description="Everybody from this probability on, from 0 to 1. Left out: AUTO_MERGE and REVIEW alone."
    ),
]


@strawberry.type(description="What the comparison of one field says.")
class MatchEvidence:
    """The type `MatchEvidence`."""

    field: str = about("The field: externalId, channel, email, phone, username, name, birthdate, address and so on.")
    level: str = about("How far the two agree, such as `exact`, `variant`, `differ`.")
    weight: float = about("log2 of the Bayes factor: +10 is a thousand times as likely for one person as for two.")
    left: str | None = about("The value of the contact asked about or merged into, in the form that is compared.")
    right: str | None = about("The value of the other contact.")
    explanation: str = about("The same as a sentence.")


@strawberry.type(description="A reason against merging without a person's eye.")
class Guard:
    """The type `Guard`."""

    reason: GuardReason = about("The reason.")
    explanation: str = about("The same as a sentence.")


@strawberry.type(description="A contact or a conversation that a merge took as a source.")
class MergeSource:
    """The type `MergeSource`."""

    contact_id: strawberry.ID | None = about("A contact's id, which leads to the survivor since.")
    conversation_id: strawberry.ID | None = about("The same in a merge of conversations.")
    name: str | None = about("Its own name, or a conversation's subject; null when it had none or was erased since.")
    probability: float | None = about("How probable it was that it is the same person; null when it was named.")
    evidence: list[MatchEvidence] = about("What said so when it was detected; empty when it was named or erased since.")
    undone_at: datetime | None = about("When it was taken out again.")
    undone_by: str | None = about("The key that did it.")
    undo_reason: str | None = about("Why, in the caller's words.")


def evidence_type(found: Evidence) -> MatchEvidence:
    """Evidence as its type."""
    return MatchEvidence(
        field=found.field,
        level=found.level,
        weight=found.weight,
        left=found.left,
        right=found.right,
        explanation=found.explanation,
    )


def guard_type(found: GuardSentence) -> Guard:
    """A guard as its type."""
    return Guard(reason=GuardReason(found.reason), explanation=found.explanation)


def source_type(named: NamedSource) -> MergeSource:
    """A source as its type."""
    source = named.source
    return MergeSource(
        contact_id=strawberry.ID(encode_id(CONTACT, source.contact_id)) if source.contact_id else None,
        conversation_id=(
            strawberry.ID(encode_id(CONVERSATION, source.conversation_id)) if source.conversation_id else None
        ),
        name=named.name,
        probability=source.probability,
        evidence=[evidence_type(Evidence(**stored)) for stored in source.evidence],
        undone_at=source.undone_at,
        undone_by=source.undone_by,
        undo_reason=source.undo_reason,
    )
