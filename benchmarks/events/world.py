"""The servers of the benchmark: two PostgreSQL clusters that sync to disk, and one RabbitMQ, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from benchmarks.events.roles import Where
from benchmarks.events.system import Kind, System, cpu_seconds_of
from tests.servers import PostgresServer, RabbitServer, Servers
from tests.servers.reaper import Reaper


@dataclass(frozen=True)
class World:
    """The servers, and what ends programs with the session."""

    a: PostgresServer
    b: PostgresServer
    rabbit: RabbitServer
    reaper: Reaper
    way: str

    def system(self, kind: Kind, name: str) -> System:
        """Make a system with databases and a virtual host of its own."""
        plain = [server.create_database(name).replace("+psycopg", "") for server in (self.a, self.b)]
        made = System(kind, Where(plain[0], plain[1], self.rabbit.create_vhost(name)), self.reaper)
        made.prepare()
        return made

    def rest(self) -> None:
        """Let both clusters write down what they have in memory, so that the next turn does not pay for it."""
        for server in (self.a, self.b):
            with _administrator(server) as connection:
                connection.execute("CHECKPOINT")

    def cpu_seconds(self) -> dict[str, float]:
        """Answer the processor time that each server has used so far."""
        servers = {"PostgreSQL A": self.a, "PostgreSQL B": self.b, "RabbitMQ": self.rabbit}
        return {name: cpu_seconds_of(server.pid) for name, server in servers.items()}


def _administrator(server: PostgresServer) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(server.url_of("postgres").replace("+psycopg", ""), autocommit=True)


@contextmanager
def world() -> Iterator[World]:
    """Start the servers. They note when each transaction committed, by which delays are measured afterwards."""
    with Servers() as servers:
        reaper = Reaper()
        made = World(servers.postgres(), servers.postgres(), servers.rabbit(), reaper, servers.way)
        for server in (made.a, made.b):
            with _administrator(server) as connection:
                connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
            server.stop()
            server.start()
        try:
            yield made
        finally:
            reaper.close()
