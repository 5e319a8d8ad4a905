"""Organisations, their keys, labels and segments, as callers see them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from db import organizations
from db.engine import Database, Transaction
from db.labels import LABELS, LabelRow
from db.organizations import OrganizationRow
from db.segments import SEGMENTS, SegmentRow
from db.tags import R, Tags
from resolvers.access import DEFAULT_SCOPES, Act, Actor, Scope, require
from resolvers.contacts.values import BadValue, text
from resolvers.errors import ErrorCode, refuse
from resolvers.ids import LABEL, ORGANIZATION, SEGMENT, decode_id, encode_id

# Last use is noted at most this often: a write a request would cost more than the request.
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class KeyRequest:
    """What a new key shall see and may do."""

    org_ids: tuple[UUID, ...]
    scopes: frozenset[Scope] = DEFAULT_SCOPES
    name: str | None = None


async def actor_of_token(db: Database, token_hash: str, now: datetime) -> Actor | None:
    """Who holds the token with this hash; None when unknown, expired or revoked."""
    key = await db.read(lambda tx: organizations.key_by_hash(tx, token_hash))
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return None
    stale = now - _TOUCH_EVERY
    if key.last_used_at is None or key.last_used_at < stale:
        db.write_later(lambda tx: organizations.touch_key(tx, key.id, now, stale))  # a reader must not wait for writers
    scopes = frozenset(Scope(scope) for scope in key.scopes)
    return Actor(key.id, key.name, key.organizations, scopes)


async def organizations_of_actor(db: Database, act: Act) -> list[OrganizationRow]:
    """The organisations that the key sees, oldest first."""
    return await db.read(lambda tx: organizations.organizations_by_id(tx, act.actor.organizations))


async def organizations_in_order(db: Database, act: Act, ids: Sequence[UUID]) -> list[OrganizationRow | None]:
    """For a batch of ids the organisations; None for one that the key does not see."""
    found = {row.id: row for row in await organizations_of_actor(db, act)}
    return [found.get(org_id) for org_id in ids]


async def organization_exists(db: Database, org_id: UUID) -> bool:
    """Whether there is such an organisation, for the command line alone: it sees all."""
    return bool(await db.read(lambda tx: organizations.organizations_by_id(tx, (org_id,))))


async def organization_by_id(db: Database, act: Act, organization: str) -> OrganizationRow | None:
    """An organisation that the key sees."""
    org_id = decode_id(ORGANIZATION, organization)
    return next((row for row in await organizations_of_actor(db, act) if row.id == org_id), None)


async def labels_of_organization(db: Database, act: Act, org_id: UUID) -> list[LabelRow]:
    """All labels, by name."""
    return await _all(db, act, LABELS, org_id)


async def segments_of_organization(db: Database, act: Act, org_id: UUID) -> list[SegmentRow]:
    """All segments, by name."""
    return await _all(db, act, SEGMENTS, org_id)


async def label_by_id(db: Database, act: Act, label: str) -> LabelRow | None:
    """A label of one of the key's organisations."""
    return await _by_id(db, act, LABELS, decode_id(LABEL, label))


async def segment_by_id(db: Database, act: Act, segment: str) -> SegmentRow | None:
    """A segment of one of the key's organisations."""
    return await _by_id(db, act, SEGMENTS, decode_id(SEGMENT, segment))


async def segment_counts(db: Database, act: Act, ids: Sequence[UUID]) -> list[int]:
    """For a batch of segments how many living contacts are in each."""
    found = await db.read(lambda tx: SEGMENTS.counts(tx, act.actor.organizations, ids))
    return [found[segment] for segment in ids]


async def _all(db: Database, act: Act, tags: Tags[R], org_id: UUID) -> list[R]:
    require(act.actor, Scope.CONTACTS_READ)
    return await db.read(lambda tx: tags.of_organization(tx, org_id))


async def _by_id(db: Database, act: Act, tags: Tags[R], tag: UUID | None) -> R | None:
    require(act.actor, Scope.CONTACTS_READ)
    if tag is None:
        return None
    found = await db.read(lambda tx: tags.by_id(tx, act.actor.organizations, [tag]))
    return found[0] if found else None


async def create_organization(db: Database, org_id: UUID, name: str, now: datetime, *, is_demo: bool = False) -> None:
    """A new organisation. Raises Refused for a blank or overlong name."""
    shown = _read_name(name)
    row = {
        "id": org_id,
        "name": shown,
        "ref_key": secrets.token_bytes(32),
        "is_demo": is_demo,
        "created_at": now,
    }
    await db.write(lambda tx: organizations.create_organization(tx, row))


async def create_key(db: Database, key_id: UUID, token_hash: str, request: KeyRequest, now: datetime) -> None:
    """A new key that sees the given organisations. Raises Refused for an unknown organisation or a bad name."""
    name = _read_name(request.name) if request.name is not None else None
    row = {
        "id": key_id,
        "token_hash": token_hash,
        "name": name,
        "scopes": sorted(scope.value for scope in request.scopes),
        "created_at": now,
        "expires_at": None,
        "revoked_at": None,
        "last_used_at": None,
    }
    await db.write(lambda tx: _create_key(tx, row, request.org_ids))


async def _create_key(tx: Transaction, row: dict[str, object], org_ids: tuple[UUID, ...]) -> None:
    found = {org.id for org in await organizations.organizations_by_id(tx, org_ids)}
    missing = [org_id for org_id in org_ids if org_id not in found]
    if missing:
        names = ", ".join(encode_id(ORGANIZATION, org_id) for org_id in missing)
        raise refuse(ErrorCode.NOT_FOUND, f"There is no organization {names}. Make one: onefold org create NAME.")
    await organizations.create_key(tx, row, org_ids)


def _read_name(name: str) -> str:
    try:
        shown = text(name, 200)
    except BadValue as error:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"The name {error}.", "name") from None
    if shown is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "The name must not be blank.", "name")
    return shown
