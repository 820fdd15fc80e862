"""What a migration needs on SQLite: tables are changed by rebuilding them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


class BrokenReferences(Exception):
    """A migration left rows that refer to rows which are not there; it was rolled back."""


@contextmanager
def rebuilding(connection: Connection) -> Iterator[None]:
    """Open a transaction in which a table can be dropped and made anew without taking along what refers to it.

    :raises BrokenReferences: when the end leaves a reference to nowhere.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    # This can be changed only outside a transaction, and it is the connection's, which ends with the migration.
    driver.execute("PRAGMA foreign_keys=OFF")
    with connection.begin():
        yield
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise BrokenReferences(str(tuple(broken)))
