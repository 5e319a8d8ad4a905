"""What is delivered to webhooks: one row an event and webhook, written by who holds the webhook's lease."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, bindparam, delete, func, insert, select, text, update
from sqlmodel import Field, SQLModel

from db.base import any_of, columns_of, one_of, table_of, tenant_key
from db.engine import Transaction
from db.outbox import EventRow, outbox
from db.webhooks import webhook

STATUSES = ("PENDING", "DELIVERED", "DEAD")
_PENDING = text("status = 'PENDING'")


class WebhookDelivery(SQLModel, table=True):
    """An event on its way to a webhook. The event itself stays in the outbox. `error`: why the last attempt failed, in
    our words; `at`: when it was; `since`: from when on it is tried, for as long as deliveries are."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        tenant_key("webhook_id", target="webhook"),
        one_of("status", STATUSES),
        Index("ix_webhook_delivery_webhook", "org_id", "webhook_id", "id"),
        Index("ix_webhook_delivery_event", "org_id", "event_id"),
        Index(
            "ix_webhook_delivery_pending",
            "org_id",
            "webhook_id",
            "number",
            postgresql_where=_PENDING,
            sqlite_where=_PENDING,
        ),
        Index("ix_webhook_delivery_since", "org_id", "since"),
    )
    org_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    webhook_id: UUID
    event_id: UUID
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
    topic: str
    status: str
    attempt: int
    response_status: int | None = None
    error: str | None = None
    since: datetime
    at: datetime
    next_at: datetime


webhook_delivery = table_of(WebhookDelivery)
_d = webhook_delivery.c


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A row of `webhook_delivery`."""

    org_id: UUID
    id: UUID
    webhook_id: UUID
    event_id: UUID
    number: int
    topic: str
    status: str
    attempt: int
    response_status: int | None
    error: str | None
    since: datetime
    at: datetime
    next_at: datetime


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A delivery with its event; None when that is no longer kept."""

    row: DeliveryRow
    event: EventRow | None


_COLUMNS = [_d[row.name] for row in fields(DeliveryRow)]
_OUTCOME = ("status", "attempt", "response_status", "error", "since", "at", "next_at")
_of_webhook = _d.org_id == bindparam("org"), _d.webhook_id == bindparam("webhook")
_pending = (
    select(*_COLUMNS, outbox.c.payload, outbox.c.created_at.label("event_at"))
    .select_from(webhook_delivery.outerjoin(outbox, (outbox.c.org_id == _d.org_id) & (outbox.c.id == _d.event_id)))
    .where(*_of_webhook, _d.status == "PENDING")
    .order_by(_d.number, _d.id)
    .limit(bindparam("limit"))
)
_save = (
    update(webhook_delivery)
    .where(_d.org_id == bindparam("key_org"), _d.id == bindparam("key_id"))
    .values({name: bindparam(f"new_{name}") for name in _OUTCOME})
)
_all_due = update(webhook_delivery).where(*_of_webhook, _d.status == "PENDING").values(next_at=bindparam("new_next"))
_all_anew = _all_due.values(since=bindparam("new_since"))
_waiting = (
    select(func.count(), func.min(_d.since, type_=_d.since.type))
    .join_from(webhook_delivery, webhook, (webhook.c.org_id == _d.org_id) & (webhook.c.id == _d.webhook_id))
    .where(any_of(_d.org_id, "orgs"), _d.status == "PENDING", webhook.c.active)
)
_by_id = select(*_COLUMNS).where(any_of(_d.org_id, "orgs"), _d.id == bindparam("id"))
_is_kept = select(outbox.c.id).where(outbox.c.org_id == bindparam("org"), outbox.c.id == bindparam("event"))
_old = webhook_delivery.alias("old")
_forget_deliveries = delete(webhook_delivery).where(
    any_of(_d.org_id, "orgs"),
    _d.id.in_(
        select(_old.c.id)
        .where(any_of(_old.c.org_id, "orgs"), _old.c.since < bindparam("before"), _old.c.status != "PENDING")
        .limit(bindparam("limit"))
    ),
)
_past = outbox.alias("past")
_forget_events = delete(outbox).where(
    any_of(outbox.c.org_id, "orgs"),
    outbox.c.id.in_(
        select(_past.c.id)
        .where(
            any_of(_past.c.org_id, "orgs"),
            _past.c.created_at < bindparam("before"),
            ~select(_d.id)
            .where(_d.org_id == _past.c.org_id, _d.event_id == _past.c.id, _d.status == "PENDING")
            .exists(),
        )
        .limit(bindparam("limit"))
    ),
)


async def add_deliveries(tx: Transaction, rows: Sequence[DeliveryRow]) -> None:
    """New ones. One statement."""
    if rows:
        await tx.run(insert(webhook_delivery), [columns_of(row) for row in rows])


async def pending(tx: Transaction, org_id: UUID, webhook_id: UUID, limit: int) -> list[PendingRow]:
    """What is still to be delivered, in the order of the events."""
    rows = await tx.rows(_pending, {"org": org_id, "webhook": webhook_id, "limit": limit})
    return [_with_event(DeliveryRow(*row[:-2]), row[-2], row[-1]) for row in rows]


async def save_deliveries(tx: Transaction, rows: Sequence[DeliveryRow]) -> None:
    """Writes what came of attempts. One statement."""
    if rows:
        await tx.run(
            _save,
            [
                {f"new_{name}": getattr(row, name) for name in _OUTCOME} | {"key_org": row.org_id, "key_id": row.id}
                for row in rows
            ],
        )


async def make_all_due(tx: Transaction, org_id: UUID, webhook_id: UUID, now: datetime) -> None:
    """What is still to be delivered is tried again at once."""
    await tx.run(_all_due, {"org": org_id, "webhook": webhook_id, "new_next": now})


async def begin_again(tx: Transaction, org_id: UUID, webhook_id: UUID, now: datetime) -> None:
    """What is still to be delivered is tried from now on, for as long as deliveries are."""
    values = {"new_next": now, "new_since": now}
    await tx.run(_all_anew, {"org": org_id, "webhook": webhook_id} | values)


async def delivery_by_id(tx: Transaction, orgs: Sequence[UUID], delivery_id: UUID) -> DeliveryRow | None:
    """One of these organisations."""
    row = await tx.row(_by_id, {"orgs": orgs, "id": delivery_id})
    return DeliveryRow(*row) if row else None


async def is_event_kept(tx: Transaction, row: DeliveryRow) -> bool:
    """Whether the event of a delivery is still there."""
    return await tx.row(_is_kept, {"org": row.org_id, "event": row.event_id}) is not None


async def deliveries_page(
    tx: Transaction, org_id: UUID, webhook_id: UUID, status: str | None, limit: int, after: UUID | None
) -> list[DeliveryRow]:
    """Of one webhook, newest first, one row more than the limit when there are more."""
    statement = select(*_COLUMNS).where(*_conditions(status))
    asked: dict[str, Any] = {"org": org_id, "webhook": webhook_id}
    if after is not None:
        statement = statement.where(_d.id < bindparam("after"))
        asked["after"] = after
    statement = statement.order_by(_d.id.desc()).limit(limit + 1)
    return [DeliveryRow(*row) for row in await tx.rows(statement, asked)]


async def count_deliveries(tx: Transaction, org_id: UUID, webhook_id: UUID, status: str | None) -> int:
    """How many of one webhook are kept."""
    statement = select(func.count()).select_from(webhook_delivery).where(*_conditions(status))
    return int((await tx.rows(statement, {"org": org_id, "webhook": webhook_id}))[0][0])


async def waiting(tx: Transaction, orgs: Sequence[UUID]) -> tuple[int, datetime | None]:
    """(how many deliveries of active webhooks are still to be made, since when the oldest is tried)."""
    row = (await tx.rows(_waiting, {"orgs": orgs}))[0]
    return int(row[0]), row[1]


async def delete_deliveries(tx: Transaction, org_id: UUID, webhook_id: UUID) -> None:
    """All of a webhook that goes."""
    await tx.run(delete(webhook_delivery).where(*_of_webhook), {"org": org_id, "webhook": webhook_id})


async def forget_old(tx: Transaction, orgs: Sequence[UUID], before: datetime, limit: int) -> bool:
    """Deletes so many events and deliveries that are older than they are kept, but for what is still to be delivered;
    whether there may be more. Two statements for any number of organisations."""
    asked = {"orgs": orgs, "before": before, "limit": limit}
    return max([await tx.run(_forget_deliveries, asked), await tx.run(_forget_events, asked)]) == limit


def _with_event(row: DeliveryRow, payload: dict[str, Any] | None, created_at: datetime | None) -> PendingRow:
    if payload is None or created_at is None:
        return PendingRow(row, None)
    return PendingRow(row, EventRow(row.org_id, row.event_id, row.number, row.topic, payload, created_at))


def _conditions(status: str | None) -> list[Any]:
    return [*_of_webhook, *([] if status is None else [_d.status == status])]
