"""A small volume under some databases of a PostgreSQL cluster, which a test fills to the last byte and frees again.

What lies on it is a tablespace: the write-ahead log stays elsewhere, so that the server goes on and every database that
is not on the volume with it.
"""

from __future__ import annotations

from typing import Self

from psycopg import sql

from tests.servers.postgres import PostgresServer

TABLESPACE = "small"


class SmallVolume:
    """The volume of one cluster that runs in a container, for one test."""

    def __init__(self, postgres: PostgresServer) -> None:
        assert postgres.small_volume is not None, "this cluster has no small volume"
        self._postgres = postgres
        self._folder = postgres.small_volume
        self._taken: list[str] = []

    def __enter__(self) -> Self:
        folder = f"{self._folder}/{TABLESPACE}"
        self._postgres.run_beside("mkdir", folder)
        self._postgres.execute(
            sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(sql.Identifier(TABLESPACE), sql.Literal(folder))
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.free()
        for name in self._taken:
            self._postgres.drop_database(name)
        self._postgres.execute(sql.SQL("DROP TABLESPACE {}").format(sql.Identifier(TABLESPACE)))
        self._postgres.run_beside("rmdir", f"{self._folder}/{TABLESPACE}")

    def take_in(self, name: str) -> None:
        """Move a database onto the volume; nobody may be connected to it. It goes away with the volume."""
        moving = sql.SQL("ALTER DATABASE {} SET TABLESPACE {}")
        self._postgres.execute(moving.format(sql.Identifier(name), sql.Identifier(TABLESPACE)))
        self._taken.append(name)

    def fill(self) -> None:
        """Leave no byte free."""
        script = f"dd if=/dev/zero of={self._folder}/ballast bs=64k; df --output=avail {self._folder} | tail -1"
        left = int(self._postgres.run_beside("sh", "-c", f"({script}) 2>/dev/null").split()[-1])
        assert left == 0, f"{left} kB are free"

    def free(self) -> None:
        """Give back what was filled."""
        self._postgres.run_beside("rm", "-f", f"{self._folder}/ballast")
