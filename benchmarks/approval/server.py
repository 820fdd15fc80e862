"""The PostgreSQL that everything is measured on, spoken to beside the systems that are measured."""

from __future__ import annotations

import psycopg
from psycopg import sql

_SAFE = ("fsync", "synchronous_commit", "full_page_writes")


def connect(url: str) -> psycopg.Connection:
    """Connect to the database of an SQLAlchemy URL; each statement is a transaction."""
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def settle(connection: psycopg.Connection) -> None:
    """Let the database finish what many new rows leave to do, so that it does not do it during a measurement.

    Without its statistics it would also go on reading tables whole, as it did while they were empty.
    """
    connection.execute("VACUUM (ANALYZE)")
    connection.execute("CHECKPOINT")


def version(connection: psycopg.Connection) -> str:
    """Answer which server it is.

    :raises RuntimeError: when it may forget what it has committed; such figures are worth nothing.
    """
    for name in _SAFE:
        if _shown(connection, name) != "on":
            raise RuntimeError(f"PostgreSQL runs with {name} = {_shown(connection, name)}")
    return f"PostgreSQL {_shown(connection, 'server_version').split()[0]}, fsync on"


def _shown(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone()
    assert row is not None
    return str(row[0])
