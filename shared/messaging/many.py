"""Statements about many rows at once whose text is always the same, so that the database knows them already.

PostgreSQL gets one list of values for each column. A list that is written out into the text would make another
statement for every number of rows, to be compiled here and planned there each time. SQLite keeps what suits it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Executable, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.storage.trip import Errand, one_trip

Rows = Sequence[Mapping[str, Any]]


def dialect_of(session: Session) -> str:
    """Answer by its name what kind of database this is."""
    return session.get_bind().dialect.name


def is_any_of(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Answer the condition that a column has one of the values that are given under this name, as a list."""
    if dialect != "postgresql":
        return column.in_(bindparam(name, expanding=True))
    return column == func.any(bindparam(name, type_=ARRAY(column.type)))


def put_new(session: Session, table: Table, rows: Rows, *, returning: str) -> list[Errand]:
    """Answer the errands that insert rows but for those that are there; they answer this column of the new ones."""
    return _errands(session, _putting_new(table, dialect_of(session), tuple(rows[0]), returning), rows)


def put_newer(session: Session, table: Table, rows: Rows, *, version: str) -> list[Errand]:
    """Answer the errands that insert rows, or raise this column of those that have less; they answer what they rose to.

    Of one that is there and has no less they answer nothing.
    """
    return _errands(session, _putting_newer(table, dialect_of(session), tuple(rows[0]), version), rows)


def together(session: Session, *parts: Sequence[Errand]) -> list[list[Any]]:
    """Run all errands in one trip; answers for each part the rows of all its errands."""
    answers = iter(one_trip(session, [errand for part in parts for errand in part]))
    return [[row for _ in part for row in next(answers)] for part in parts]


def _errands(session: Session, statement: Executable, rows: Rows) -> list[Errand]:
    if dialect_of(session) != "postgresql":
        return [(statement, row) for row in rows]
    return [(statement, {f"all_{name}": [row[name] for row in rows] for name in rows[0]})]


def _inserting(table: Table, dialect: str, names: tuple[str, ...]) -> Any:
    if dialect != "postgresql":
        return sqlite.insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names})
    lists = [func.unnest(bindparam(f"all_{name}", type_=ARRAY(table.c[name].type))) for name in names]
    return postgresql.insert(table).from_select(list(names), select(*lists))


@cache
def _putting_new(table: Table, dialect: str, names: tuple[str, ...], returning: str) -> Executable:
    made: Executable = _inserting(table, dialect, names).on_conflict_do_nothing().returning(table.c[returning])
    return made


@cache
def _putting_newer(table: Table, dialect: str, names: tuple[str, ...], version: str) -> Executable:
    added = _inserting(table, dialect, names)
    raised: Executable = added.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={version: added.excluded[version]},
        where=table.c[version] < added.excluded[version],
    ).returning(table.c[version])
    return raised
