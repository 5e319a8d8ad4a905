"""Contacts by one of their custom attributes, with an index behind it on both databases.

PostgreSQL has a GIN index (jsonb_path_ops) with the organisation as its first column. On SQLite triggers keep a row of
`contact_attribute` for each top-level attribute of each living contact (see migration 0007). Both only propose: the
contact's own attributes decide, type included.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, cast, column, func, literal, select, table
from sqlalchemy.dialects.postgresql import JSONB

from db.base import encode_json
from db.contacts import contact
from db.rare import Rare, surely, there_is

_CUT = 60  # characters of a key and of a value in SQLite's index

_entry = table("contact_attribute", *map(column, ("org_id", "key", "value", "contact_id")))
_entry.c.org_id.type = _entry.c.contact_id.type = contact.c.id.type


@dataclass(frozen=True)
class AttributeEquals:
    """A top-level key of the custom attributes and the JSON value that it must have."""

    key: str
    value: Any


def attribute_on_postgresql(wanted: AttributeEquals) -> ColumnElement[bool]:
    """The condition on `contact`. The planner knows from its statistics how many have such an attribute."""
    held = contact.c.custom_attributes
    proposed = held.op("@>")(cast(literal(encode_json({wanted.key: wanted.value})), JSONB))
    value = held.op("->", return_type=JSONB())(literal(wanted.key))
    return and_(proposed, surely(value == cast(literal(encode_json(wanted.value)), JSONB)))


def attribute_on_sqlite(org_id: UUID, wanted: AttributeEquals) -> Rare:
    """The condition on `contact`."""
    entries = select(literal(1)).where(
        _entry.c.org_id == org_id, _entry.c.key == wanted.key[:_CUT], _entry.c.value == _as_kept(wanted.value)
    )

    def exactly(row: FromClause) -> ColumnElement[bool]:
        # ->> fails on a key such as `$x` and misses `a.b`: json_each compares the key itself.
        held = func.json_each(row.c.custom_attributes).table_valued("key", "value", "type", name="entry")
        return select(literal(1)).select_from(held).where(held.c.key == wanted.key, _same(held, wanted.value)).exists()

    def tested(row: FromClause) -> ColumnElement[bool]:
        return and_(there_is(entries.where(_entry.c.contact_id == row.c.id).correlate(row)), exactly(row))

    proposed = contact.c.id.in_(entries.with_only_columns(_entry.c.contact_id))
    return Rare(entries, and_(proposed, exactly(contact)), tested, reads=("custom_attributes",))


def _as_kept(value: Any) -> Any:
    """The value as the trigger keeps it."""
    if value is None or isinstance(value, bool):
        return encode_json(value)
    if isinstance(value, (int, float)):
        return value
    return (value if isinstance(value, str) else encode_json(value))[:_CUT]


def _same(entry: Any, value: Any) -> ColumnElement[bool]:
    """A JSON value of json_each equals `value`, type included; arrays and objects by their stored text."""
    if value is None or isinstance(value, bool):
        return and_(entry.c.type == {None: "null", True: "true", False: "false"}[value])
    if isinstance(value, str):
        return and_(entry.c.type == "text", entry.c.value == value)
    if isinstance(value, (int, float)):
        return and_(entry.c.type.in_(("integer", "real")), entry.c.value == value)
    kind = "array" if isinstance(value, list) else "object"
    return and_(entry.c.type == kind, entry.c.value == encode_json(value))
