"""Conditions on contacts that few may meet, and which of two ways a page takes to those who do.

Where few meet a condition, an index finds them and they are sorted; where many do, the order's own index is walked and
each contact is tested until the page is full. Neither way is bearable in the other's place: with a million contacts,
sorting a twelfth of them takes a second, and so does walking past all of them for one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, FromClause, Select, Table, and_, false, func, literal, select

from db.base import encode_json
from db.contacts import contact
from db.engine import Transaction

# The most that are sorted for a page unless walking finds too few: sorting so many costs some milliseconds.
FEW = 1_000
# How many contacts are walked past at most: one in a thousand of a million takes about so many to fill a page, and a
# condition that goes together with the order (a label on the oldest, listed from the newest) would take all of them.
FAR = 20_000


@dataclass(frozen=True)
class Rare:
    """A condition on `contact` in both forms. `entries`: rows of an index, one at least for each who meets it.

    `tested` is asked of anything that has a contact's id and the columns that it `reads`. `finds_ids` (SQLite): the
    entries are the `id` of everybody who meets it, and dear to find.
    """

    entries: Select[Any]
    looked_up: ColumnElement[bool]
    tested: Callable[[FromClause], ColumnElement[bool]]
    reads: tuple[str, ...] = ()
    finds_ids: bool = False


def through_tree(link: Table, org_id: UUID, *conditions: ColumnElement[bool]) -> Rare:
    """The survivor with one member, itself or merged into it, that has such a row of `link` (org_id, contact_id, …).

    The organisation as a value: as contact's own column it made PostgreSQL look the row up for each contact.
    """
    member = contact.alias("member")
    such = (link.c.org_id == org_id, *conditions)
    found = link.join(member, and_(member.c.org_id == link.c.org_id, member.c.id == link.c.contact_id))
    # One in the other, not joined: what is walked past is asked from the contact's side, whatever the planner thinks.
    of_member = select(literal(1)).where(*such, link.c.contact_id == member.c.id).correlate(member)

    def tested(row: FromClause) -> ColumnElement[bool]:
        tree = (member.c.org_id == org_id, member.c.canonical_id == row.c.id)
        return there_is(select(literal(1)).where(*tree, there_is(of_member)).correlate(row))

    return Rare(
        entries=select(literal(1)).select_from(link).where(*such),
        looked_up=contact.c.id.in_(select(member.c.canonical_id).select_from(found).where(*such)),
        tested=tested,
    )


def there_is(rows: Select[Any]) -> ColumnElement[bool]:
    """EXISTS, asked for each contact: PostgreSQL would make a join of EXISTS, and begin it at the other end."""
    return rows.limit(1).scalar_subquery().is_not(None)


def surely(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition, of which PostgreSQL's planner thinks that nearly all meet it: it goes by the others."""
    return func.nullif(condition, false()).is_not(None)


async def fewest(tx: Transaction, conditions: Sequence[Rare]) -> tuple[int, ColumnElement[bool] | None]:
    """(The place of the condition that fewest meet, how those are looked up: None if they are many). One statement."""
    row = await tx.row(select(*map(_counted, conditions)))
    numbers = [len(found) if isinstance(found, list) else found for found in row or ()]
    place = numbers.index(min(numbers))
    if numbers[place] > FEW:
        return place, None
    chosen = conditions[place]
    return place, _is_one_of(row[place]) if row is not None and chosen.finds_ids else chosen.looked_up


def _counted(one: Rare) -> ColumnElement[Any]:
    """How many entries there are, FEW + 1 at most; of dear ones the ids themselves, so that they are found once."""
    entries = one.entries.limit(FEW + 1).subquery()
    counted = func.json_group_array(entries.c.id, type_=JSON) if one.finds_ids else func.count()
    return select(counted).select_from(entries).scalar_subquery()


def _is_one_of(ids: list[str]) -> ColumnElement[bool]:
    value = func.json_each(literal(encode_json(ids))).table_valued("value", name="found")
    return contact.c.id.in_(select(value.c.value))


def walk(way: Select[Any], conditions: Sequence[Rare], limit: int) -> Select[Any]:
    """The ids of the first `limit` contacts on the way (ids in an order) that meet all conditions; fewer, if they are
    not among the first FAR."""
    columns = dict.fromkeys(name for one in conditions for name in one.reads)
    row = way.add_columns(*(contact.c[name] for name in columns)).limit(FAR).subquery("walked")
    # No order of its own, for which SQLite would walk to the end first: both read the way in its order, and stop.
    return select(row.c.id).where(*(one.tested(row) for one in conditions)).limit(limit)
