"""Why a merge is refused, one entry a contact, before anything is written."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from db import contacts as contact_rows
from db.contacts import ContactRow
from db.engine import Transaction
from resolvers.access import Actor
from resolvers.errors import ErrorCode, Refused, UserError
from resolvers.ids import CONTACT, encode_id
from resolvers.merging.request import MergeRequest

LEAD_INTO_USER = "LEAD_INTO_USER"
_PRIMARY = ("primaryContactId",)

Named = tuple[UUID, tuple[str, ...]]  # a contact, and where the input names it


def contact_not_found(contact_id: UUID, *path: str) -> Refused:
    """Unknown, erased and foreign alike: existence is not revealed."""
    return Refused([_absent(contact_id, path)])


async def explain_absence(tx: Transaction, actor: Actor, request: MergeRequest) -> Refused:
    """The refusal when the primary is not to be found: the sources that are missing too are named with it."""
    errors = [_absent(request.primary_id, _PRIMARY)]
    found = await contact_rows.contacts_by_id(tx, actor.organizations, request.source_ids or ())
    for index, source in enumerate(request.source_ids or ()):
        if source not in found or found[source].erased_at is not None:
            errors.append(_absent(source, source_path(index)))
    return Refused(errors)


def check_contacts(request: MergeRequest, rows: Mapping[UUID, ContactRow], elsewhere: Collection[UUID]) -> None:
    """Raises Refused unless the primary and every named source live in this organisation. `rows`: its locked rows;
    `elsewhere`: those that live in another of the key's organisations."""
    named: list[Named] = [(request.primary_id, _PRIMARY)]
    named += [(source, source_path(index)) for index, source in enumerate(request.source_ids or ())]
    check_living(named, rows, elsewhere, "Cannot merge contacts from different orgs.")


def check_living(
    named: Sequence[Named], rows: Mapping[UUID, ContactRow], elsewhere: Collection[UUID], cross_org: str
) -> None:
    """Raises Refused with one entry for each named contact that does not live itself in the organisation of `rows`."""
    errors: list[UserError] = []
    for contact, path in named:
        if contact in elsewhere:
            errors.append(UserError(ErrorCode.CROSS_ORG, cross_org, path, contact))
        elif (error := _problem(contact, path, rows.get(contact))) is not None:
            errors.append(error)
    if errors:
        raise Refused(errors)


def check_overrides(request: MergeRequest, merged: Collection[UUID]) -> None:
    """Raises BAD_USER_INPUT for each override from a contact that is not part of the merge."""
    errors = [
        UserError(
            ErrorCode.BAD_USER_INPUT,
            f"{encode_id(CONTACT, override.contact_id)} is not part of this merge; choose among its contacts.",
            ("overrides", str(index), "fromContactId"),
            override.contact_id,
        )
        for index, override in enumerate(request.overrides)
        if override.contact_id not in merged
    ]
    if errors:
        raise Refused(errors)


def check_roles(rule: str, primary: ContactRow, sources: Sequence[ContactRow]) -> None:
    """The organisation's role rule; a contact without a role is neither lead nor user."""
    if rule != LEAD_INTO_USER:
        return
    message = "Merging can only be performed on a lead into a user"
    errors = []
    if primary.role != "USER":
        errors.append(UserError(ErrorCode.INVALID_MERGE, f"{message}: the primary is no USER.", _PRIMARY, primary.id))
    errors += [
        UserError(ErrorCode.INVALID_MERGE, f"{message}: this source is no LEAD.", source_path(index), row.id)
        for index, row in enumerate(sources)
        if row.role != "LEAD"
    ]
    if errors:
        raise Refused(errors)


def source_path(index: int) -> tuple[str, ...]:
    """The way to a source in the input."""
    return ("sourceContactIds", str(index))


async def in_other_organizations(tx: Transaction, actor: Actor, missing: Sequence[UUID]) -> set[UUID]:
    """Those of the contacts, none of them of the organisation at hand, that live in another one of the key's."""
    if not missing or len(actor.organizations) == 1:
        return set()
    found = await contact_rows.contacts_by_id(tx, actor.organizations, missing)
    return {row.id for row in found.values() if row.erased_at is None}


def _problem(contact: UUID, path: tuple[str, ...], row: ContactRow | None) -> UserError | None:
    if row is None or row.erased_at is not None:
        return _absent(contact, path)
    if row.merged_into_id is None:
        return None
    survivor = encode_id(CONTACT, row.canonical_id)
    message = f"{encode_id(CONTACT, contact)} was merged already; it now leads to {survivor}."
    return UserError(ErrorCode.ALREADY_MERGED, message, path, row.canonical_id)


def _absent(contact: UUID, path: tuple[str, ...]) -> UserError:
    return UserError(ErrorCode.NOT_FOUND, f"Contact not found: {encode_id(CONTACT, contact)}.", path, contact)
