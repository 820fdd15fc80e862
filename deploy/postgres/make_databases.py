"""Makes each service's database and its two roles, as PostgreSQL's superuser; what is there already stays.

`reporting_owner` owns the database `reporting` and migrates it; `reporting` is the application, which owns nothing and
gets its rights on tables from the migrations. Passwords are set anew at each run, so that a changed one takes effect.
"""

import sys
from pathlib import Path

import psycopg
from psycopg import sql

from services.launcher.parts import LINKS, SERVICES

FACTS = "SELECT FROM pg_roles WHERE rolname = %s", "SELECT FROM pg_database WHERE datname = %s"


class Cluster:
    """A PostgreSQL cluster and what is done to it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def make_role(self, name: str, password: str) -> None:
        """Make a role that can log in with this password; only its SCRAM verifier is sent."""
        if not self._is_there(FACTS[0], name):
            self._run("CREATE ROLE {} LOGIN NOINHERIT", name)
        verifier = self._connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(verifier))
        self._connection.execute(statement)

    def make_database(self, name: str, *, owner: str, application: str) -> None:
        """Make a database that only these two roles can connect to."""
        if not self._is_there(FACTS[1], name):
            # Code point order from PostgreSQL itself: no update of the system's locales ever breaks an index.
            self._run(
                "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' "
                "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'",
                name,
                owner,
            )
        self._run("REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
        self._run("GRANT CONNECT ON DATABASE {} TO {}", name, application)

    def close_others(self) -> None:
        """Keep the services out of the databases that are nobody's."""
        for name in ("postgres", "template1"):
            self._run("REVOKE ALL ON DATABASE {} FROM PUBLIC", name)

    def _is_there(self, question: str, name: str) -> bool:
        return self._connection.execute(question.encode(), (name,)).fetchone() is not None

    def _run(self, statement: str, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def main(url: str, folder: Path) -> None:
    """Make everything, with the passwords that lie in the folder."""
    superuser = (folder / "postgres").read_text()
    with psycopg.connect(url, password=superuser, autocommit=True, connect_timeout=10) as connection:
        cluster = Cluster(connection)
        # Only a node with neighbours has links.
        links = (LINKS,) if (folder / f"{LINKS}.database").exists() else ()
        for service in (*SERVICES, *links):
            owner = f"{service}_owner"
            cluster.make_role(owner, (folder / f"{owner}.database").read_text())
            cluster.make_role(service, (folder / f"{service}.database").read_text())
            cluster.make_database(service, owner=owner, application=service)
        cluster.close_others()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
