"""What the kit's tables stand on: their base, the words of a CHECK, and the triggers that are made with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Index, MetaData, Table, event, literal_column, text
from sqlalchemy.orm import DeclarativeBase

from shared.approval.triggers import create_triggers
from shared.storage import InstantUTC, naming


class ApprovalBase(DeclarativeBase):
    """The base of the kit's tables; a service that has cases adds its metadata to its own."""

    metadata = MetaData(naming_convention=naming)
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it once
        datetime: InstantUTC,
        # Texts of JSON are stored as they were hashed; JSONB would write some numbers in another way.
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


def words(of: Iterable[StrEnum]) -> str:
    """Answer the words as a list in SQL, for a CHECK."""
    return "(" + ",".join(f"'{word.value}'" for word in of) + ")"


def index_where(condition: str, name: str, *columns: str, unique: bool = False) -> Index:
    """Answer an index of the rows of which a condition holds."""
    where = text(condition)
    return Index(name, *columns, unique=unique, postgresql_where=where, sqlite_where=where)


@event.listens_for(ApprovalBase.metadata, "after_create")
def _create_triggers(_target: MetaData, connection: Connection, **_: Any) -> None:
    for statement in create_triggers(connection.dialect.name):
        connection.exec_driver_sql(statement)


def table_of(row: type[ApprovalBase]) -> Table:
    """Answer the table of a row class, for statements that name columns and need no objects."""
    table = row.__table__
    assert isinstance(table, Table)
    return table


def fixed(words: Iterable[StrEnum]) -> list[ColumnElement[str]]:
    """Answer words that stand in the text of a statement: PostgreSQL then knows that a partial index will do."""
    return [literal_column(f"'{word.value}'") for word in sorted(set(words))]
