"""Groups that may be merged at once, against merging them one by one in a model of pointers."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from resolvers.merging.groups import Group, at_once

IDS = [UUID(int=number) for number in range(12)]


def test_what_leads_to_a_source_has_to_wait() -> None:
    a, b, c, d = IDS[:4]
    groups: list[Group] = [(c, [a]), (d, [b])]
    assert at_once(groups, {a: a, b: a, c: c, d: d}) == 1
    assert at_once(groups, {one: one for one in (a, b, c, d)}) == 2
    assert at_once([], {}) == 0


@given(st.permutations(IDS), st.dictionaries(st.sampled_from(IDS), st.sampled_from(IDS)))
def test_groups_at_once_are_as_groups_one_by_one(order: list[UUID], leading: dict[UUID, UUID]) -> None:
    """Where an id leads when its group's turn comes is where it led before the first, for all that go at once."""
    canonical = {one: leading.get(one, one) for one in IDS}
    groups: list[Group] = [(order[start], order[start + 1 : start + 3]) for start in range(0, 12, 3)]
    now = dict(canonical)
    for primary, sources in groups[: at_once(groups, canonical)]:
        assert all(now[one] == canonical[one] for one in (primary, *sources))
        for one, root in now.items():
            if root in sources:
                now[one] = primary
