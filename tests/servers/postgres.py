"""Real PostgreSQL clusters for tests: what tests do with one, and the two ways to run one."""

import signal
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from testcontainers.core.container import DockerContainer

from tests.servers.process import ContainerProcess, DebianProcess, ServerProcess, make_folder, run_as
from tests.servers.reaper import Reaper
from tests.servers.server import Server

IMAGE = "postgres:17"
# Durability stays as delivered (fsync and synchronous_commit on): the faults are about it.
OPTIONS = ("-c", "max_connections=300")
OWNER = "postgres"
SMALL_VOLUME = "/small"
_DROP = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
SMALL_SIZE = "64m"


class PostgresServer(Server):
    """One PostgreSQL cluster; the user `postgres` is its superuser."""

    def url_of(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres:{self.password}@{self.host}:{self.port}/{quote(database)}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database anew, dropping an old one of that name, and return its URL.

        With `template` (a database that nobody is connected to) it begins as a copy of that one: migrate once,
        copy often.
        """
        # One locale for both ways of running, so that sorting is the same everywhere. Copied as files, a database
        # begins with a checkpoint: a copied sequence believes that its next numbers are in the write-ahead log
        # already, and they are in the template's, so that PostgreSQL, killed then, would give them out again.
        kind = (
            sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
            if template
            else sql.SQL("TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        )
        named = sql.Identifier(name)
        self.execute(_DROP.format(named), sql.SQL("CREATE DATABASE {} {}").format(named, kind))
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and throw out who is connected to it; nothing happens when there is none."""
        self.execute(_DROP.format(sql.Identifier(name)))

    def run_beside(self, *command: str) -> str:
        """Run a command on the server's machine as its own user, and return what it said."""
        return self._process.run_beside(*command)

    @property
    def small_volume(self) -> str | None:
        """The folder of a volume of `SMALL_SIZE` that a test may fill; None where it runs without one."""
        return self._process.small_volume

    def answers(self) -> bool:
        """Tell whether it takes a connection and a query, right now."""
        try:
            self.execute(sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, *statements: sql.SQL | sql.Composed) -> None:
        """Run statements as the superuser, in no transaction."""
        with psycopg.connect(
            host=self.host,
            port=self.port,
            user="postgres",
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        ) as connection:
            for statement in statements:
                connection.execute(statement)


def in_container(reaper: Reaper, *, port: int, password: str) -> ServerProcess:
    """Describe a cluster in a container; it is created by the first start."""
    container = DockerContainer(IMAGE).with_env("POSTGRES_PASSWORD", password).with_bind_ports(5432, port)
    container.with_tmpfs_mount(SMALL_VOLUME, f"size={SMALL_SIZE},mode=0777")
    container.with_command(["postgres", *OPTIONS])
    return ContainerProcess(container, reaper, owner=OWNER, small_volume=SMALL_VOLUME)


def programs() -> Path | None:
    """Return the folder of the newest PostgreSQL that Debian's packages installed."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((program.parent for program in found), key=lambda folder: float(folder.parent.name), default=None)


def from_debian(reaper: Reaper, *, port: int, password: str) -> ServerProcess:
    """Make a private cluster with Debian's programs, owned by the packages' own user."""
    bin_folder = programs()
    assert bin_folder is not None
    folder = make_folder(reaper, owner=OWNER)
    data, secret = folder / "data", folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)  # The folder itself lets only its owner in.
    # An empty cluster is not worth an fsync; from its first start on, everything is.
    access = ["-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret]
    run_as(
        OWNER,
        [bin_folder / "initdb", "-D", data, *access, "--no-sync", "--locale=C.UTF-8", "-E", "UTF8"],
        cwd=folder,
    )
    listen = ["-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    command = [str(word) for word in [bin_folder / "postgres", "-D", data, *listen, *OPTIONS]]
    return DebianProcess(command, owner=OWNER, folder=folder, reaper=reaper, stop_signal=signal.SIGINT)
