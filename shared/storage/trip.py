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
from sqlalchemy import Executable, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState, Session

from shared.storage import pipeline

Values = Mapping[str, Any]
_WAITING = "anyuan_waiting_errands"
#: A statement made once, without lists of values that grow, and the values for it.
Errand = tuple[Executable, Values]


def one_trip(session: Session, errands: Sequence[Errand], *, is_last: bool = False) -> list[Sequence[Any]]:
    """Run statements in their order; answers the rows of each, none for one that answers no rows.

    The `is_last` trip of a transaction takes the commit along, if the database is one that trips are saved with; the
    session is to be committed after it all the same. It is for the unit of work only.

    :raises DBAPIError: as the toolkit would raise it for the statement that failed.
    """
    waiting = session.info.pop(_WAITING, [])
    if not errands and not waiting:
        return []
    if session.get_bind().dialect.name != "postgresql":
        return [_executed(session, statement, values) for statement, values in errands]
    return _sent(session, [*waiting, *errands], is_last=is_last)[len(waiting) :]


def wait_for_next_trip(session: Session, errands: Sequence[Errand]) -> None:
    """Let statements whose answers nobody needs go with the next trip, at the latest with the commit.

    Whatever else the session does meanwhile has them sent first, so nothing in the transaction is out of order. On
    SQLite they are executed at once.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.info.setdefault(_WAITING, []).extend(errands)
    else:
        one_trip(session, errands)


def forget_waiting(session: Session) -> None:
    """Drop what waits for the next trip, because what it belongs to is being undone."""
    session.info.pop(_WAITING, None)


class TravellingSession(Session):
    """A session in which errands may wait for the next trip."""


@event.listens_for(TravellingSession, "do_orm_execute")
def _before_statement(state: ORMExecuteState) -> None:
    one_trip(state.session, [])


@event.listens_for(TravellingSession, "before_flush")
def _before_flush(session: Session, _context: object, _instances: object) -> None:
    one_trip(session, [])


def _executed(session: Session, statement: Executable, values: Values) -> Sequence[Any]:
    result: Any = session.execute(statement, values)
    rows: Sequence[Any] = result.all() if result.returns_rows else ()
    return rows


def _sent(session: Session, errands: Sequence[Errand], *, is_last: bool) -> list[Sequence[Any]]:
    connection = session.connection()
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is
    try:
        return pipeline.run(driver, connection.connection.info, errands, commits=is_last)
    except psycopg.Error as error:
        gone = connection.dialect.is_disconnect(cast(Any, error), connection.connection.dbapi_connection, None)
        if gone:
            # As the toolkit does: what cut this one mostly cut all that rest, and each would cost somebody an error.
            pool: Any = connection.engine.pool
            pool._invalidate(connection.connection, error)  # noqa: SLF001  # there is no other door to it
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
