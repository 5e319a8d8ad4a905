"""The identifier rule: whether several contacts may hold one identifier.

No unique index does this: it would forbid an undo (A and B share an address, A is merged into B, the rule becomes
UNIQUE, the merge is undone). Under a stricter rule every writer takes the organisation's lock and looks.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from db.engine import Transaction
from db.identifiers import holders
from db.organizations import lock_organization
from resolvers.contacts.values import Identifying
from resolvers.errors import ErrorCode, Refused, UserError
from resolvers.ids import CONTACT, encode_id

Holders = dict[tuple[str, str, str], list[UUID]]


def is_exclusive(rule: str, kind: str) -> bool:
    """Whether one contact alone may hold an identifier of this kind."""
    return rule == "UNIQUE" or (rule == "UNIQUE_EXTERNAL_IDS" and kind == "EXTERNAL_ID")


async def guard_exclusive(tx: Transaction, org_id: UUID, rule: str, identifiers: Iterable[Identifying]) -> None:
    """Takes the organisation's lock if the rule asks for it. Raises IDENTIFIER_TAKEN naming each holder.

    To be called before a contact is locked: the organisation's lock always comes first.
    """
    exclusive = [found for found in identifiers if is_exclusive(rule, found.kind)]
    if exclusive:
        await lock_organization(tx, org_id)
        check_exclusive(exclusive, await holders(tx, org_id, [found.key for found in exclusive]), None)


async def lock_if_exclusive(tx: Transaction, org_id: UUID, rule: str, identifiers: Sequence[Identifying]) -> Holders:
    """The same for a contact that lives already, whose survivor is only known once it is locked: the holders."""
    exclusive = [found for found in identifiers if is_exclusive(rule, found.kind)]
    if not exclusive:
        return {}
    await lock_organization(tx, org_id)
    return await holders(tx, org_id, [found.key for found in exclusive])


def check_exclusive(
    identifiers: Iterable[Identifying],
    held: Holders,
    own: UUID | None,
    *,
    within: tuple[str, ...] = (),
    field: tuple[str, ...] | None = None,
) -> None:
    """Raises IDENTIFIER_TAKEN for every identifier that somebody else than `own` holds, at its field of the input
    (`within` an outer one) or at `field`."""
    errors = [
        UserError(
            ErrorCode.IDENTIFIER_TAKEN,
            f"{found.kind} {found.value} belongs to {encode_id(CONTACT, holder)}, and this organization keeps it "
            "to one contact. Merge the two, or take it off the other first.",
            field or (*within, _FIELD.get(found.kind, "identifiers")),
            holder,
        )
        for found in identifiers
        for holder in held.get(found.key, [])
        if holder != own
    ]
    if errors:
        raise Refused(errors)


_FIELD = {"EMAIL": "email", "PHONE": "phone"}
