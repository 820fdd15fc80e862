"""Databases for tests, made by the revisions once and then emptied, filled and used again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select

from services.launcher.parts import metadata_of
from shared.storage.database import make_engine
from shared.storage.migrations import upgrade
from tests.servers import PostgresServer

Rows = Mapping[str, list[dict[str, Any]]]
_numbers = count(1)


@dataclass
class Databases:
    """Databases of one engine: PostgreSQL where there is a server, else SQLite files in a folder."""

    folder: Path
    postgres: PostgresServer | None
    _open: list[Engine] = field(default_factory=list)

    def new(self, service: str) -> Engine:
        """Open a new database with a service's tables."""
        name = f"{service}_{next(_numbers)}"
        url = self._copy(service, name) if self.postgres is None else self._create(self.postgres, service, name)
        self._open.append(make_engine(url))
        return self._open[-1]

    def close(self) -> None:
        """Close all of them."""
        for engine in self._open:
            engine.dispose()

    def _copy(self, service: str, name: str) -> str:
        template = self.folder / f"{service}.db"
        if not template.exists():
            upgrade(service, f"sqlite:///{template}")
        shutil.copy(template, self.folder / f"{name}.db")
        return f"sqlite:///{self.folder / name}.db"

    def _create(self, postgres: PostgresServer, service: str, name: str) -> str:
        url = postgres.create_database(name)
        upgrade(service, url)
        engine = make_engine(url, pool_size=1)
        with engine.begin() as connection:
            # What happens when the power fails is tested elsewhere.
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        engine.dispose()
        return url


def _tables(service: str) -> Sequence[Table]:
    return [table for metadata in metadata_of(service) for table in metadata.sorted_tables]


def read_rows(service: str, engine: Engine) -> Rows:
    """Answer every row of every table of a service."""
    with engine.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in _tables(service)
        }


def write_rows(service: str, engine: Engine, rows: Rows) -> None:
    """Put these rows in the place of whatever is there."""
    with engine.begin() as connection, _without_triggers(connection):
        for table in reversed(_tables(service)):
            connection.execute(table.delete())
        for table in _tables(service):
            if rows.get(table.name):
                connection.execute(table.insert(), rows[table.name])
                _count_on(connection, table)


@contextmanager
def _without_triggers(connection: Connection) -> Iterator[None]:
    """Move the triggers of append-only tables out of the way, which an application has no right to do."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield
        return
    triggers = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _ in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


def _count_on(connection: Connection, table: Table) -> None:
    """Let a serial column go on after the rows that were written with their numbers."""
    if connection.dialect.name == "postgresql" and "id" in table.columns:
        sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
        if sequence is not None:
            connection.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))
