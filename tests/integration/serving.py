"""A service on a database of its own, made by its migrations: its app, what it hears, and all that it has stored."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from tests.integration.databases import Databases, Rows, read_rows, write_rows
from tests.integration.listening import Listener, published
from tests.integration.signing import SIGNER, VERIFIER, Caller

NOW = datetime(2026, 9, 20, 4, 0, tzinfo=UTC)
SEALER = Sealer(keys={1: bytes(range(32))}, active=1, index_key=bytes(32))
# What a refused sign-in leaves behind is counted on purpose.
AUDIT = "approval_attempt"
_COUNTED = {"account": ("failed_tries", "closed_until")}

Contents = dict[str, list[tuple[Any, ...]]]


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
        """Make sure that what happens inside leaves every row as it was; the audit of refusals is there to grow."""
        before = self.contents()
        yield
        after = self.contents()
        changed = [table for table in after if after[table] != before[table] and table != AUDIT]
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


def serve(service: str, engine: Engine) -> Served:
    """Run a service on a database that has its tables."""
    database = Database(engine, clock=FixedClock(NOW), outbox=StoredOutbox(service, "hebei"))
    app = app_of(service, database, Keys(verifier=VERIFIER, signer=SIGNER, sealer=SEALER))
    return Served(service, database, app, Listener(database, reactions_of(service)))


@dataclass(frozen=True)
class World:
    """What stands in a service's database when a test begins, and what is known of it."""

    rows: Rows
    known: dict[str, Any]
    versions: Counter[tuple[str, str, str]]


Fill = Callable[[Served], Served]
_worlds: dict[tuple[str, str, Fill | None], World] = {}
_idle: dict[tuple[int, str], list[Served]] = {}


@contextmanager
def serving(databases: Databases, service: str, fill: Fill | None = None) -> Iterator[Served]:
    """Run a service on a database of its own, in which `fill` has made its world.

    The world is made once for each engine and laid down again for every other test, and a service that a test is
    done with serves the next one: to make both anew takes longer than most tests do.
    """
    idle = _idle.setdefault((id(databases), service), [])
    served = idle.pop() if idle else serve(service, databases.new(service))
    _begin(served, fill)
    yield served
    idle.append(served)


def _begin(served: Served, fill: Fill | None) -> None:
    service, engine = served.service, served.database.engine
    key = (service, engine.dialect.name, fill)
    world = _worlds.get(key, World({}, {}, Counter()))
    write_rows(service, engine, world.rows)
    served.database.clock = FixedClock(NOW)
    served.known = dict(world.known)
    served.listener.versions = Counter(world.versions)
    if key not in _worlds:
        prepare(service, served.database, number_block="01")
        if fill is not None:
            fill(served)
        _worlds[key] = World(read_rows(service, engine), dict(served.known), Counter(served.listener.versions))


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
