"""A bucket of points for each key: `ONEFOLD_RATE_LIMIT`."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from schema.extensions.toll import Balance

_MANY = 10_000


@dataclass
class _Bucket:
    points: float
    filled_at: float


class Buckets:
    """Holds `capacity` points a key and gives back `rate` a second, in this process alone: a key that calls two
    processes has two buckets. `now` is in seconds and never steps back."""

    def __init__(self, capacity: int, rate: float, now: Callable[[], float] = monotonic) -> None:
        self._capacity = capacity
        self._rate = rate
        self._now = now
        self._buckets: dict[UUID | None, _Bucket] = {}

    def spend(self, key_id: UUID | None, points: int) -> Balance:
        """Takes at least one point, for nothing is free; or nothing, when there are too few."""
        bucket = self._filled(key_id)
        wanted = max(1, points)
        if wanted > bucket.points:
            return Balance(int(bucket.points), self._rate, (wanted - bucket.points) / self._rate)
        bucket.points -= wanted
        return Balance(int(bucket.points), self._rate, 0)

    def _filled(self, key_id: UUID | None) -> _Bucket:
        now = self._now()
        bucket = self._buckets.get(key_id)
        if bucket is None:
            if len(self._buckets) >= _MANY:
                self._forget_full(now)
            bucket = self._buckets[key_id] = _Bucket(self._capacity, now)
        bucket.points = self._level(bucket, now)
        bucket.filled_at = now
        return bucket

    def _level(self, bucket: _Bucket, now: float) -> float:
        return min(self._capacity, bucket.points + (now - bucket.filled_at) * self._rate)

    def _forget_full(self, now: float) -> None:
        """A full bucket is as good as none."""
        self._buckets = {key: one for key, one in self._buckets.items() if self._level(one, now) < self._capacity}


def buckets_of(setting: str) -> Buckets | None:
    """`off`, or `CAPACITY/RATE`; raises ValueError for anything else."""
    if setting == "off":
        return None
    capacity, _, rate = setting.partition("/")
    return Buckets(int(capacity), float(rate))
