"""Webhooks: who is told of what, and how far each has got in the outbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, bindparam, delete, func, insert, or_, select, update
from sqlmodel import Field, SQLModel

from db.base import any_of, columns_of, table_of
from db.engine import Transaction
from db.outbox import outbox
from db.webhook_leases import add_lease, drop_lease


class Webhook(SQLModel, table=True):
    """A receiver. `topics`: between commas, `,contact.merged,contact.erased,`.
    `position`: the number of the last event that it has deliveries of. `failures`: attempts that failed since the last
    one that succeeded, the first of them at `failing_since`; `try_at`: when a receiver that is down is tried again."""

    org_id: UUID = Field(primary_key=True, foreign_key="organization_lock.org_id")
    id: UUID = Field(primary_key=True)
    url: str
    topics: str
    active: bool
    inactive_reason: str | None = None
    secret: str
    old_secret: str | None = None
    old_secret_until: datetime | None = None
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    failures: int
    failing_since: datetime | None = None
    try_at: datetime
    created_at: datetime
    updated_at: datetime


webhook = table_of(Webhook)


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """A row of `webhook`."""

    org_id: UUID
    id: UUID
    url: str
    topics: str
    active: bool
    inactive_reason: str | None
    secret: str
    old_secret: str | None
    old_secret_until: datetime | None
    position: int
    failures: int
    failing_since: datetime | None
    try_at: datetime
    created_at: datetime
    updated_at: datetime

    @property
    def topic_list(self) -> list[str]:
        """The topics, one by one."""
        return _split(self.topics)

    def keys(self, now: datetime) -> list[str]:
        """The secrets that a delivery is signed with: the present one, and the one before it for a while."""
        old = self.old_secret if self.old_secret_until is not None and now < self.old_secret_until else None
        return [self.secret] if old is None else [self.secret, old]


_COLUMNS = [webhook.c[row.name] for row in fields(WebhookRow)]
_of_org = select(*_COLUMNS).where(webhook.c.org_id == bindparam("org")).order_by(webhook.c.id)
_by_ids = select(*_COLUMNS).where(any_of(webhook.c.org_id, "orgs"), any_of(webhook.c.id, "ids"))
_locked = _by_ids.with_for_update()
_counted = select(func.count()).select_from(webhook).where(webhook.c.org_id == bindparam("org"))
_topics = select(webhook.c.topics).where(webhook.c.org_id == bindparam("org"))
_behind = (
    select(webhook.c.org_id)
    .where(
        any_of(webhook.c.org_id, "orgs"),
        webhook.c.active,
        select(outbox.c.id)
        .where(
            outbox.c.org_id == webhook.c.org_id,
            or_(outbox.c.number.is_(None), outbox.c.number > webhook.c.position),
        )
        .exists(),
    )
    .distinct()
)
_waiting = (
    select(func.min(outbox.c.created_at, type_=outbox.c.created_at.type))
    .join_from(webhook, outbox, outbox.c.org_id == webhook.c.org_id)
    .where(
        any_of(webhook.c.org_id, "orgs"),
        webhook.c.active,
        or_(outbox.c.number.is_(None), outbox.c.number > webhook.c.position),
    )
)
_change = update(webhook).where(webhook.c.org_id == bindparam("key_org"), webhook.c.id == bindparam("key_id"))


async def add_webhook(tx: Transaction, row: WebhookRow) -> None:
    """A new one, with its lease. Two statements."""
    await tx.run(insert(webhook), columns_of(row))
    await add_lease(tx, row.org_id, row.id)


async def webhooks_of(tx: Transaction, org_id: UUID) -> list[WebhookRow]:
    """All of an organisation, oldest first."""
    return [WebhookRow(*row) for row in await tx.rows(_of_org, {"org": org_id})]


async def count_webhooks(tx: Transaction, org_id: UUID) -> int:
    """How many an organisation has."""
    return int((await tx.rows(_counted, {"org": org_id}))[0][0])


async def webhooks_by_id(tx: Transaction, orgs: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, WebhookRow]:
    """Those of these organisations that exist."""
    return {row.id: WebhookRow(*row) for row in await tx.rows(_by_ids, {"orgs": orgs, "ids": ids})}


async def lock_webhook(tx: Transaction, org_id: UUID, webhook_id: UUID) -> WebhookRow | None:
    """One of this organisation, locked. For holders of its lease's lock (db/webhook_leases.py)."""
    row = await tx.row(_locked, {"orgs": [org_id], "ids": [webhook_id]})
    return WebhookRow(*row) if row else None


async def change_webhook(tx: Transaction, row: WebhookRow, values: Mapping[str, Any]) -> None:
    """Writes these columns."""
    await tx.run(_change.values(**values), {"key_org": row.org_id, "key_id": row.id})


async def delete_webhook(tx: Transaction, row: WebhookRow) -> None:
    """It, and its lease; its deliveries go before (db/deliveries.py)."""
    await drop_lease(tx, row.id)
    await tx.run(delete(webhook).where(webhook.c.org_id == row.org_id, webhook.c.id == row.id))


async def topics_wanted(tx: Transaction, org_id: UUID) -> set[str]:
    """What the webhooks of the organisation, also those that are switched off, are to be told of. One statement."""
    rows = await tx.rows(_topics, {"org": org_id})
    return {topic for row in rows for topic in _split(row.topics)}


def _split(topics: str) -> list[str]:
    return topics.strip(",").split(",")


async def organizations_behind(tx: Transaction, orgs: Sequence[UUID]) -> list[UUID]:
    """Which of these organisations have events that an active webhook has no deliveries of yet."""
    return [row.org_id for row in await tx.rows(_behind, {"orgs": orgs})]


async def oldest_behind(tx: Transaction, orgs: Sequence[UUID]) -> datetime | None:
    """When the oldest event of these organisations happened that an active webhook has no delivery of yet."""
    moment: datetime | None = (await tx.rows(_waiting, {"orgs": orgs}))[0][0]
    return moment
