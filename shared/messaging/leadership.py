"""One process of several does a thing: whoever holds a PostgreSQL advisory lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from shared.storage import Database


class Leadership:
    """The lock that is held; it lasts exactly as long as the database session it was taken in."""

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection | None:
        """Answer the session that holds the lock, if there is one; a question asked over it checks the lock too."""
        return self._connection

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
        yield Leadership(None)
        return
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            wanted = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
            taken = connection.execute(wanted, {"name": f"anyuan.{name}"}).scalar_one()
            yield Leadership(connection) if taken else None
        finally:
            # The next leader need not wait for the server to notice that this session ended.
            with suppress(SQLAlchemyError):
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
            # Ending the session gives the lock back, whatever state it is in; a pooled one would keep it.
            connection.invalidate()
