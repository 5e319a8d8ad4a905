"""Answers kept for repeats: written in the transaction of the act itself, never for a fault, no personal values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, bindparam, select
from sqlmodel import Field, SQLModel

from db.base import KEY_IS_TABLE, Json, any_of, by_dialect, columns_of, table_of, tenant_key
from db.engine import Transaction


class Idempotency(SQLModel, table=True):
    """One answered request. `result` holds ids and counts; `request_hash` tells a repeat from another input."""

    __table_args__ = (tenant_key(target="organization_lock", target_columns=("org_id",)), KEY_IS_TABLE)
    org_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True)
    operation: str
    request_hash: str
    result: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    created_at: datetime


idempotency = table_of(Idempotency)


@dataclass(frozen=True)
class StoredAnswer:
    """What was answered the first time."""

    key: str
    operation: str
    request_hash: str
    result: dict[str, Any]


_find = select(idempotency.c.key, idempotency.c.operation, idempotency.c.request_hash, idempotency.c.result).where(
    idempotency.c.org_id == bindparam("org"), any_of(idempotency.c.key, "keys")
)
_keep = by_dialect(lambda insert: insert(idempotency).on_conflict_do_nothing().returning(idempotency.c.key))


async def stored_answers(tx: Transaction, org_id: UUID, keys: Sequence[str]) -> dict[str, StoredAnswer]:
    """The answers kept under these keys."""
    rows = await tx.rows(_find, {"org": org_id, "keys": keys})
    return {row.key: StoredAnswer(*row) for row in rows}


async def keep_answer(tx: Transaction, org_id: UUID, answer: StoredAnswer, now: datetime) -> bool:
    """Keeps an answer. False when the key is taken: on PostgreSQL a rival's insert is waited for first."""
    return bool(await keep_answers(tx, org_id, [answer], now))


async def keep_answers(tx: Transaction, org_id: UUID, answers: Sequence[StoredAnswer], now: datetime) -> set[str]:
    """Keeps many; the keys that were free, of equal ones the first."""
    if not answers:
        return set()
    rows = [{"org_id": org_id, **columns_of(answer), "created_at": now} for answer in answers]
    return {row.key for row in await tx.rows(_keep[tx.dialect], rows)}
