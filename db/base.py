"""What every table file stands on: naming, column types and the two dialects' differences in SQL.

Tenant tables start every primary, unique and foreign key with `org_id`, so that an organisation can be moved to
a shard or a hash partition of its own (docs/architecture.md, "Past one machine").
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import JSON, CheckConstraint, Dialect, ForeignKeyConstraint, Table, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement, bindparam
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine, Uuid
from sqlmodel import SQLModel

metadata = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# JSONB rather than JSON: the latter takes lone surrogates that nothing can read back.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Plain(dict[str, Any]):
    """An object of our own making, without floats and without halves of surrogate pairs: written as it is."""


_ALIKE = frozenset((str, int, bool, type(None)))
_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def encode_json(value: Any) -> str:
    """The engine's JSON serializer. NaN poisons every page that holds it on SQLite, so it is an error here.

    Keys are sorted, so that equal objects have equal text (an attribute filter on SQLite compares it).
    """
    if value == {}:
        return "{}"
    if type(value) is Plain or _is_plain(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        except TypeError:  # half of a surrogate pair, an integer of more than 64 bits, a key that is no string
            pass
    return _ENCODER.encode(value)


def _is_plain(value: Any) -> bool:
    """Whether orjson writes this as the json module does, only sooner: it has no floats, whose digits differ."""
    if type(value) is dict:
        value = value.values()
    elif type(value) is not list:
        return type(value) in _ALIKE
    return all(type(member) in _ALIKE or _is_plain(member) for member in value)


class _List(TypeDecorator[list[Any]]):
    """A list as one bound value: an array on PostgreSQL, JSON text on SQLite."""

    impl = Text
    cache_ok = True
    member: type[TypeEngine[Any]] = Text

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(self.member()))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        members = list(value or ())
        if dialect.name == "postgresql":
            return members
        return json.dumps([m.hex if isinstance(m, UUID) else m for m in members])


class UuidList(_List):
    """Ids as one bound value; on SQLite their 32 hexadecimal characters, as stored."""

    member = Uuid
    cache_ok = True


class TextList(_List):
    """Strings as one bound value."""

    cache_ok = True


class any_of(ColumnElement[bool]):  # noqa: N801 - reads as SQL in a statement
    """`column = ANY(list)`: one bound value for any number of members, and half the cost of an inline IN."""

    inherit_cache = True
    type = Boolean()
    _traverse_internals = [  # noqa: RUF012 - declared so by SQLAlchemy; what its statement cache compares
        ("column", InternalTraversal.dp_clauseelement),
        ("members", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: Any, parameter: str) -> None:
        self.column = column
        list_type = UuidList() if isinstance(column.type, Uuid) else TextList()
        self.members = bindparam(parameter, type_=list_type)

    def self_group(self, against: Any = None) -> Any:
        """A condition as it stands. SQLAlchemy would write `= 1` behind it on SQLite, and no index serves that."""
        return self


class none_of(any_of):  # noqa: N801
    """The opposite of `any_of`."""

    inherit_cache = True


class any_of_planned_once(any_of):  # noqa: N801
    """`any_of` that hides from PostgreSQL how many members there are. It takes a plan for the very list to be cheaper
    than one for any list, and so plans a prepared statement anew each time, which took as long as running it. For
    look-ups by a key alone, whose plan is right for any number."""

    inherit_cache = True


_WORDS = {any_of: ("= ANY", "IN"), any_of_planned_once: ("= ANY", "IN"), none_of: ("<> ALL", "NOT IN")}


@compiles(any_of, "postgresql")
def _any_of_postgresql(element: any_of, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    members = compiler.process(element.members, **options)
    if type(element) is any_of_planned_once:
        members = f"ARRAY(SELECT unnest({members}))"
    return f"{column} {_WORDS[type(element)][0]}({members})"


@compiles(any_of)
def _any_of_sqlite(element: any_of, compiler: SQLCompiler, **options: Any) -> str:
    column = compiler.process(element.column, **options)
    members = compiler.process(element.members, **options)
    return f"{column} {_WORDS[type(element)][1]} (SELECT value FROM json_each({members}))"  # noqa: S608 - compiled parts


# Narrow tables whose primary key is how they are read: on SQLite the key is the table, and one tree less is written.
KEY_IS_TABLE = {"sqlite_with_rowid": False}


def table_of(model: type[SQLModel]) -> Table:
    """The Core table behind a model: statements are built on it once, at import."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]  # SQLModel leaves it undeclared


def columns_of(row: Any) -> dict[str, Any]:
    """A row of ours (a dataclass) by its columns. `dataclasses.asdict` would copy every value, which was half of what a
    merge of conversations cost."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def tenant_key(*columns: str, target: str, target_columns: tuple[str, ...] = ("org_id", "id")) -> ForeignKeyConstraint:
    """A foreign key inside one organisation: (org_id, ...columns) -> target(org_id, ...)."""
    return ForeignKeyConstraint(["org_id", *columns], [f"{target}.{column}" for column in target_columns])


def one_of(column: str, values: Iterable[str], name: str | None = None) -> CheckConstraint:
    """Enums are strings with a CHECK: native enum types cannot be changed inside a transaction everywhere."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)


def by_dialect(build: Callable[[Callable[[Table], Any]], Any]) -> dict[str, Any]:
    """One statement built for each dialect: ON CONFLICT has no dialect-neutral form in SQLAlchemy."""
    return {"postgresql": build(postgresql.insert), "sqlite": build(sqlite.insert)}
