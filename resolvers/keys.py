"""API keys as their holders manage them.

A key never gives what it lacks: neither a scope, nor an organisation, nor a longer life than its own. It is shown the
keys that see one of its organisations, with those organisations alone, and revokes them, itself too; not one that also
sees an organisation that it does not see, for that one is not its to cut off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db import organizations
from db.engine import Database, Transaction
from db.organizations import KeyRow
from resolvers.access import ALL_SCOPES, DEFAULT_SCOPES, Act, Scope, require
from resolvers.contacts.values import BadValue, text
from resolvers.errors import CodedError, ErrorCode, Refused, UserError, refuse
from resolvers.ids import KEY, ORGANIZATION, decode_id, encode_id

MOST_ORGANIZATIONS = 100
_LONGEST_NAME = 200
_OTHERS = "This key also sees organizations that yours does not. Revoke it on the server: onefold key revoke ID."


@dataclass(frozen=True)
class Token:
    """A new key's text, shown once, and the hash that is stored of it."""

    shown: str
    hashed: str


async def keys_of_organization(db: Database, act: Act, org_id: UUID) -> list[KeyRow]:
    """Every key that sees the organisation, newest first, expired and revoked ones too."""
    require(act.actor, Scope.KEYS)
    found = await db.read(lambda tx: organizations.keys_of_organizations(tx, (org_id,)))
    return [_as_seen(row, act) for row in found]


async def api_key_by_id(db: Database, act: Act, key: str) -> KeyRow | None:
    """A key that sees one of the caller's organisations."""
    require(act.actor, Scope.KEYS)
    key_id = decode_id(KEY, key)
    found = await db.read(lambda tx: organizations.key_by_id(tx, key_id)) if key_id else None
    return _as_seen(found, act) if found and _is_visible(found, act) else None


async def create_api_key(db: Database, act: Act, given: dict[str, Any], token: Token) -> KeyRow:
    """A new key. Raises Refused; FORBIDDEN for a scope, NOT_FOUND for an organisation that the caller lacks."""
    require(act.actor, Scope.KEYS)
    org_ids = _read_organizations(given["organizationIds"])
    row = {
        "id": act.new_id(),
        "token_hash": token.hashed,
        "name": _read_name(given["name"]),
        "created_at": act.now,
        "expires_at": given.get("expiresAt"),
        "revoked_at": None,
        "last_used_at": None,
    }
    asked = _read_scopes(given.get("scopes"))
    return await db.write(lambda tx: _create(tx, act, row, asked, org_ids))


async def revoke_api_key(db: Database, act: Act, key: str) -> KeyRow:
    """Ends a key, also the caller's own; one that was revoked before is answered as it is. Raises Refused."""
    require(act.actor, Scope.KEYS)
    key_id = decode_id(KEY, key)
    if key_id is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "Not a key's id: they look like key_01j….", "id")
    return await db.write(lambda tx: _revoke(tx, act, key_id))


async def all_keys(db: Database, org_id: UUID | None) -> list[KeyRow]:
    """Every key, or those that see an organisation: for the command line alone, which sees all."""
    if org_id is None:
        return await db.read(organizations.all_keys)
    return await db.read(lambda tx: organizations.keys_of_organizations(tx, (org_id,)))


async def revoke_any_key(db: Database, key_id: UUID, now: datetime) -> KeyRow:
    """Ends a key, whatever it sees: for the command line alone. Raises Refused for an id that no key has."""

    async def revoke(tx: Transaction) -> KeyRow:
        await organizations.revoke_key(tx, key_id, now)
        return _present(await organizations.key_by_id(tx, key_id))

    return await db.write(revoke)


def key_data(row: KeyRow) -> dict[str, Any]:
    """A key as the command line's JSON: ids as they are shown, times in ISO 8601."""
    times = {"createdAt": row.created_at, "expiresAt": row.expires_at}
    times |= {"revokedAt": row.revoked_at, "lastUsedAt": row.last_used_at}
    return {
        "id": encode_id(KEY, row.id),
        "name": row.name,
        "organizations": [encode_id(ORGANIZATION, org_id) for org_id in row.organizations],
        "scopes": sorted(row.scopes),
        **{name: time.isoformat() if time else None for name, time in times.items()},
    }


async def _create(
    tx: Transaction, act: Act, row: dict[str, Any], asked: Sequence[Scope] | None, org_ids: tuple[UUID, ...]
) -> KeyRow:
    giver = await organizations.key_by_id(tx, act.actor.key_id, keep=True)
    if giver is None or giver.revoked_at is not None:
        raise CodedError(ErrorCode.UNAUTHENTICATED, "The key in use was revoked a moment ago.")
    errors = [*_missing(giver, org_ids), *_beyond(giver, asked), *_too_long(giver, row["expires_at"], act.now)]
    if errors:
        raise Refused(errors)
    scopes = DEFAULT_SCOPES & {Scope(scope) for scope in giver.scopes} if asked is None else frozenset(asked)
    expires_at = row["expires_at"] or giver.expires_at
    whole = {**row, "scopes": sorted(scope.value for scope in scopes), "expires_at": expires_at}
    await organizations.create_key(tx, whole, org_ids)
    return _present(await organizations.key_by_id(tx, whole["id"]))


async def _revoke(tx: Transaction, act: Act, key_id: UUID) -> KeyRow:
    found = await organizations.key_by_id(tx, key_id)
    if found is None or not _is_visible(found, act):
        raise _not_found()
    if not set(found.organizations) <= set(act.actor.organizations):
        raise refuse(ErrorCode.FORBIDDEN, _OTHERS, "id")
    await organizations.revoke_key(tx, key_id, act.now)
    return _present(await organizations.key_by_id(tx, key_id))


def _missing(giver: KeyRow, org_ids: tuple[UUID, ...]) -> list[UserError]:
    return [
        UserError(ErrorCode.NOT_FOUND, "Organization not found.", ("organizationIds", str(place)))
        for place, org_id in enumerate(org_ids)
        if org_id not in giver.organizations
    ]


def _beyond(giver: KeyRow, asked: Sequence[Scope] | None) -> list[UserError]:
    return [
        UserError(
            ErrorCode.FORBIDDEN,
            f"This key lacks the scope '{scope.value}', so it cannot give it. Ask whoever has a key with it.",
            ("scopes", str(place)),
        )
        for place, scope in enumerate(asked or ())
        if scope.value not in giver.scopes
    ]


def _too_long(giver: KeyRow, expires_at: datetime | None, now: datetime) -> list[UserError]:
    if expires_at is not None and expires_at <= now:
        return [UserError(ErrorCode.BAD_USER_INPUT, "expiresAt must lie in the future.", ("expiresAt",))]
    if expires_at is not None and giver.expires_at is not None and expires_at > giver.expires_at:
        text_ = "This key expires before that, and cannot make one that lasts longer than itself."
        return [UserError(ErrorCode.FORBIDDEN, text_, ("expiresAt",))]
    return []


def _read_organizations(given: Sequence[str]) -> tuple[UUID, ...]:
    if not 1 <= len(given) <= MOST_ORGANIZATIONS:
        message = f"Name 1 to {MOST_ORGANIZATIONS} organizations; {len(given)} were sent."
        raise refuse(ErrorCode.BAD_USER_INPUT, message, "organizationIds")
    found = [decode_id(ORGANIZATION, one) for one in given]
    wrong = [
        UserError(
            ErrorCode.BAD_USER_INPUT,
            "Not an organization's id: they look like org_01j….",
            ("organizationIds", str(place)),
        )
        for place, one in enumerate(found)
        if one is None
    ]
    if wrong:
        raise Refused(wrong)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _read_scopes(given: Sequence[str] | None) -> tuple[Scope, ...] | None:
    if given is None:
        return None
    known = ", ".join(sorted(ALL_SCOPES))
    if not 1 <= len(given) <= len(ALL_SCOPES):
        text_ = f"Name 1 to {len(ALL_SCOPES)} scopes, or leave them out. Scopes: {known}."
        raise refuse(ErrorCode.BAD_USER_INPUT, text_, "scopes")
    wrong = [
        UserError(ErrorCode.BAD_USER_INPUT, f"There is no such scope. Scopes: {known}.", ("scopes", str(place)))
        for place, one in enumerate(given)
        if one not in ALL_SCOPES
    ]
    if wrong:
        raise Refused(wrong)
    return tuple(Scope(one) for one in given)


def _read_name(given: str) -> str:
    try:
        shown = text(given, _LONGEST_NAME)
    except BadValue as error:
        raise refuse(ErrorCode.BAD_USER_INPUT, f"The name {error}.", "name") from None
    if shown is None:
        raise refuse(ErrorCode.BAD_USER_INPUT, "The name must not be blank.", "name")
    return shown


def _is_visible(row: KeyRow, act: Act) -> bool:
    return not set(row.organizations).isdisjoint(act.actor.organizations)


def _as_seen(row: KeyRow, act: Act) -> KeyRow:
    """Without the organisations that the caller does not see."""
    seen = tuple(org_id for org_id in row.organizations if org_id in act.actor.organizations)
    return KeyRow(**{**vars(row), "organizations": seen})


def _present(row: KeyRow | None) -> KeyRow:
    if row is None:
        raise _not_found()
    return row


def _not_found() -> Refused:
    return refuse(ErrorCode.NOT_FOUND, "API key not found.", "id")
