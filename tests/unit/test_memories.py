"""Which fact of a tree is shown: by hand, where merges in a row would be slow to make."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from db.memories import FactRow, HeadRow, PlaceRow
from resolvers.memories.combining import combined, merge_order

START = datetime(2026, 1, 1, tzinfo=UTC)


def contact(number: int) -> UUID:
    """A contact's id."""
    return UUID(int=number)


def at(minute: int) -> datetime:
    """A time."""
    return START + timedelta(minutes=minute)


def source(number: int, parent: int, minute: int, position: int = 0) -> PlaceRow:
    """A contact that was merged away."""
    return PlaceRow(contact(number), contact(parent), UUID(int=1_000_000 + minute), position, at(minute))


def root(number: int) -> PlaceRow:
    """One that was not."""
    return PlaceRow(contact(number), None, None, None, None)


def shown(places: list[PlaceRow], *written: tuple[int, str, int]) -> str:
    """The value of one key, of which (contact, value, minute) were written."""
    top = next(place.contact_id for place in places if place.parent_id is None)
    facts = [FactRow(contact(number), "p", "k", value, at(minute)) for number, value, minute in written]
    heads = [HeadRow(fact.contact_id, "p", "P", fact.recorded_at) for fact in facts]
    (memory,) = combined(top, places, heads, facts, [])
    (fact,) = memory.facts
    return fact.value


def test_the_order_of_a_tree() -> None:
    """Each source before the next, with all that it brought, in the order of time and then of the merge."""
    places = [source(5, 3, 1), source(4, 1, 9), source(2, 1, 5, 1), source(3, 1, 5, 0), root(1)]
    order, _ = merge_order(contact(1), places)
    assert order == [contact(number) for number in (1, 3, 5, 2, 4)]


def test_late_facts() -> None:
    """Late: after its own merge. It must be newer than what it beats; the newest of several late ones wins."""
    places = [root(1), source(2, 1, 10, 0), source(3, 1, 10, 1)]
    assert shown(places, (1, "own", 0), (2, "before", 9)) == "own"
    assert shown(places, (1, "own", 0), (2, "in the same moment", 10)) == "own"
    assert shown(places, (1, "own", 0), (2, "late", 11)) == "late"
    assert shown(places, (1, "own later", 12), (2, "late", 11)) == "own later"
    assert shown(places, (1, "own", 0), (2, "late", 12), (3, "later", 13)) == "later"
    assert shown(places, (1, "own", 0), (2, "later", 13), (3, "late", 12)) == "later"
    assert shown(places, (2, "first source", 1), (3, "newer, but before the merge", 9)) == "first source"
    assert shown(places, (2, "first source", 1), (3, "late", 11)) == "late"


def test_a_merge_further_up_decides_anew() -> None:
    """Late below is not late above: the upper primary's fact wins over all that was written before its merge."""
    places = [root(1), source(2, 1, 20), source(3, 2, 10)]
    assert shown(places, (2, "middle", 0), (3, "late", 11)) == "late"
    assert shown(places, (1, "top", 0), (2, "middle", 0), (3, "late", 11)) == "top"
    assert shown(places, (1, "top", 0), (2, "middle", 0), (3, "very late", 21)) == "very late"


def test_a_chain_of_many_merges() -> None:
    """Depth is no limit."""
    length = 20_000
    places = [root(0), *(source(number, number - 1, length - number) for number in range(1, length))]
    assert shown(places, (length - 1, "deep", 0)) == "deep"
