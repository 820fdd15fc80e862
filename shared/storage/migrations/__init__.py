"""Migrations: each service's tables are made and changed by its own numbered revisions, through one Alembic environment.

A service keeps `migrations/versions/0001_first.py` and so on, and beside them `migrations/HEAD`, which names the newest
revision: two branches that both add one meet as a conflict in that file. One upgrade is one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection, Engine, MetaData, inspect, text

from shared.storage.database import make_engine
from shared.storage.migrations import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config

log = structlog.get_logger(__name__)

_ENVIRONMENT = Path(__file__).parent
_SERVICES = Path(__file__).parents[3] / "services"
_VERSIONS = "alembic_version"


def upgrade(service: str, url: str) -> None:
    """Bring a service's database up to its newest revision; what is there already stays as it is.

    On PostgreSQL the URL is the owner's. Where there is also a role named like the service, it gets the rights that an
    application needs and no others: what a table refuses by trigger is not granted either. A database that is newer
    than this code is left alone, because old code runs on a new schema.
    """
    with _engine(url) as engine:
        found, head = _revision(engine), head_of(service)
        if found is not None and found > head:
            log.warning("schema_is_newer", service=service, schema=found, code=head)
            return
        if found == head and engine.dialect.name == "sqlite":
            # The embedded mode comes by here at each start, and Alembic takes a while to import.
            return
        with transaction(engine) as connection:
            if found != head:
                from alembic import command

                command.upgrade(configuration(service, connection), "head")
                log.info("schema_upgraded", service=service, was=found, now=head)
            if engine.dialect.name == "postgresql":
                postgresql.grant(connection, role=service, untouched=_VERSIONS)


def downgrade(service: str, url: str, *, to: str = "base") -> None:
    """Take a service's database back to a revision, or to nothing; the rows in what goes are lost."""
    from alembic import command

    with _engine(url) as engine, transaction(engine) as connection:
        command.downgrade(configuration(service, connection), to)


def differences(service: str, url: str, metadata: Sequence[MetaData]) -> list[str]:
    """Answer in which points the tables of a database are not those of the code; none is the only good answer."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with _engine(url) as engine, engine.connect() as connection:
        options = {
            "target_metadata": list(metadata),
            "compare_type": True,
            "compare_server_default": True,
            # Alembic compares CHECK constraints, by their names, only when asked to.
            "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
        }
        found = compare_metadata(MigrationContext.configure(connection, opts=options), list(metadata))  # type: ignore[arg-type]  # a list is taken, as in env.py
    return [f"{service}: {difference}" for difference in found]


def head_of(service: str) -> str:
    """Answer the number of a service's newest revision, such as `0001`."""
    return (folder_of(service) / "HEAD").read_text().strip()


def folder_of(service: str) -> Path:
    """Answer where a service keeps its migrations."""
    return _SERVICES / service / "migrations"


def configuration(service: str, connection: Connection) -> Config:
    """Answer what Alembic is told: where the environment and a service's revisions are, and the open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT))
    config.set_main_option("version_locations", str(folder_of(service) / "versions"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Open the one transaction of a migration, with nobody else's migration beside it."""
    with engine.connect() as connection:
        prepared = (
            postgresql.alone(connection) if engine.dialect.name == "postgresql" else sqlite.rebuilding(connection)
        )
        with prepared:
            yield connection


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = make_engine(url, pool_size=1)
    try:
        yield engine
    finally:
        engine.dispose()


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table(_VERSIONS):
            return None
        return connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar()  # noqa: S608  # a constant
