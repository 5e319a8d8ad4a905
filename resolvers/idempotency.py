"""One answer for one key: the first success is kept, a repeat gets it again, another input is refused."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from db import idempotency
from db.engine import Transaction
from db.idempotency import StoredAnswer
from resolvers.errors import ErrorCode, refuse


def answer_for(key: str, operation: str, request: Mapping[str, Any], result: Mapping[str, Any]) -> StoredAnswer:
    """An answer to keep: ids and counts only, no personal values."""
    return StoredAnswer(key, operation, request_hash(operation, request), dict(result))


def request_hash(operation: str, request: Mapping[str, Any]) -> str:
    """SHA-256 of a request in its canonical form (sorted keys)."""
    text = orjson.dumps([operation, request], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


async def claim(tx: Transaction, org_id: UUID, answer: StoredAnswer, now: datetime) -> dict[str, Any] | None:
    """Takes the key before anything else is written, so that a rival with the same key waits for us. What it stands for
    already, if it does; raises IDEMPOTENCY_KEY_REUSED when that was another request."""
    if await idempotency.keep_answer(tx, org_id, answer, now):
        return None
    stored = (await idempotency.stored_answers(tx, org_id, [answer.key]))[answer.key]
    check_same_request(stored, answer)
    return stored.result


def check_same_request(stored: StoredAnswer, asked: StoredAnswer) -> None:
    """Raises IDEMPOTENCY_KEY_REUSED when the key was first used for something else."""
    if (stored.operation, stored.request_hash) == (asked.operation, asked.request_hash):
        return
    raise refuse(
        ErrorCode.IDEMPOTENCY_KEY_REUSED,
        "This idempotency key was first used with another input. Use a new key for a new request.",
        "idempotencyKey",
    )


def comparable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An input as it is compared: null and left out alike, times as text, without the key itself."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in raw.items()
        if value is not None and name != "idempotencyKey"
    }
