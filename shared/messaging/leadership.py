"""One process of several does a thing: whoever holds a PostgreSQL advisory lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.storage import Database


class Leadership:
    """The lock that is held; it lasts exactly as long as the database session it was taken in."""

    def __init__(self, database: Database, connection: Connection | None) -> None:
        self._database = database
        self._connection = connection

    @property
    def connection(self) -> Connection | None:
        """Answer the session that holds the lock, if there is one."""
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction that only the holder of the lock can commit: it goes over the session that holds it."""
        if self._connection is None:
            with self._database.unit_of_work() as uow:
                yield uow.session
            return
        with Session(self._connection) as session, session.begin():
            yield session

    def check(self) -> None:
        """Make sure that it is still held.

        :raises sqlalchemy.exc.DBAPIError: when the session is gone, and the lock with it.
        """
        if self._connection is not None:
            self._connection.execute(text("SELECT 1"))


@contextmanager
def leadership(database: Database, name: str) -> Iterator[Leadership | None]:
    """Hold the lock of this name for a block, or give None where another process holds it.

    A SQLite file belongs to one process, which always leads.
    """
    if database.engine.dialect.name == "sqlite":
        yield Leadership(database, None)
        return
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            wanted = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
            # What is prepared over this session lasts for days; a plan made for an empty table must not.
            connection.execute(text("SET plan_cache_mode = force_custom_plan"))
            taken = connection.execute(wanted, {"name": f"anyuan.{name}"}).scalar_one()
            yield Leadership(database, connection) if taken else None
        finally:
            # The next leader need not wait for the server to notice that this session ended.
            with suppress(SQLAlchemyError):
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
            # Ending the session gives the lock back, whatever state it is in; a pooled one would keep it.
            connection.invalidate()
