"""A service on a database of its own, made by its migrations: its app, what it hears, and all that it has stored."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, inspect, select, text
from werkzeug.test import TestResponse

from services.launcher.parts import Keys, app_of, prepare, reactions_of
from shared.clock import FixedClock
from shared.contracts.base import Event
from shared.identity import Post, Principal, Role
from shared.messaging import StoredOutbox
from shared.messaging.inbox import Inbox
from shared.messaging.tables import outbox
from shared.sealing import Sealer
from shared.storage import Database
from shared.storage.database import make_engine
from shared.storage.migrations import upgrade
from tests.integration.listening import Listener, published
from tests.integration.signing import SIGNER, VERIFIER, Caller
from tests.servers import PostgresServer

NOW = datetime(2026, 9, 20, 4, 0, tzinfo=UTC)
SEALER = Sealer(keys={1: bytes(range(32))}, active=1, index_key=bytes(32))
# What a refused sign-in leaves behind is counted on purpose.
_COUNTED = {"account": ("failed_tries", "closed_until")}

Contents = dict[str, list[tuple[Any, ...]]]
_numbers = count(1)


@dataclass
class Served:
    """One service with its database."""

    service: str
    database: Database
    app: Flask
    listener: Listener
    known: dict[str, Any] = field(default_factory=dict)

    def by(self, who: Principal) -> Caller:
        """Answer someone who calls this service now."""
        return Caller(self.app, who, self.now)

    @property
    def now(self) -> datetime:
        """Answer the service's instant."""
        return self.database.clock.now()

    def pass_time(self, time: timedelta) -> None:
        """Move the service's clock on; it stands still between."""
        self.database.clock = FixedClock(self.now + time)

    def contents(self) -> Contents:
        """Answer every row of every table."""
        found: Contents = {}
        with self.database.engine.connect() as connection:
            for table in inspect(connection).get_table_names():
                rows = connection.execute(text(f'SELECT * FROM "{table}"')).mappings()  # noqa: S608  # our own tables
                hidden = _COUNTED.get(table, ())
                found[table] = sorted(
                    tuple(str(value) for name, value in row.items() if name not in hidden) for row in rows
                )
        return found

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Make sure that what happens inside leaves every row as it was."""
        before = self.contents()
        yield
        after = self.contents()
        changed = [table for table in after if after[table] != before[table]]
        assert changed == [], "a refusal changed something"

    def published(self, kind: type[Event]) -> list[Any]:
        """Answer the events of one kind that were published, oldest first."""
        return [event for event in published(self.database) if isinstance(event, kind)]

    def hear_itself(self) -> None:
        """Deliver what the service has published to itself, as the wire does; what it knows already it leaves."""
        with self.database.reading() as session:
            bodies = list(session.scalars(select(outbox.c.payload).order_by(outbox.c.id)))
        listens = {cls.event_name.routing_key(self.service) for cls in self.listener.reactions.listens_to()}
        self.listener.receive(*(body for body in bodies if json.loads(body)["type"] in listens))
        assert self.listener.held() == []

    def retry_later(self) -> None:
        """Let an hour pass and try again what was held."""
        self.pass_time(timedelta(hours=1))
        Inbox(self.database, self.listener.reactions).retry_due()


def serve(service: str, url: str) -> Served:
    """Open a service on a database that has its tables."""
    database = Database(make_engine(url), clock=FixedClock(NOW), outbox=StoredOutbox(service, "hebei"))
    prepare(service, database, number_block="01")
    app = app_of(service, database, Keys(verifier=VERIFIER, signer=SIGNER, sealer=SEALER))
    return Served(service, database, app, Listener(database, reactions_of(service)))


@dataclass
class Databases:
    """Databases of one engine, made by the revisions; on PostgreSQL one that was used is emptied and used again."""

    folder: Path
    postgres: PostgresServer | None
    _free: dict[str, list[str]] = field(default_factory=dict)

    def take(self, service: str) -> str:
        """Answer the URL of an empty database with a service's tables."""
        free = self._free.setdefault(service, [])
        if free:
            return free.pop()
        name = f"{service}_{next(_numbers)}"
        return self._copy(service, name) if self.postgres is None else self._create(self.postgres, service, name)

    def give_back(self, service: str, database: Database) -> None:
        """Take a database back, and empty it for the next one."""
        if self.postgres is not None:
            _empty(database.engine)
            self._free[service].append(database.engine.url.render_as_string(hide_password=False))
        database.engine.dispose()

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


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        # Without triggers: append-only tables and references hold their rows against all but a superuser.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in inspect(connection).get_table_names():
            if table != "alembic_version":
                connection.execute(text(f'DELETE FROM "{table}"'))  # noqa: S608  # our own tables


Serve = Callable[[str], Served]


@contextmanager
def serving(databases: Databases) -> Iterator[Serve]:
    """Answer how to start services; all end with the block."""
    with ExitStack() as ends:

        def start(service: str) -> Served:
            served = serve(service, databases.take(service))
            ends.callback(databases.give_back, service, served.database)
            return served

        yield start


def holder(account_id: str, role: Role, region: str, organisation_id: str | None = None) -> Principal:
    """Answer someone with one post."""
    post = Post(role=role, region=region, organisation_id=organisation_id)
    return Principal(account_id=account_id, name=account_id, posts=(post,))


def refusal_in(answer: TestResponse, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """Make sure that an answer is a problem with this code, in both languages, that points at this field."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = answer.get_json()
    faults = body.get("errors", [])
    told = [(body["code"], body["title"], body["title_en"])]
    told += [(fault["code"], fault["detail"], fault["detail_en"]) for fault in faults]
    for said, zh, en in told:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", said)
        assert re.search(r"[一-龥]", zh), f"{said} says nothing in Chinese"
        assert en
        assert said != "invalid_value", f"nobody translated {en}"
    assert body["status"] == status
    if pointer is None:
        assert code in {said for said, _, _ in told}, body
    else:
        assert (code, pointer) in {(fault["code"], fault["pointer"]) for fault in faults}, body
    return body
