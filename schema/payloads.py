"""What mutations answer: the thing itself, or `userErrors` and nothing written."""

import strawberry

from db.contacts import ContactRow
from resolvers.contacts.importing import Outcome
from resolvers.contacts.landing import Landed
from resolvers.merging import undo_plan
from resolvers.merging.undo import UndoResult
from schema.contact import Contact, Conversation, Merge, contact_type, conversation_type, merge_type
from schema.contact_fields import contact_id
from schema.described import about
from schema.errors import UserError, user_errors_of
from schema.scalars import JSON
from schema.settings import MergeSettings

_ERRORS = "What was wrong. Empty: it is done and on disk. Not empty: nothing was written."


@strawberry.type(description="The answer of a mutation on one contact.")
class ContactPayload:
    """The type `ContactPayload`."""

    contact: Contact | None = about("The contact, after.")
    landed_on: strawberry.ID | None = about("The survivor that the write landed on, when its id was merged away.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of upsertContact.")
class UpsertContactPayload:
    """The type `UpsertContactPayload`."""

    contact: Contact | None = about("The contact, after.")
    created: bool = about("Whether it was made now.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of deleteContact.")
class DeleteContactPayload:
    """The type `DeleteContactPayload`."""

    deleted_contact_ids: list[strawberry.ID] = about("Every id that was erased, the one named first.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="What became of one row of importContacts.")
class ImportResult:
    """The type `ImportResult`."""

    index: int = about("The row's place in the input, from 0.")
    contact: Contact | None = about("The contact, if it landed.")
    user_errors: list[UserError] = about("What was wrong with the row, if it did not.")


@strawberry.type(description="The answer of importContacts.")
class ImportContactsPayload:
    """The type `ImportContactsPayload`."""

    results: list[ImportResult] = about("One for each row, in order.")
    user_errors: list[UserError] = about("What was wrong with the call as a whole.")


@strawberry.type(description="The answer of mergeContacts.")
class MergeContactsPayload:
    """The type `MergeContactsPayload`."""

    merged: Contact | None = about("The primary, after. Null when userErrors is not empty.")
    merged_contact_ids: list[strawberry.ID] = about("The sources, in the order merged; [] when detection found none.")
    remaining_duplicates: int = about("Detected but left over, by the limit of 50 or by a rule.")
    merge: Merge | None = about("The merge in the history; null when nothing was merged.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="Something that an undo left standing, and why: nothing written later is lost silently.")
class KeptEdit:
    """The type `KeptEdit`."""

    contact_id: strawberry.ID = about("The contact on which it stands.")
    field: str = about("The field, or a pointer such as `customAttributes/plan`.")
    value: JSON | None = about("The value that stands; null when the field was cleared.")
    reason: str = about("Why.")


@strawberry.type(description="The answer of undoMerge.")
class UndoMergePayload:
    """The type `UndoMergePayload`."""

    merge: Merge | None = about("The merge, after.")
    restored: list[Contact] = about("The contacts that live again, in their order in the merge.")
    restored_conversations: list[Conversation] = about("The same of a merge of conversations.")
    primary: Contact | None = about("Whoever the primary leads to, after; null for a merge of conversations.")
    kept_edits: list[KeptEdit] = about("Later edits, opt-outs and clashes that the undo left standing.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of markDistinct and unmarkDistinct.")
class MarkDistinctPayload:
    """The type `MarkDistinctPayload`."""

    pairs: int = about("How many pairs are marked now, or were taken back.")
    user_errors: list[UserError] = about(_ERRORS)


@strawberry.type(description="The answer of updateMergeSettings.")
class MergeSettingsPayload:
    """The type `MergeSettingsPayload`."""

    merge_settings: MergeSettings | None = about("The settings, after.")
    user_errors: list[UserError] = about(_ERRORS)


def undo_payload(done: UndoResult | None, errors: list[UserError]) -> UndoMergePayload:
    """An undo, or why it was refused."""
    if done is None:
        return UndoMergePayload(
            merge=None, restored=[], restored_conversations=[], primary=None, kept_edits=[], user_errors=errors
        )
    return UndoMergePayload(
        merge=merge_type(done.merge),
        restored=[contact_type(row) for row in done.restored],
        restored_conversations=[conversation_type(row) for row in done.conversations],
        primary=contact_type(done.primary) if done.primary else None,
        kept_edits=[_kept_type(kept) for kept in done.kept],
        user_errors=errors,
    )


def _kept_type(kept: undo_plan.KeptEdit) -> KeptEdit:
    return KeptEdit(
        contact_id=contact_id(kept.contact_id),
        field=kept.field,
        value=None if kept.value is None else JSON(kept.value),
        reason=kept.reason,
    )


def landed_payload(done: Landed[ContactRow] | None, errors: list[UserError]) -> ContactPayload:
    """A write that may have landed on a survivor."""
    return ContactPayload(
        contact=contact_type(done.thing) if done else None,
        landed_on=contact_id(done.landed_on) if done and done.landed_on else None,
        user_errors=errors,
    )


def import_result(index: int, outcome: Outcome) -> ImportResult:
    """One row's outcome."""
    return ImportResult(
        index=index,
        contact=contact_type(outcome.contact) if outcome.contact else None,
        user_errors=user_errors_of(outcome.errors),
    )
