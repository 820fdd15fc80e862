"""Statements that write whole rows, on both databases, made once for each table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.storage.trip import Errand


def put_row(session: Session, table: Table, row: Mapping[str, Any], *, changing: tuple[str, ...] = ()) -> Errand:
    """Answer the errand that inserts a row, or changes these columns of the one that is there, by the primary key.

    The row names all columns of the table but those that the database fills in itself.
    """
    return _putting(table, session.get_bind().dialect.name, tuple(row), changing), row


@cache
def _putting(table: Table, dialect: str, names: tuple[str, ...], changing: tuple[str, ...]) -> Executable:
    inserting: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table).inline()
    inserting = inserting.values({name: bindparam(name, type_=table.c[name].type) for name in names})
    if changing:
        keys = [column.name for column in table.primary_key]
        changed = {name: inserting.excluded[name] for name in changing}
        inserting = inserting.on_conflict_do_update(index_elements=keys, set_=changed)
    statement: Executable = inserting
    return statement
