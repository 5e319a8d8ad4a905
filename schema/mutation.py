"""The root of writing: unpack the input, call one act, wrap its answer. Root mutations run one after the other."""

from typing import Annotated, Any

import strawberry

from db.contacts import ContactRow
from db.organizations import SettingsRow
from resolvers.access import Scope
from resolvers.contacts.create import create_contact
from resolvers.contacts.erase import erase_contact
from resolvers.contacts.identifiers import add_identifier, remove_identifier
from resolvers.contacts.importing import Outcome, import_contacts
from resolvers.contacts.tags import set_labels
from resolvers.contacts.update import update_contact
from resolvers.contacts.upsert import Upserted, upsert_contact
from resolvers.merging.distinct import mark_distinct, unmark_distinct
from resolvers.merging.merge import MergeResult, merge_contacts
from resolvers.merging.request import read_merge_request
from resolvers.merging.settings import update_merge_settings
from resolvers.merging.undo import UndoResult, undo_merge
from resolvers.merging.undo_request import read_undo_request
from schema import inputs
from schema.contact import contact_type, merge_type
from schema.contact_fields import contact_id
from schema.context import Info
from schema.described import mutation
from schema.errors import attempt
from schema.hanging_mutation import HangingMutation
from schema.history_mutation import HistoryMutation
from schema.inputs import raw
from schema.job_mutation import JobMutation
from schema.keys import KeysMutation
from schema.measuring import measured_merge, measured_undo
from schema.organization import organization_in
from schema.payloads import (
    ContactPayload,
    DeleteContactPayload,
    ImportContactsPayload,
    MarkDistinctPayload,
    MergeContactsPayload,
    MergeSettingsPayload,
    UndoMergePayload,
    UpsertContactPayload,
    import_result,
    landed_payload,
    undo_payload,
)
from schema.settings import settings_type
from schema.webhook_mutation import WebhookMutation

_INPUT = strawberry.argument(description="What to do.")


@strawberry.type(description="Everything that can be written. What a caller gets wrong comes back as `userErrors`.")
class Mutation(HistoryMutation, HangingMutation, JobMutation, WebhookMutation, KeysMutation):
    """The type `Mutation`."""

    @mutation("Makes a contact.", needs=Scope.CONTACTS_WRITE)
    async def create_contact(
        self,
        info: Info,
        input: Annotated[inputs.CreateContactInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.createContact`."""
        row, errors = await attempt(_create(info, raw(input)))
        return ContactPayload(contact=contact_type(row) if row else None, landed_on=None, user_errors=errors)

    @mutation(
        "Changes a living contact. A merged-away id is ALREADY_MERGED, naming the survivor.", needs=Scope.CONTACTS_WRITE
    )
    async def update_contact(
        self,
        info: Info,
        input: Annotated[inputs.UpdateContactInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.updateContact`."""
        row, errors = await attempt(update_contact(info.context.db, info.context.act, raw(input)))
        return ContactPayload(contact=contact_type(row) if row else None, landed_on=None, user_errors=errors)

    @mutation(
        "Makes a contact, or changes the one that holds an identifier; it lands on the survivor.",
        needs=Scope.CONTACTS_WRITE,
    )
    async def upsert_contact(
        self,
        info: Info,
        input: Annotated[inputs.UpsertContactInput, _INPUT],  # noqa: A002
    ) -> UpsertContactPayload | None:
        """`Mutation.upsertContact`."""
        done, errors = await attempt(_upsert(info, raw(input)))
        return UpsertContactPayload(
            contact=contact_type(done.contact) if done else None,
            created=done.created if done else False,
            user_errors=errors,
        )

    @mutation("Erases a living contact and every contact merged into it. This cannot be undone.", needs=Scope.ERASE)
    async def delete_contact(
        self,
        info: Info,
        input: Annotated[inputs.DeleteContactInput, _INPUT],  # noqa: A002
    ) -> DeleteContactPayload | None:
        """`Mutation.deleteContact`."""
        given = raw(input)
        ids, errors = await attempt(erase_contact(info.context.db, info.context.act, given["id"], given.get("reason")))
        return DeleteContactPayload(
            deleted_contact_ids=[contact_id(erased) for erased in ids or ()], user_errors=errors
        )

    @mutation("Makes up to 500 contacts; good rows land, each bad one is reported.", needs=Scope.CONTACTS_WRITE)
    async def import_contacts(
        self,
        info: Info,
        input: Annotated[inputs.ImportContactsInput, _INPUT],  # noqa: A002
    ) -> ImportContactsPayload | None:
        """`Mutation.importContacts`."""
        outcomes, errors = await attempt(_import(info, raw(input)))
        results = [import_result(index, outcome) for index, outcome in enumerate(outcomes or ())]
        return ImportContactsPayload(results=results, user_errors=errors)

    @mutation(
        "Merges 1 to 50 contacts into a primary, or all its auto-detected duplicates when none are named.",
        needs=Scope.MERGE,
    )
    async def merge_contacts(
        self,
        info: Info,
        input: Annotated[inputs.MergeContactsInput, _INPUT],  # noqa: A002
    ) -> MergeContactsPayload | None:
        """`Mutation.mergeContacts`."""
        done, errors = await attempt(measured_merge("contacts", _merge(info, raw(input))))
        return MergeContactsPayload(
            merged=contact_type(done.survivor) if done else None,
            merged_contact_ids=[contact_id(source) for source in done.source_ids] if done else [],
            remaining_duplicates=done.remaining if done else 0,
            merge=merge_type(done.merge) if done and done.merge else None,
            user_errors=errors,
        )

    @mutation(
        "Takes a merge back, at any time and in any order; what was written later stays and is reported.",
        needs=Scope.UNDO,
    )
    async def undo_merge(
        self,
        info: Info,
        input: Annotated[inputs.UndoMergeInput, _INPUT],  # noqa: A002
    ) -> UndoMergePayload | None:
        """`Mutation.undoMerge`."""
        return undo_payload(*await attempt(measured_undo(_undo(info, raw(input)))))

    @mutation(
        "Remembers that contacts are different people: no two of them are detected as duplicates again.",
        needs=Scope.MERGE,
    )
    async def mark_distinct(
        self,
        info: Info,
        input: Annotated[inputs.MarkDistinctInput, _INPUT],  # noqa: A002
    ) -> MarkDistinctPayload | None:
        """`Mutation.markDistinct`."""
        act = mark_distinct(info.context.db, info.context.act, input.contact_ids, raw(input).get("reason"))
        pairs, errors = await attempt(act)
        return MarkDistinctPayload(pairs=pairs or 0, user_errors=errors)

    @mutation("Takes back what markDistinct remembered of these contacts.", needs=Scope.MERGE)
    async def unmark_distinct(
        self,
        info: Info,
        input: Annotated[inputs.MarkDistinctInput, _INPUT],  # noqa: A002
    ) -> MarkDistinctPayload | None:
        """`Mutation.unmarkDistinct`."""
        pairs, errors = await attempt(unmark_distinct(info.context.db, info.context.act, input.contact_ids))
        return MarkDistinctPayload(pairs=pairs or 0, user_errors=errors)

    @mutation("Gives a contact exactly these labels, by name; missing ones are made.", needs=Scope.CONTACTS_WRITE)
    async def set_labels(
        self,
        info: Info,
        input: Annotated[inputs.SetLabelsInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.setLabels`."""
        act = set_labels(info.context.db, info.context.act, input.contact_id, input.names)
        return landed_payload(*await attempt(act))

    @mutation("Gives a contact an identifier.", needs=Scope.CONTACTS_WRITE)
    async def add_identifier(
        self,
        info: Info,
        input: Annotated[inputs.AddIdentifierInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.addIdentifier`."""
        act = add_identifier(info.context.db, info.context.act, input.contact_id, raw(input.identifier))
        return landed_payload(*await attempt(act))

    @mutation(
        "Takes an identifier off a contact, and off everything that was merged into it.", needs=Scope.CONTACTS_WRITE
    )
    async def remove_identifier(
        self,
        info: Info,
        input: Annotated[inputs.RemoveIdentifierInput, _INPUT],  # noqa: A002
    ) -> ContactPayload | None:
        """`Mutation.removeIdentifier`."""
        act = remove_identifier(info.context.db, info.context.act, input.contact_id, raw(input))
        return landed_payload(*await attempt(act))

    @mutation("Changes how the organization merges.", needs=Scope.SETTINGS)
    async def update_merge_settings(
        self,
        info: Info,
        input: Annotated[inputs.UpdateMergeSettingsInput, _INPUT],  # noqa: A002
    ) -> MergeSettingsPayload | None:
        """`Mutation.updateMergeSettings`."""
        row, errors = await attempt(_settings(info, raw(input)))
        return MergeSettingsPayload(merge_settings=settings_type(row) if row else None, user_errors=errors)


async def _create(info: Info, given: dict[str, Any]) -> ContactRow:
    return await create_contact(info.context.db, info.context.act, given, organization_in(given))


async def _upsert(info: Info, given: dict[str, Any]) -> Upserted:
    org_id = organization_in(given["contact"], "contact")
    return await upsert_contact(info.context.db, info.context.act, given["by"], given["contact"], org_id)


async def _import(info: Info, given: dict[str, Any]) -> list[Outcome]:
    return await import_contacts(info.context.db, info.context.act, given["contacts"], organization_in(given))


async def _merge(info: Info, given: dict[str, Any]) -> MergeResult:
    return await merge_contacts(info.context.db, info.context.act, read_merge_request(given))


async def _undo(info: Info, given: dict[str, Any]) -> UndoResult:
    return await undo_merge(info.context.db, info.context.act, read_undo_request(given))


async def _settings(info: Info, given: dict[str, Any]) -> SettingsRow:
    return await update_merge_settings(info.context.db, info.context.act, organization_in(given), given)
