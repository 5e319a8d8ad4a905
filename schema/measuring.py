"""Counting acts by how they end."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

from prometheus_client import Counter

from db.metrics import MERGE_SECONDS, MERGES, UNDOS
from resolvers.errors import CodedError, Refused

T = TypeVar("T")


async def measured_merge(kind: str, act: Awaitable[T]) -> T:
    """`kind`: contacts or conversations. A repeated answer counts as done."""
    begun = perf_counter()
    with _outcome(lambda outcome: MERGES.labels(kind, outcome)):
        try:
            return await act
        finally:
            MERGE_SECONDS.labels(kind).observe(perf_counter() - begun)


async def measured_undo(act: Awaitable[T]) -> T:
    """An undo of either kind."""
    with _outcome(UNDOS.labels):
        return await act


@contextmanager
def _outcome(counter: Callable[[str], Counter]) -> Iterator[None]:
    outcome = "failed"
    try:
        yield
        outcome = "done"
    except (Refused, CodedError):
        outcome = "refused"
        raise
    finally:
        counter(outcome).inc()
