"""Counting acts by how they end."""

from collections.abc import Awaitable
from time import perf_counter
from typing import TypeVar

from db.metrics import MERGE_SECONDS, MERGES, UNDOS
from resolvers.errors import CodedError, Refused

T = TypeVar("T")


async def measured_merge(kind: str, act: Awaitable[T]) -> T:
    """`kind`: contacts or conversations. A repeated answer counts as done."""
    begun, outcome = perf_counter(), "failed"
    try:
        done = await act
        outcome = "done"
        return done
    except (Refused, CodedError):
        outcome = "refused"
        raise
    finally:
        MERGES.labels(kind, outcome).inc()
        MERGE_SECONDS.labels(kind).observe(perf_counter() - begun)


async def measured_undo(act: Awaitable[T]) -> T:
    """An undo of either kind."""
    outcome = "failed"
    try:
        done = await act
        outcome = "done"
        return done
    except (Refused, CodedError):
        outcome = "refused"
        raise
    finally:
        UNDOS.labels(outcome).inc()
