"""Which process delivers for which webhook, and when there is next something to do.

Looked through across organisations, so it is not sharded: it names a webhook and holds the lease, nothing else. Times
are seconds since 1970 by the database's clock. `fence` grows with every claim, and who has not the last one writes
nothing any more. In a transaction, the lease's row is locked before the webhook's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Float,
    Index,
    bindparam,
    delete,
    extract,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import Field, SQLModel

from db.base import any_of, table_of
from db.engine import Transaction

NEVER = 1e9  # seconds: until there is news


class WebhookLease(SQLModel, table=True):
    """The lease on one webhook."""

    __tablename__ = "webhook_lease"
    __table_args__ = (Index("ix_webhook_lease_due_at", "due_at"),)
    webhook_id: UUID = Field(primary_key=True)
    org_id: UUID
    fence: int = Field(sa_column=Column(BigInteger, nullable=False))
    leased_until: float = Field(sa_column=Column(Float, nullable=False))
    due_at: float = Field(sa_column=Column(Float, nullable=False))


webhook_lease = table_of(WebhookLease)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to deliver for a webhook, until it is claimed again."""

    org_id: UUID
    webhook_id: UUID
    fence: int


class LeaseLost(Exception):
    """Another process delivers for this webhook now, or it is gone: nothing was written."""


_l = webhook_lease.c
_SECONDS: dict[str, ColumnElement[float]] = {
    "postgresql": extract("epoch", func.clock_timestamp()).cast(Float),
    "sqlite": (func.julianday("now", type_=Float) - 2_440_587.5) * 86_400.0,
}


def _free(now: ColumnElement[float]) -> Any:
    due = or_(_l.due_at <= now, any_of(_l.org_id, "woken"))
    return (
        select(_l.org_id, _l.webhook_id, _l.fence)
        .where(due, _l.leased_until < now)
        .order_by(_l.due_at)
        .limit(bindparam("limit"))
    )


def _own(**values: Any) -> Any:
    mine = (_l.webhook_id == bindparam("key_webhook"), _l.fence == bindparam("key_fence"))
    return update(webhook_lease).where(*mine).values(**values)


_look = {dialect: _free(now) for dialect, now in _SECONDS.items()}
_lock = {dialect: free.with_for_update(skip_locked=True) for dialect, free in _look.items()}
_until = {dialect: now + bindparam("seconds", type_=Float) for dialect, now in _SECONDS.items()}
_take = {
    # Due at once: whoever finds this lease run out has something to do.
    dialect: update(webhook_lease)
    .where(any_of(_l.webhook_id, "webhooks"))
    .values(fence=_l.fence + 1, leased_until=until, due_at=0.0)
    for dialect, until in _until.items()
}
_renew = {dialect: _own(leased_until=until) for dialect, until in _until.items()}
_let_go = {dialect: _own(leased_until=0.0, due_at=until) for dialect, until in _until.items()}
_make_due = update(webhook_lease).where(_l.webhook_id == bindparam("key_webhook")).values(due_at=0.0)
_soonest = {
    dialect: select(func.min(_l.due_at) - now).where(_l.leased_until < now) for dialect, now in _SECONDS.items()
}
_organizations = select(_l.org_id).distinct()


async def add_lease(tx: Transaction, org_id: UUID, webhook_id: UUID) -> None:
    """Of a new webhook."""
    free = {"webhook_id": webhook_id, "org_id": org_id, "fence": 0, "leased_until": 0.0, "due_at": 0.0}
    await tx.run(insert(webhook_lease), free)


async def drop_lease(tx: Transaction, webhook_id: UUID) -> None:
    """Of a webhook that goes: who delivers for it notices at its next transaction."""
    await tx.run(delete(webhook_lease).where(_l.webhook_id == webhook_id))


async def make_due(tx: Transaction, webhook_id: UUID) -> None:
    """There is something to do for it now. Locks the lease."""
    await tx.run(_make_due, {"key_webhook": webhook_id})


async def is_any_free(tx: Transaction, woken: Sequence[UUID]) -> bool:
    """Whether `claim` would find any."""
    return bool(await tx.rows(_look[tx.dialect], {"woken": woken, "limit": 1}))


async def seconds_to_next(tx: Transaction) -> float:
    """How long until one that nobody delivers for is due; negative when one is overdue, `NEVER` when there is none."""
    (row,) = await tx.rows(_soonest[tx.dialect])
    return NEVER if row[0] is None else float(row[0])


async def claim(tx: Transaction, woken: Sequence[UUID], limit: int, seconds: float) -> list[Lease]:
    """Webhooks that are due, or of an organisation that has news, and that nobody delivers for: now we do, for so many
    seconds. Two statements."""
    found = await tx.rows(_lock[tx.dialect], {"woken": woken, "limit": limit})
    if found:
        await tx.run(_take[tx.dialect], {"webhooks": [row.webhook_id for row in found], "seconds": seconds})
    return [Lease(row.org_id, row.webhook_id, row.fence + 1) for row in found]


async def renew(tx: Transaction, lease: Lease, seconds: float) -> None:
    """First in each transaction of who delivers: locks the lease. Raises LeaseLost."""
    asked = {"key_webhook": lease.webhook_id, "key_fence": lease.fence, "seconds": seconds}
    if await tx.run(_renew[tx.dialect], asked) == 0:
        raise LeaseLost


async def let_go(tx: Transaction, lease: Lease, due_in: float) -> None:
    """Gives the lease back; there is something to do again in so many seconds. A lost one stays whose it is."""
    asked = {"key_webhook": lease.webhook_id, "key_fence": lease.fence, "seconds": due_in}
    await tx.run(_let_go[tx.dialect], asked)


async def organizations_with_webhooks(tx: Transaction) -> list[UUID]:
    """All that have any."""
    return [row.org_id for row in await tx.rows(_organizations)]
