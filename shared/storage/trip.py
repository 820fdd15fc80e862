"""Sending several statements to the database in one trip, and getting all their answers back together.

A command of a few dozen small statements spends most of its time on the way to the database and back, and in what a
toolkit does around each statement. On PostgreSQL the statements of a trip go out as a pipeline of prepared statements;
the database still runs them one after the other, each seeing what those before it did. SQLite has no trips to save:
there each statement is executed as always.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast

import psycopg
from psycopg.errors import InFailedSqlTransaction
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, Executable, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shared.storage.pipeline import Pipeline, pipeline_of, pipeline_under_way

Values = Mapping[str, Any]
_USED, _COMMITTED = "anyuan_used_connection", "anyuan_has_committed"
#: A statement made once, without lists of values that grow, and the values for it.
Errand = tuple[Executable, Values]


def one_trip(session: Session, errands: Sequence[Errand], *, is_last: bool = False) -> list[Sequence[Any]]:
    """Run statements in their order; answers the rows of each, none for one that answers no rows.

    The `is_last` trip of a transaction takes the commit along, if the database is one that trips are saved with and
    there is anything to send; `has_committed` tells. It is for the unit of work only.

    :raises DBAPIError: as the toolkit would raise it for the statement that failed, or one that was sent ahead.
    """
    used: Connection | None = session.info.get(_USED)
    if not errands and (used is None or used.closed or _under_way(used) is None):
        return []
    if session.get_bind().dialect.name != "postgresql":
        return [_executed(session, statement, values) for statement, values in errands]
    connection = session.connection()
    with _toolkit_errors(connection):
        rows = _pipeline(connection).answers(errands, commits=is_last)
    session.info[_COMMITTED] = is_last
    return rows


def has_committed(session: Session) -> bool:
    """Answer whether the transaction was ended by its last trip, so that the session has nothing left to commit."""
    return bool(session.info.pop(_COMMITTED, False))


def send_ahead(session: Session, errands: Sequence[Errand]) -> None:
    """Send statements whose answers nobody needs: the database runs them while the command goes on.

    Whatever the session does next comes after them, and is told when one of them failed. On SQLite they are executed
    at once.
    """
    if session.get_bind().dialect.name != "postgresql":
        one_trip(session, errands)
    elif errands:
        session.info[_USED] = connection = session.connection()
        with _toolkit_errors(connection):
            _pipeline(connection).send(errands)


def wait_before_others(engine: Engine) -> None:
    """Let whatever else uses a connection of this engine wait first for what was sent ahead over it."""

    @event.listens_for(engine, "before_cursor_execute")
    def _before_statement(connection: Connection, *_: Any) -> None:
        _arrive(connection)

    @event.listens_for(engine, "commit")
    def _before_commit(connection: Connection) -> None:
        _arrive(connection)
        _refuse_if_failed(connection)

    @event.listens_for(engine, "rollback_savepoint")
    def _before_part_is_undone(connection: Connection, *_: Any) -> None:
        _drop(connection)

    @event.listens_for(engine, "rollback")
    def _before_all_is_undone(connection: Connection) -> None:
        _drop(connection)


def _arrive(connection: Connection) -> None:
    pipeline = _under_way(connection)
    if pipeline is not None:
        with _toolkit_errors(connection):
            pipeline.answers([], commits=False)


def _drop(connection: Connection) -> None:
    pipeline = _under_way(connection)
    if pipeline is not None:
        # A connection that is gone has undone it already.
        with suppress(psycopg.Error):
            pipeline.drop()


def _refuse_if_failed(connection: Connection) -> None:
    """Refuse to commit after an error that somebody let pass: the server would undo everything and call it done."""
    driver = connection.connection.driver_connection
    if isinstance(driver, psycopg.Connection) and driver.info.transaction_status is TransactionStatus.INERROR:
        with _toolkit_errors(connection):
            raise InFailedSqlTransaction("a statement failed before: nothing of this transaction can be committed")


def _pipeline(connection: Connection) -> Pipeline:
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]  # it is
    return pipeline_of(driver, connection.connection.info)


def _under_way(connection: Connection) -> Pipeline | None:
    return None if connection.invalidated else pipeline_under_way(connection.connection.info)


def _executed(session: Session, statement: Executable, values: Values) -> Sequence[Any]:
    result: Any = session.execute(statement, values)
    rows: Sequence[Any] = result.all() if result.returns_rows else ()
    return rows


@contextmanager
def _toolkit_errors(connection: Connection) -> Iterator[None]:
    """Raise the driver's errors as the toolkit would."""
    try:
        yield
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
