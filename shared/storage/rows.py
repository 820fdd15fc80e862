"""Statements that write whole rows, on both databases, made once for each table and number of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.storage.trip import Errand

Row = Mapping[str, Any]


def put_rows(session: Session, table: Table, rows: Sequence[Row], *, changing: tuple[str, ...] = ()) -> list[Errand]:
    """Answer the errands that insert rows, or change these columns of the ones that are there, by the primary key.

    All rows name the same columns: those of the table but for what the database fills in itself. PostgreSQL gets them
    in one statement. SQLite gets one for each row: there a statement of many rows is compiled anew every time.
    """
    dialect = session.get_bind().dialect.name
    parts = [rows] if dialect == "postgresql" and rows else [[row] for row in rows]
    return [(_putting(table, dialect, tuple(part[0]), len(part), changing), numbered(part)) for part in parts]


def put_row(session: Session, table: Table, row: Row, *, changing: tuple[str, ...] = ()) -> Errand:
    """Answer the errand that inserts one row, or changes these columns of it."""
    return put_rows(session, table, [row], changing=changing)[0]


def numbered(rows: Sequence[Row]) -> dict[str, Any]:
    """Answer the values of rows under the names of their columns, each with the place of its row."""
    return {f"{name}_in_{place}": value for place, row in enumerate(rows) for name, value in row.items()}


@cache
def _putting(table: Table, dialect: str, names: tuple[str, ...], count: int, changing: tuple[str, ...]) -> Executable:
    inserting: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table).inline()
    rows = [
        {name: bindparam(f"{name}_in_{place}", type_=table.c[name].type) for name in names} for place in range(count)
    ]
    inserting = inserting.values(rows if count > 1 else rows[0])
    if changing:
        keys = [column.name for column in table.primary_key]
        changed = {name: inserting.excluded[name] for name in changing}
        inserting = inserting.on_conflict_do_update(index_elements=keys, set_=changed)
    statement: Executable = inserting
    return statement
