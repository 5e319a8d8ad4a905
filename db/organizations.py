"""Organisations, their lock, their keys and their settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, bindparam, insert, or_, select, update
from sqlmodel import Field, SQLModel

from db.base import Json, any_of, one_of, table_of
from db.engine import Transaction
from db.idempotency import StoredAnswer, idempotency

ROLE_RULES = ("ANY", "LEAD_INTO_USER")
IDENTIFIER_RULES = ("SHARED", "UNIQUE_EXTERNAL_IDS", "UNIQUE")


class Organization(SQLModel, table=True):
    """A tenant. Undistributed, like the keys: it is looked up before an organisation is known."""

    id: UUID = Field(primary_key=True)
    name: str
    ref_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # keys the hashes of import_ref
    is_demo: bool = False
    created_at: datetime


class OrganizationLock(SQLModel, table=True):
    """One row an organisation: what merge, undo, erasure and settings lock. Sharded like its data."""

    __tablename__ = "organization_lock"
    org_id: UUID = Field(primary_key=True, foreign_key="organization.id")


class MergeSettings(SQLModel, table=True):
    """How an organisation merges. Writers of identifiers read it FOR SHARE, updateMergeSettings FOR UPDATE."""

    __tablename__ = "merge_settings"
    __table_args__ = (
        one_of("role_rule", ROLE_RULES),
        one_of("identifier_rule", IDENTIFIER_RULES),
    )
    org_id: UUID = Field(primary_key=True, foreign_key="organization_lock.org_id")
    role_rule: str = "ANY"
    identifier_rule: str = "SHARED"
    default_region: str | None = None
    survivorship: dict[str, str] = Field(sa_column=Column(Json, nullable=False))
    updated_at: datetime
    # Of detection. Null: as the model says.
    auto_merge_probability: float | None = None
    review_probability: float | None = None
    match_guards: list[str] = Field(sa_column=Column(Json, nullable=False))
    ignored_fields: list[str] = Field(sa_column=Column(Json, nullable=False))
    conversation_url_template: str | None = None


class ApiKey(SQLModel, table=True):
    """A credential. Only the SHA-256 of the token is kept; it is looked up by its unique index."""

    __tablename__ = "api_key"
    id: UUID = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    name: str | None = None
    scopes: list[str] = Field(sa_column=Column(Json, nullable=False))
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class ApiKeyOrganization(SQLModel, table=True):
    """Which organisations a key sees."""

    __tablename__ = "api_key_organization"
    __table_args__ = (Index(None, "org_id"),)
    key_id: UUID = Field(sa_column=Column(ForeignKey("api_key.id"), primary_key=True))
    org_id: UUID = Field(sa_column=Column(ForeignKey("organization.id"), primary_key=True))


organization = table_of(Organization)
organization_lock = table_of(OrganizationLock)
merge_settings = table_of(MergeSettings)
api_key = table_of(ApiKey)
api_key_organization = table_of(ApiKeyOrganization)


@dataclass(frozen=True)
class SettingsRow:
    """merge_settings of one organisation."""

    org_id: UUID
    role_rule: str
    identifier_rule: str
    default_region: str | None
    survivorship: dict[str, str]
    updated_at: datetime
    auto_merge_probability: float | None
    review_probability: float | None
    match_guards: list[str]
    ignored_fields: list[str]
    conversation_url_template: str | None


@dataclass(frozen=True)
class OrganizationRow:
    """An organisation as a client sees it."""

    id: UUID
    name: str
    created_at: datetime


@dataclass(frozen=True)
class KeyRow:
    """An API key with its organisations, in the order in which they were made."""

    id: UUID
    name: str | None
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    organizations: tuple[UUID, ...]


_SETTINGS = select(merge_settings)
_settings_of = _SETTINGS.where(merge_settings.c.org_id == bindparam("org"))
_settings_shared = _settings_of.with_for_update(read=True)
_settings_changing = _settings_of.with_for_update()
_ANSWER = ("key", "operation", "request_hash", "result")
_terms = (
    select(*merge_settings.c, *(idempotency.c[name].label(f"answer_{name}") for name in _ANSWER))
    .select_from(
        merge_settings.outerjoin(
            idempotency, (idempotency.c.org_id == merge_settings.c.org_id) & (idempotency.c.key == bindparam("key"))
        )
    )
    .where(merge_settings.c.org_id == bindparam("org"))
)
_lock = (
    select(organization_lock.c.org_id)
    .where(organization_lock.c.org_id == bindparam("org"))
    .with_for_update(key_share=True)  # FOR NO KEY UPDATE: inserts that refer to the row need not wait
)
_organizations = (
    select(organization.c.id, organization.c.name, organization.c.created_at)
    .where(any_of(organization.c.id, "ids"))
    .order_by(organization.c.id)
)
_KEY = ("id", "name", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
_keys = (
    select(*(api_key.c[name] for name in _KEY), api_key_organization.c.org_id)
    .join(api_key_organization, api_key_organization.c.key_id == api_key.c.id)
    .order_by(api_key.c.id.desc(), api_key_organization.c.org_id)
)
_key_by_hash = _keys.where(api_key.c.token_hash == bindparam("hash"))
_key_by_id = _keys.where(api_key.c.id == bindparam("id"))
_seeing = select(api_key_organization.c.key_id).where(any_of(api_key_organization.c.org_id, "orgs"))
_keys_seeing = _keys.where(api_key.c.id.in_(_seeing))


async def create_organization(tx: Transaction, row: dict[str, Any]) -> None:
    """An organisation with its lock and its default settings; `row` has the columns of `organization`."""
    await tx.run(insert(organization), row)
    await tx.run(insert(organization_lock), {"org_id": row["id"]})
    await tx.run(insert(merge_settings), {"org_id": row["id"], **default_settings(row["created_at"])})


def default_settings(now: datetime) -> dict[str, Any]:
    """The settings of a new organisation: columns of `merge_settings`."""
    return {
        "role_rule": "ANY",
        "identifier_rule": "SHARED",
        "default_region": None,
        "survivorship": {},
        "updated_at": now,
        "auto_merge_probability": None,
        "review_probability": None,
        "match_guards": [],
        "ignored_fields": [],
        "conversation_url_template": None,
    }


async def organizations_by_id(tx: Transaction, ids: tuple[UUID, ...]) -> list[OrganizationRow]:
    """Those that exist, oldest first."""
    return [OrganizationRow(*row) for row in await tx.rows(_organizations, {"ids": ids})]


async def organization_ids(tx: Transaction) -> list[UUID]:
    """Every organisation, oldest first: for the command line alone."""
    return [row.id for row in await tx.rows(select(organization.c.id).order_by(organization.c.id))]


async def demo_organization(tx: Transaction) -> Any:
    """The demo organisation (id, ref_key), if `onefold demo` has made one."""
    wanted = select(organization.c.id, organization.c.ref_key).where(organization.c.is_demo)
    return await tx.row(wanted.order_by(organization.c.id))


async def ref_key(tx: Transaction, org_id: UUID) -> bytes | None:
    """The secret that keys the hashes of an organisation's import refs; None for an unknown organisation."""
    row = await tx.row(select(organization.c.ref_key).where(organization.c.id == org_id))
    return row.ref_key if row else None


async def lock_organization(tx: Transaction, org_id: UUID) -> None:
    """Waits for the organisation's lock; held until the transaction ends. The only lock of this kind.

    A row and not an advisory lock: advisory locks live on the node that ran the statement (Citus) and were
    silently absent elsewhere. SQLite's writer already is alone.
    """
    await tx.row(_lock, {"org": org_id})


async def settings(tx: Transaction, org_id: UUID) -> SettingsRow:
    """The settings as they stand; consistent for the transaction when the organisation's lock is held."""
    return _settings_row(await tx.row(_settings_of, {"org": org_id}))


async def settings_for_merge(tx: Transaction, org_id: UUID, key: str | None) -> tuple[SettingsRow, StoredAnswer | None]:
    """The settings and what was answered under this idempotency key, in one statement; under the lock."""
    row = await tx.row(_terms, {"org": org_id, "key": key})
    values = _present(row)
    kept = {name: values.pop(f"answer_{name}") for name in _ANSWER}
    return SettingsRow(**values), StoredAnswer(**kept) if kept["key"] is not None else None


async def settings_for_identifiers(tx: Transaction, org_id: UUID) -> SettingsRow:
    """FOR SHARE: the identifier rule cannot change while a writer of identifiers is under way."""
    return _settings_row(await tx.row(_settings_shared, {"org": org_id}))


async def settings_for_change(tx: Transaction, org_id: UUID) -> SettingsRow:
    """FOR UPDATE; taken before the organisation's lock, always in that order."""
    return _settings_row(await tx.row(_settings_changing, {"org": org_id}))


async def change_settings(tx: Transaction, org_id: UUID, values: dict[str, Any]) -> None:
    """Writes the given columns of the settings."""
    await tx.run(update(merge_settings).where(merge_settings.c.org_id == org_id).values(**values))


async def create_key(tx: Transaction, row: dict[str, Any], org_ids: tuple[UUID, ...]) -> None:
    """A key (columns of `api_key`, the token only as its hash) that sees these organisations."""
    await tx.run(insert(api_key), row)
    await tx.run(insert(api_key_organization), [{"key_id": row["id"], "org_id": org} for org in org_ids])


async def key_by_hash(tx: Transaction, token_hash: str) -> KeyRow | None:
    """The key with that hash, also when expired or revoked: the caller judges."""
    return next(iter(_key_rows(await tx.rows(_key_by_hash, {"hash": token_hash}))), None)


async def key_by_id(tx: Transaction, key_id: UUID, *, keep: bool = False) -> KeyRow | None:
    """A key; `keep`: nobody can revoke it before the transaction ends."""
    statement = _key_by_id.with_for_update(read=True, of=api_key) if keep else _key_by_id
    return next(iter(_key_rows(await tx.rows(statement, {"id": key_id}))), None)


async def keys_of_organizations(tx: Transaction, org_ids: tuple[UUID, ...]) -> list[KeyRow]:
    """Every key that sees one of them, newest first, revoked ones too."""
    return _key_rows(await tx.rows(_keys_seeing, {"orgs": org_ids}))


async def all_keys(tx: Transaction) -> list[KeyRow]:
    """Every key, newest first: for the command line alone."""
    return _key_rows(await tx.rows(_keys))


async def revoke_key(tx: Transaction, key_id: UUID, now: datetime) -> None:
    """From now on; a key that was revoked before stays so from then on."""
    statement = update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
    await tx.run(statement.values(revoked_at=now))


async def touch_key(tx: Transaction, key_id: UUID, now: datetime, unless_since: datetime) -> None:
    """Notes that the key was used, unless somebody noted it at that time or later: of many at once one writes."""
    stale = or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < unless_since)
    await tx.run(update(api_key).where(api_key.c.id == key_id, stale).values(last_used_at=now))


def _key_rows(rows: Sequence[Any]) -> list[KeyRow]:
    """One row a key and organisation, as keys."""
    found: dict[UUID, KeyRow] = {}
    for row in rows:
        known = found.get(row.id)
        values = {name: row._mapping[name] for name in _KEY}
        seen = (*known.organizations, row.org_id) if known else (row.org_id,)
        found[row.id] = KeyRow(**values, organizations=seen)
    return list(found.values())


def _settings_row(row: Any) -> SettingsRow:
    return SettingsRow(**_present(row))


def _present(row: Any) -> dict[str, Any]:
    if row is None:  # made together with the organisation, never deleted
        raise LookupError("this organisation has no settings row")
    return dict(row._mapping)
