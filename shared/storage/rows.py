"""Statements that write whole rows, on both databases, made once for each table and number of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table, bindparam, insert, update
from sqlalchemy.orm import Session

from shared.storage.trip import Errand

Row = Mapping[str, Any]


def put_rows(session: Session, table: Table, rows: Sequence[Row]) -> list[Errand]:
    """Answer the errands that insert rows.

    All rows name the same columns: those of the table but for what the database fills in itself. PostgreSQL gets them
    in one statement. SQLite gets one for each row: there a statement of many rows is compiled anew every time.
    """
    if len(rows) > 1 and session.get_bind().dialect.name == "postgresql":
        return [(_putting(table, tuple(rows[0]), len(rows)), numbered(rows))]
    return [put_row(table, row) for row in rows]


def put_row(table: Table, row: Row) -> Errand:
    """Answer the errand that inserts one row."""
    return _putting(table, tuple(row), 1), row


def change_row(table: Table, key: Row, changed: Row) -> Errand:
    """Answer the errand that changes columns of the row with this primary key."""
    return _changing(table, tuple(changed)), {f"of_{name}": value for name, value in key.items()} | dict(changed)


def numbered(rows: Sequence[Row]) -> dict[str, Any]:
    """Answer the values of rows under the names of their columns, each with the place of its row."""
    return {f"{name}_in_{place}": value for place, row in enumerate(rows) for name, value in row.items()}


@cache
def _putting(table: Table, names: tuple[str, ...], count: int) -> Executable:
    types = {name: table.c[name].type for name in names}
    if count == 1:
        return insert(table).inline().values({name: bindparam(name, type_=kind) for name, kind in types.items()})
    rows = [
        {name: bindparam(f"{name}_in_{place}", type_=kind) for name, kind in types.items()} for place in range(count)
    ]
    return insert(table).inline().values(rows)


@cache
def _changing(table: Table, names: tuple[str, ...]) -> Executable:
    keys = [column == bindparam(f"of_{column.name}", type_=column.type) for column in table.primary_key]
    return update(table).where(*keys).values({name: bindparam(name, type_=table.c[name].type) for name in names})
