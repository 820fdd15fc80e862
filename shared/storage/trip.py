"""Sending several statements to the database in one trip, and getting all their answers back together.

A command of a few dozen small statements spends most of its time on the way to the database and back, and in what a
toolkit does around each statement. On PostgreSQL the statements of a trip are one text, of parts that were compiled
once; the database still runs them one after the other, in the transaction at hand. SQLite has no trips to save: there
each statement is executed as always.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement

Values = Mapping[str, Any]
#: A statement made once, without lists of values that grow, and the values for it.
Errand = tuple[Executable, Values]


def one_trip(session: Session, errands: Sequence[Errand]) -> list[Sequence[Any]]:
    """Run statements in their order; answers the rows of each, none for one that answers no rows.

    :raises DBAPIError: as the toolkit would raise it for the statement that failed.
    """
    if not errands:
        return []
    if session.get_bind().dialect.name != "postgresql":
        return [_executed(session, statement, values) for statement, values in errands]
    return _sent(session, errands)


def _executed(session: Session, statement: Executable, values: Values) -> Sequence[Any]:
    result: Any = session.execute(statement, values)
    rows: Sequence[Any] = result.all() if result.returns_rows else ()
    return rows


def _sent(session: Session, errands: Sequence[Errand]) -> list[Sequence[Any]]:
    connection = session.connection()
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is
    ready = [(_ready(statement, connection.dialect), values) for statement, values in errands]
    try:
        return [_alone(driver, *ready[0])] if len(ready) == 1 else _together(driver, ready)
    except psycopg.Error as error:
        gone = connection.dialect.is_disconnect(cast(Any, error), connection.connection.dbapi_connection, None)
        if gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None,
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=connection.dialect,
        ) from error


def _alone(driver: psycopg.Connection[Any], ready: _Ready, values: Values) -> Sequence[Any]:
    """Run one statement as the driver likes it best: prepared by the server once it has come a few times."""
    cursor = driver.cursor(row_factory=namedtuple_row)
    cursor.execute(ready.text, ready.bound(values))
    return _rows(cursor)


def _together(driver: psycopg.Connection[Any], errands: Sequence[tuple[_Ready, Values]]) -> list[Sequence[Any]]:
    """Run several statements as one text, into which the driver has written the values, quoted."""
    cursor = psycopg.ClientCursor(driver, row_factory=namedtuple_row)
    cursor.execute("; ".join(cursor.mogrify(ready.text, ready.bound(values)) for ready, values in errands))
    found = [_rows(cursor)]
    while cursor.nextset():
        found.append(_rows(cursor))
    return found


def _rows(cursor: psycopg.Cursor[Any]) -> Sequence[Any]:
    return cursor.fetchall() if cursor.description else ()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement as the driver takes it, with what turns values into the driver's."""

    text: bytes
    constants: Values
    processors: Mapping[str, Callable[[Any], Any]]

    def bound(self, values: Values) -> dict[str, Any]:
        bound = {**self.constants, **values}
        for name, process in self.processors.items():
            bound[name] = process(bound[name])
        return bound


@lru_cache(maxsize=256)
def _ready(statement: Executable, dialect: Dialect) -> _Ready:
    assert isinstance(statement, ClauseElement)
    compiled: Any = statement.compile(dialect=dialect)
    processors = {
        name: process
        for name, bind in compiled.binds.items()
        if (process := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    return _Ready(str(compiled).encode(), constants, processors)
