"""Statements about many rows at once whose text is always the same, so that the database knows them already.

PostgreSQL gets one list of values for each column. A list that is written out into the text would make another
statement for every number of rows, to be compiled here and planned there each time. SQLite keeps what suits it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Executable, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

Rows = Sequence[Mapping[str, Any]]


def is_any_of(session: Session, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Answer the condition that a column has one of these values."""
    if _dialect(session) != "postgresql":
        return column.in_(values)
    return column == func.any(bindparam(None, list(values), type_=ARRAY(column.type)))


def put_new(session: Session, table: Table, rows: Rows, *, returning: str) -> set[Any]:
    """Insert rows but for those that are there; answers this column of the ones that were new."""
    return set(_executed(session, _putting_new(table, _dialect(session), tuple(rows[0]), returning), rows))


def put_newer(session: Session, table: Table, rows: Rows, *, version: str) -> int:
    """Insert rows, or raise this column of the ones that are there and have less; answers how many really rose."""
    return len(_executed(session, _putting_newer(table, _dialect(session), tuple(rows[0]), version), rows))


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _executed(session: Session, statement: Executable, rows: Rows) -> Sequence[Any]:
    values = _columns(rows) if _dialect(session) == "postgresql" else list(rows)
    return session.execute(statement, values).scalars().all()


def _columns(rows: Rows) -> dict[str, list[Any]]:
    return {f"all_{name}": [row[name] for row in rows] for name in rows[0]}


def _inserting(table: Table, dialect: str, names: tuple[str, ...]) -> Any:
    if dialect != "postgresql":
        return sqlite.insert(table)
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
