"""Sending several statements to the database in one trip, and getting all their answers back together.

A command of a few dozen small statements spends most of its time on the way to the database and back, and in what a
toolkit does around each statement. On PostgreSQL the statements of a trip go out as a pipeline of prepared statements;
the database still runs them one after the other, each seeing what those before it did. SQLite has no trips to save:
there each statement is executed as always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shared.storage import pipeline

Values = Mapping[str, Any]
#: A statement made once, without lists of values that grow, and the values for it.
Errand = tuple[Executable, Values]


def one_trip(session: Session, errands: Sequence[Errand], *, is_last: bool = False) -> list[Sequence[Any]]:
    """Run statements in their order; answers the rows of each, none for one that answers no rows.

    The `is_last` trip of a transaction takes the commit along, if the database is one that trips are saved with; the
    session is to be committed after it all the same. It is for the unit of work only.

    :raises DBAPIError: as the toolkit would raise it for the statement that failed.
    """
    if not errands:
        return []
    if session.get_bind().dialect.name != "postgresql":
        return [_executed(session, statement, values) for statement, values in errands]
    return _sent(session, errands, is_last=is_last)


def _executed(session: Session, statement: Executable, values: Values) -> Sequence[Any]:
    result: Any = session.execute(statement, values)
    rows: Sequence[Any] = result.all() if result.returns_rows else ()
    return rows


def _sent(session: Session, errands: Sequence[Errand], *, is_last: bool) -> list[Sequence[Any]]:
    connection = session.connection()
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is
    try:
        return pipeline.run(driver, errands, commits=is_last)
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
