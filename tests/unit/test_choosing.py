"""Which deliveries may be sent: none past an earlier one about the same contacts; when a receiver is down, one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from db.deliveries import DeliveryRow, PendingRow
from db.outbox import EventRow
from db.webhooks import WebhookRow
from resolvers.events.choosing import DOWN_AFTER, Outcome, attempted, heads, hook_after, ready, seconds_to_next

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ORG, HOOK = UUID(int=1), UUID(int=2)
GIVE_UP = timedelta(hours=72)


def hook(**values: Any) -> WebhookRow:
    """One that is well."""
    made = WebhookRow(ORG, HOOK, "u", ",t,", True, None, "s", None, None, 0, 0, None, NOW, NOW, NOW)
    return replace(made, **values)


def waiting(number: int, data: dict[str, Any], next_in: float = 0) -> PendingRow:
    """A delivery of an event with this payload, due in so many seconds."""
    due = NOW + timedelta(seconds=next_in)
    one = UUID(int=number)
    row = DeliveryRow(ORG, one, HOOK, one, number, "t", "PENDING", 0, None, None, NOW, NOW, due)
    return PendingRow(row, EventRow(ORG, one, number, "t", data, NOW))


def merged(number: int, primary: str, *sources: str, next_in: float = 0) -> PendingRow:
    """Of contact.merged."""
    data = {"mergeId": "merge_1", "contactId": primary, "mergedContactIds": list(sources)}
    return waiting(number, data, next_in)


def _numbers(found: list[PendingRow]) -> list[int]:
    return [one.row.number for one in found]


def test_what_shares_a_contact_waits_for_what_came_before() -> None:
    """By any id of either, through a chain too; the merge's own id joins nothing."""
    parted = {"mergeId": "merge_1", "contactId": "g", "restored": [{"contactId": "h", "mergedContactIds": ["i"]}]}
    rows = [
        merged(1, "a", "b", next_in=60),
        merged(2, "c", "b"),
        merged(3, "d", "c"),
        merged(4, "e", "f"),
        waiting(5, parted),
        waiting(6, {"contactId": "i"}),
        waiting(7, {"contactId": "a", "erasedContactIds": ["a"]}),
    ]
    free = heads(rows, ())
    assert _numbers(free) == [1, 4, 5]
    assert _numbers(ready(hook(), free, 0, NOW, 8)) == [4, 5]
    assert _numbers(ready(hook(), free, 7, NOW, 8)) == [4], "one place is left"
    assert seconds_to_next(hook(), free, NOW) == 60
    assert _numbers(heads(rows, [UUID(int=5)])) == [1, 4], "what is in flight holds back too"


def test_nothing_waits_for_a_time_that_is_over() -> None:
    """A head that is due changes by news alone: a wait of nothing would turn in a circle."""
    free = heads([merged(1, "a"), merged(2, "a", next_in=5)], ())
    assert seconds_to_next(hook(), free, NOW) is None
    assert seconds_to_next(hook(), [], NOW) is None


def test_a_receiver_that_is_down_is_tried_with_one() -> None:
    """Once its time has come and nothing is in flight, with the one left alone longest, whose own time may not be."""
    rows = [merged(1, "a"), merged(2, "b", next_in=3_000)]
    old = replace(rows[1], row=replace(rows[1].row, at=NOW - timedelta(hours=1)))
    free = heads([rows[0], old], ())
    down = hook(failures=DOWN_AFTER, try_at=NOW)
    assert _numbers(ready(down, free, 0, NOW, 8)) == [2]
    assert ready(down, free, 1, NOW, 8) == []
    later = replace(down, try_at=NOW + timedelta(seconds=9))
    assert ready(later, free, 0, NOW, 8) == []
    assert seconds_to_next(later, free, NOW) == 9


def test_pauses_grow_and_end() -> None:
    """5 seconds doubled up to an hour, less up to a half by chance; after 72 hours no more."""
    row = merged(1, "a").row
    pauses = []
    for attempt in range(15):
        tried = attempted(Outcome(replace(row, attempt=attempt), 500, "x"), NOW, GIVE_UP, lambda: 1.0)
        pauses.append((tried.next_at - NOW).total_seconds())
    assert pauses == [min(5 * 2**n, 3_600) for n in range(15)]
    least = attempted(Outcome(row, None, "x"), NOW, GIVE_UP, lambda: 0.0)
    assert (least.next_at - NOW).total_seconds() == 2.5
    dead = attempted(Outcome(replace(row, since=NOW - GIVE_UP), 500, "x"), NOW, GIVE_UP, lambda: 0.0)
    assert dead.status == "DEAD"
    taken = attempted(Outcome(replace(row, since=NOW - GIVE_UP), 299, None), NOW, GIVE_UP, lambda: 0.0)
    assert taken.status == "DELIVERED"


def test_failures_are_counted_in_a_row() -> None:
    """A success ends them; too long a row of them, or 410, switches the webhook off."""
    row = merged(1, "a").row
    bad, good = Outcome(row, 500, "The receiver answered 500."), Outcome(row, 200, None)
    assert hook_after(hook(), [bad, bad], NOW, GIVE_UP, lambda: 0.0).failures == 2
    well = hook_after(hook(), [bad, good], NOW, GIVE_UP, lambda: 0.0)
    assert (well.failures, well.failing_since, well.active) == (0, None, True)
    off = hook_after(hook(failures=9, failing_since=NOW - GIVE_UP), [bad], NOW, GIVE_UP, lambda: 0.0)
    assert (off.active, off.inactive_reason) == (
        False,
        "Nothing was delivered since 2026-05-29 12:00 UTC. Lately: The receiver answered 500.",
    )
    gone = hook_after(hook(), [Outcome(row, 410, "x")], NOW, GIVE_UP, lambda: 0.0)
    assert not gone.active
