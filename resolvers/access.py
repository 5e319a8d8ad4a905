"""Who is calling, what they may do, and in which organisation: the one place that asks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from resolvers.errors import CodedError, ErrorCode, refuse


class Scope(StrEnum):
    """What a key may do. `merge` and `undo` are permissions of their own."""

    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    MERGE = "merge"
    UNDO = "undo"
    ERASE = "erase"
    SETTINGS = "settings"
    WEBHOOKS = "webhooks"
    KEYS = "keys"


ALL_SCOPES = frozenset(Scope)
DEFAULT_SCOPES = ALL_SCOPES - {Scope.KEYS}


@dataclass(frozen=True)
class Actor:
    """The key in use: `name` is what the history shows, `organizations` what it can see (at least one)."""

    key_id: UUID
    name: str | None
    organizations: tuple[UUID, ...]
    scopes: frozenset[Scope]

    @property
    def label(self) -> str:
        """How the history names this caller: stable for a key, never its secret."""
        return self.name or f"key {self.key_id.hex[:8]}"


@dataclass(frozen=True)
class Act:
    """One request of one caller: time and ids come in from the edge, nothing below asks the clock."""

    actor: Actor
    now: datetime
    new_id: Callable[[], UUID]
    request_id: str = field(default="")
    job_id: UUID | None = None  # of the job that works for the caller


def require(actor: Actor, scope: Scope) -> None:
    """Raises FORBIDDEN, naming the scope that is missing."""
    if scope not in actor.scopes:
        raise CodedError(
            ErrorCode.FORBIDDEN,
            f"This key lacks the scope '{scope.value}'. Ask for a key made with --scope {scope.value}.",
            requiredScope=scope.value,
        )


def organization_for_query(actor: Actor, asked: UUID | None) -> UUID | None:
    """The organisation of an organisation-wide field; None when it is not one of the key's.

    Raises BAD_USER_INPUT when the key sees several and none is named.
    """
    if asked is not None:
        return asked if asked in actor.organizations else None
    if len(actor.organizations) == 1:
        return actor.organizations[0]
    raise CodedError(ErrorCode.BAD_USER_INPUT, _NAME_ONE, argument="organizationId")


def organization_for_input(actor: Actor, asked: UUID | None, *within: str) -> UUID:
    """The organisation that a mutation without a contact id works in. Raises Refused."""
    if asked is not None:
        if asked in actor.organizations:
            return asked
        raise refuse(ErrorCode.NOT_FOUND, "Organization not found.", *within, "organizationId")
    if len(actor.organizations) == 1:
        return actor.organizations[0]
    raise refuse(ErrorCode.BAD_USER_INPUT, _NAME_ONE, *within, "organizationId")


_NAME_ONE = "This key sees several organizations: name one in organizationId (viewer lists them)."
