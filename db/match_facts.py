"""The plain values that matching looks at, of whole trees: identifiers and channels, whoever holds them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import String, and_, bindparam, cast, false, func, literal, null, select, union_all

from db.base import any_of
from db.channels import channel
from db.contacts import CONTACT_COLUMNS, LIVING_CONTACT, ContactRow, contact, contact_row
from db.engine import Transaction
from db.identifiers import identifier
from db.organizations import merge_settings

IDENTIFIER, CHANNEL = "identifier", "channel"


@dataclass
class TreeFacts:
    """(kind, system, value, normalized, verified) of each identifier in force, (type, user id, user name) of each
    channel, oldest first; equal ones stand side by side. `region`: where the organisation's phone numbers belong."""

    identifiers: list[tuple[str, str, str, str, bool]] = field(default_factory=list)
    channels: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    region: str | None = None


_trees = (any_of(contact.c.org_id, "orgs"), any_of(contact.c.canonical_id, "roots"))
_settings = merge_settings.c.org_id == contact.c.org_id
_nothing = cast(null(), String)
_facts = union_all(
    select(
        literal(IDENTIFIER).label("what"),
        contact.c.canonical_id.label("root"),
        merge_settings.c.default_region.label("region"),
        identifier.c.created_at.label("at"),
        identifier.c.id.label("id"),
        identifier.c.kind,
        identifier.c.system,
        identifier.c.value,
        identifier.c.normalized,
        identifier.c.verified,
    )
    .select_from(
        contact.join(
            identifier, and_(identifier.c.org_id == contact.c.org_id, identifier.c.contact_id == contact.c.id)
        ).join(merge_settings, _settings)
    )
    .where(*_trees, identifier.c.removed_via_id.is_(None)),
    select(
        literal(CHANNEL),
        contact.c.canonical_id,
        merge_settings.c.default_region,
        channel.c.created_at,
        channel.c.id,
        channel.c.type,
        channel.c.user_id,
        channel.c.username,
        _nothing,
        false(),
    )
    .select_from(
        contact.join(channel, and_(channel.c.org_id == contact.c.org_id, channel.c.contact_id == contact.c.id)).join(
            merge_settings, _settings
        )
    )
    .where(*_trees, channel.c.removed_via_id.is_(None)),
).order_by("at", "id")
_next = (
    select(*CONTACT_COLUMNS)
    .where(contact.c.org_id == bindparam("org"), *LIVING_CONTACT, contact.c.id > bindparam("after"))
    .order_by(contact.c.id)
    .with_for_update(key_share=True)
)
_living = _next.limit(bindparam("number"))
_between = _next.where(contact.c.id <= bindparam("last"))
_numbered = (
    select(
        contact.c.id,
        func.row_number().over(order_by=contact.c.id).label("place"),
        func.count().over().label("number"),
    )
    .where(contact.c.org_id == bindparam("org"), *LIVING_CONTACT)
    .subquery()
)
_ends = (
    select(_numbered.c.id, _numbered.c.number)
    .where((_numbered.c.place % bindparam("size") == 0) | (_numbered.c.place == _numbered.c.number))
    .order_by(_numbered.c.id)
)


async def facts_of_trees(tx: Transaction, orgs: Sequence[UUID], roots: Sequence[UUID]) -> dict[UUID, TreeFacts]:
    """For each survivor what its tree holds. One statement."""
    found: dict[UUID, TreeFacts] = {root: TreeFacts() for root in roots}
    for what, root, region, _at, _id, *values in await tx.rows(_facts, {"orgs": orgs, "roots": roots}):
        facts = found[root]
        facts.region = region
        if what == IDENTIFIER:
            facts.identifiers.append((values[0], values[1], values[2], values[3], bool(values[4])))
        else:
            facts.channels.append((values[0], values[1], values[2]))
    return found


async def living_after(tx: Transaction, org_id: UUID, after: UUID, number: int) -> list[ContactRow]:
    """Locks and returns the next living contacts of an organisation, by rising id."""
    parameters = {"org": org_id, "after": after, "number": number}
    return [contact_row(row) for row in await tx.rows(_living, parameters)]


async def living_between(tx: Transaction, org_id: UUID, after: UUID, last: UUID) -> list[ContactRow]:
    """Locks and returns the living contacts behind `after` up to `last`, by rising id."""
    parameters = {"org": org_id, "after": after, "last": last}
    return [contact_row(row) for row in await tx.rows(_between, parameters)]


async def ends_of_parts(tx: Transaction, org_id: UUID, size: int) -> tuple[list[UUID], int]:
    """The last id of each part of so many living contacts, by rising id; and how many contacts there are."""
    rows = await tx.rows(_ends, {"org": org_id, "size": size})
    return [row.id for row in rows], rows[0].number if rows else 0
