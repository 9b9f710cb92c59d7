"""Tables written as classes: a row class says what a table keeps, and its attributes are the columns that statements name.

No row class is ever an instance: every statement is of SQLAlchemy's Core and answers plain rows. SQLAlchemy's own mapped
classes would do, but a mapper prepares each attribute for objects that change, which nobody makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType, NoneType
from typing import Any, ClassVar, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

TYPES: Mapping[type, type[sa.types.TypeEngine[Any]]] = MappingProxyType(
    {
        bool: sa.Boolean,
        bytes: sa.LargeBinary,
        date: sa.Date,
        datetime: sa.DateTime,
        float: sa.Float,
        int: sa.Integer,
        str: sa.String,
    }
)
"""What a column is of that names no type and no foreign key."""


class _Stored(NamedTuple):
    parts: tuple[Any, ...]
    more: Mapping[str, Any]


USUAL = _Stored((), {})
_WHERE = "where"


def stored(*parts: Any, **more: Any) -> Any:
    """Say how a column is stored, in the words of `sqlalchemy.Column`; name, null and usual type are in the annotation."""
    return _Stored(parts, more)


class Described(type):
    """The kind of a row class; statements take the class for its table."""

    __table__: sa.FromClause

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        """Make the table of a class that has a name for one, and put its columns in their places."""
        super().__init__(name, bases, namespace)
        if "__tablename__" in namespace:
            cls.__table__ = _table(cls)
        if "__table__" in vars(cls):
            for column in cls.__table__.c:
                setattr(cls, column.key, column)

    def __clause_element__(cls) -> sa.FromClause:
        """Give what SQLAlchemy puts into a statement where the class is written."""
        return cls.__table__


class Rows(metaclass=Described):
    """What every row class is; the class that is derived first holds the metadata."""

    metadata: ClassVar[sa.MetaData]
    __tablename__: ClassVar[str]
    __table_args__: ClassVar[Any] = ()


Row = TypeVar("Row", bound=Rows)


def aliased(row: type[Row], name: str | None = None) -> type[Row]:
    """Give the same table once more under another name, for a statement that speaks of two of its rows."""
    again: Any = Described(row.__name__, (), {"__table__": row.__table__.alias(name)})
    return again  # type: ignore[no-any-return]


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """Give an index of those rows of which a condition is true, such as ``status = 'open'``, on both databases alike.

    SQLAlchemy wants it said for each database, and loads every driver of one to look at the word: 2 MB that SQLite never needs.
    """
    return sa.Index(name, *columns, unique=unique, info={_WHERE: where})


@compiles(sa.schema.CreateIndex)
def _write_index(wanted: sa.schema.CreateIndex, compiler: Any, **more: Any) -> str:
    text: str = compiler.visit_create_index(wanted, **more)
    where = wanted.element.info.get(_WHERE)
    return f"{text} WHERE {where}" if where else text


def _table(row: Any) -> sa.Table:
    """Make the table: first the class's own columns, then those of a class that it shares."""
    hints = get_type_hints(row)
    names = [name for kind in row.__mro__ for name in vars(kind).get("__annotations__", ())]
    columns = [
        _column(each, hints[each], getattr(row, each, USUAL)) for each in names if get_origin(hints[each]) is sa.Column
    ]
    return sa.Table(row.__tablename__, row.metadata, *columns, *row.__table_args__)


def _column(name: str, hint: Any, said: _Stored) -> sa.Column[Any]:
    """Make a column of its annotation, such as ``sa.Column[date | None]``, and of what was said beside it."""
    (kind,) = get_args(hint)
    plain = [each for each in get_args(kind) or (kind,) if each is not NoneType]
    usual = () if said.parts else (TYPES[plain[0]],)
    more = {"nullable": NoneType in get_args(kind), **said.more}
    return sa.Column(name, *usual, *said.parts, **more)
