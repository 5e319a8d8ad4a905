"""Which deliveries of a webhook may be sent now, and what comes of an attempt. Pure.

Events of one contact go out in order: one that failed holds back what concerns the same contacts, and nothing else. A
receiver that failed `DOWN_AFTER` times in a row is down: one delivery at a time tries whether it is back.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from db.deliveries import DeliveryRow, PendingRow
from db.webhooks import WebhookRow

DOWN_AFTER = 10
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_DOWN = 5.0, 3_600.0, 300.0  # seconds
_GONE = 410
_KEPT_NO_LONGER = "The event is no longer kept: it was not delivered in time."
_SAID_GONE = "The receiver answered 410 Gone."

Jitter = Callable[[], float]  # from 0 to 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt: the status of the answer, if there was any, and what was wrong, in our words."""

    row: DeliveryRow
    response_status: int | None
    error: str | None

    @property
    def is_success(self) -> bool:
        """Any 2xx."""
        return self.response_status is not None and 200 <= self.response_status < 300


def heads(waiting: Sequence[PendingRow], in_flight: Collection[UUID]) -> list[PendingRow]:
    """What no earlier delivery about the same contacts holds back. `waiting`: in the order of the events, with what is
    in flight, which is no head and holds back others."""
    held: set[str] = set()
    found = []
    for one in waiting:
        ids = _touched(one.event.payload) if one.event else set()
        if one.row.id not in in_flight and held.isdisjoint(ids):
            found.append(one)
        held |= ids
    return found


def ready(hook: WebhookRow, free: Sequence[PendingRow], flying: int, now: datetime, limit: int) -> list[PendingRow]:
    """What of these heads may be sent beside so many in flight."""
    if hook.failures < DOWN_AFTER:
        return [one for one in free if one.row.next_at <= now][: max(0, limit - flying)]
    if flying or now < hook.try_at:
        return []
    # The one that was left alone longest: the first may be what the receiver cannot take.
    return sorted(free, key=lambda one: one.row.at)[:1]


def seconds_to_next(hook: WebhookRow, free: Sequence[PendingRow], now: datetime) -> float | None:
    """How long until more of these heads may be sent than now; None when nothing but news will change that."""
    times = [hook.try_at] if hook.failures >= DOWN_AFTER and free else [one.row.next_at for one in free]
    later = [time for time in times if time > now]
    return (min(later) - now).total_seconds() if later else None


def attempted(outcome: Outcome, now: datetime, give_up: timedelta, jitter: Jitter) -> DeliveryRow:
    """The delivery after an attempt: done, to be tried again, or given up."""
    row = outcome.row
    attempt = row.attempt + 1
    tried = replace(row, attempt=attempt, response_status=outcome.response_status, error=outcome.error, at=now)
    if outcome.is_success:
        return replace(tried, status="DELIVERED")
    if now - row.since >= give_up:
        return replace(tried, status="DEAD")
    return replace(tried, next_at=now + _pause(attempt - 1, _LONGEST_PAUSE, jitter))


def lost(row: DeliveryRow, now: datetime) -> DeliveryRow:
    """A delivery whose event is gone."""
    return replace(row, status="DEAD", error=_KEPT_NO_LONGER, at=now)


def hook_after(
    hook: WebhookRow, outcomes: Sequence[Outcome], now: datetime, give_up: timedelta, jitter: Jitter
) -> WebhookRow:
    """The webhook after these attempts: with its failures in a row, switched off when they last too long or the
    receiver says that it is gone."""
    for outcome in outcomes:
        if outcome.is_success:
            hook = replace(hook, failures=0, failing_since=None)
            continue
        failures = hook.failures + 1
        since = hook.failing_since or now
        try_at = now + _pause(failures - DOWN_AFTER, _LONGEST_DOWN, jitter)
        hook = replace(hook, failures=failures, failing_since=since, try_at=try_at)
        if outcome.response_status == _GONE:
            hook = _off(hook, _SAID_GONE)
        elif now - since >= give_up:
            hook = _off(hook, f"Nothing was delivered since {since:%Y-%m-%d %H:%M} UTC. Lately: {outcome.error}")
    return hook


def _off(hook: WebhookRow, why: str) -> WebhookRow:
    return replace(hook, active=False, inactive_reason=why)


def _pause(before: int, longest: float, jitter: Jitter) -> timedelta:
    """Doubled each time, and never the same for two that failed at once."""
    whole = min(longest, _FIRST_PAUSE * 2.0 ** max(0, min(before, 30)))
    return timedelta(seconds=whole * (0.5 + jitter() / 2))


def _touched(payload: dict[str, Any]) -> set[str]:
    """Every id in a payload but the merge's."""
    found: set[str] = set()
    for name, value in payload.items():
        if name == "restored":
            for one in value:
                found |= _touched(one)
        elif isinstance(value, list):
            found.update(value)
        elif name != "mergeId":
            found.add(value)
    return found
