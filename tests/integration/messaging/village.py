"""Three small services that talk to each other, over one transport or the other.

`shop` tells of things, `ledger` writes down what it hears and says so, and `mirror` listens to `ledger`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select, update

from shared.clock import AdjustableClock
from shared.contracts.base import Event, event
from shared.messaging import Reactions, StoredOutbox
from shared.messaging.consumer import Consumer
from shared.messaging.embedded import Courier
from shared.messaging.held import DEAD
from shared.messaging.processes import Loop
from shared.messaging.rabbit import Topology
from shared.messaging.relay import Relay
from shared.messaging.tables import held_event, inbox_cursor, outbox
from shared.storage import Database, UnitOfWork, kit_metadata
from shared.storage.database import make_engine
from shared.trace import Trace, current_trace, tracing
from tests.waiting import wait_until

LIMIT = 60.0
SERVICES = ("shop", "ledger", "mirror")


@event("shop", "thing.noted", key="thing_id")
@dataclass(frozen=True)
class Noted(Event):
    """Somebody noted the next number about a thing."""

    thing_id: str
    number: int


@event("ledger", "entry.written", key="thing_id")
@dataclass(frozen=True)
class Written(Event):
    """The ledger wrote a number down."""

    thing_id: str
    number: int


_metadata = MetaData()
effect = Table(
    "effect",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("thing", String(100)),
    Column("number", Integer),
    Column("trace", String(32)),
)


class Transport(Protocol):
    """What carries events between the three services."""

    def start(self) -> None:
        """Begin to carry."""

    def stop(self) -> None:
        """Stop carrying; nothing is lost by it."""

    def deliver_again(self) -> None:
        """Have every event of every publisher delivered once more."""


def make_databases(urls: dict[str, str], clock: AdjustableClock) -> dict[str, Database]:
    """Open the three databases with their tables made."""
    databases = {}
    for service, url in urls.items():
        engine = make_engine(url)
        for metadata in (kit_metadata, _metadata):
            metadata.create_all(engine)
        databases[service] = Database(engine, clock=clock, outbox=StoredOutbox(service, "hebei"))
    return databases


@dataclass
class Village:
    """The three services, what the ledger fails at, and what was written down."""

    databases: dict[str, Database]
    clock: AdjustableClock
    failing: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.reactions = {"ledger": Reactions("ledger"), "mirror": Reactions("mirror")}

        @self.reactions["ledger"].on(Noted)
        def _write(uow: UnitOfWork, noted: Noted) -> None:
            _record(uow, noted)
            if (noted.thing_id, noted.number) in self.failing:
                raise RuntimeError(f"the ledger cannot write {noted} \x00")
            uow.publish(Written(noted.thing_id, noted.number))

        @self.reactions["mirror"].on(Written)
        def _mirror(uow: UnitOfWork, written: Written) -> None:
            _record(uow, written)

        self.topology = Topology.of(self.reactions.values(), SERVICES)

    def note(self, *notes: tuple[str, int], trace: Trace | None = None) -> None:
        """Publish these notes in one transaction."""
        with tracing(trace or Trace.start()), self.databases["shop"].unit_of_work() as uow:
            for thing, number in notes:
                uow.publish(Noted(thing, number))

    def smuggle(self, body: bytes, *, event_id: str) -> None:
        """Put bytes of our own into the shop's outbox, under the name of a note."""
        with self.databases["shop"].unit_of_work() as uow:
            uow.session.execute(
                insert(outbox).values(
                    event_id=event_id,
                    aggregate_type="smuggled",
                    aggregate_id=event_id,
                    aggregate_version=1,
                    type=Noted.event_name.routing_key(),
                    payload=body,
                    created_at=uow.now,
                )
            )

    def bodies(self) -> list[bytes]:
        """Answer the stored bytes of everything in the shop's outbox."""
        with self.databases["shop"].reading() as session:
            return [bytes(body) for body in session.scalars(select(outbox.c.payload).order_by(outbox.c.id))]

    def written(self, service: str = "ledger", *, thing: str | None = None) -> list[tuple[str, int]]:
        """Answer what a service has written down, in the order of writing."""
        wanted = select(effect.c.thing, effect.c.number).order_by(effect.c.id)
        if thing is not None:
            wanted = wanted.where(effect.c.thing == thing)
        with self.databases[service].reading() as session:
            return [(name, number) for name, number in session.execute(wanted)]

    def traces(self, service: str) -> dict[tuple[str, int], str]:
        """Answer under which trace a service wrote each number."""
        with self.databases[service].reading() as session:
            rows = session.execute(select(effect.c.thing, effect.c.number, effect.c.trace))
            return {(row.thing, row.number): row.trace for row in rows}

    def held(self, service: str = "ledger") -> list[tuple[str, str, str]]:
        """Answer aggregate, state and reason of what a service holds, oldest first."""
        wanted = select(held_event.c.aggregate_id, held_event.c.state, held_event.c.reason).order_by(held_event.c.id)
        with self.databases[service].reading() as session:
            return [tuple(row) for row in session.execute(wanted)]

    def states(self, service: str = "ledger") -> list[str]:
        """Answer the states of what a service holds, oldest first."""
        return [state for _, state, _ in self.held(service)]

    def decide(self, what: Callable[[UnitOfWork, int], bool]) -> None:
        """Replay or discard everything that is dead in the ledger."""
        with self.databases["ledger"].unit_of_work() as uow:
            found = uow.session.scalars(select(held_event.c.id).where(held_event.c.state == DEAD))
            for row_id in list(found):
                assert what(uow, row_id)

    def wait(self, condition: Callable[[], Any], what: str, *, limit: float = LIMIT) -> None:
        """Wait for a condition while business time stands."""
        wait_until(condition, limit=limit, what=what)

    def wait_through_retries(self, condition: Callable[[], Any], what: str, *, limit: float = LIMIT) -> None:
        """Wait for a condition while business time runs, so that every pause is over at once."""

        def look() -> Any:
            self.clock.set(self.clock.now() + timedelta(minutes=11))
            return condition()

        wait_until(look, limit=limit, what=what)

    def wait_written(self, count: int, service: str = "ledger") -> None:
        """Wait until a service has written so many numbers down."""
        self.wait(lambda: len(self.written(service)) >= count, f"{count} numbers in {service}")


def _record(uow: UnitOfWork, noted: Noted | Written) -> None:
    trace = current_trace().trace_id
    uow.session.execute(insert(effect).values(thing=noted.thing_id, number=noted.number, trace=trace))


class Embedded:
    """SQLite files and the courier."""

    def __init__(self, village: Village) -> None:
        self._village = village
        self._courier: Courier | None = None

    def start(self) -> None:
        """Begin to carry."""
        self._courier = Courier(self._village.databases, self._village.reactions)
        self._courier.start()

    def stop(self) -> None:
        """Stop carrying."""
        if self._courier is not None:
            self._courier.stop()
            self._courier = None

    def deliver_again(self) -> None:
        """Forget how far every listener has read."""
        self.stop()
        for database in self._village.databases.values():
            with database.unit_of_work() as uow:
                uow.session.execute(delete(inbox_cursor))
        self.start()


class Running:
    """Loops on threads that can be stopped one by one."""

    def __init__(self, loop: Loop) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=loop.run, args=(self._stop,), name=loop.name)
        self._thread.start()

    def stop(self) -> None:
        """Stop in good order and wait for it."""
        self._stop.set()
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), f"{self._thread.name} did not stop"


class OverRabbit:
    """PostgreSQL and RabbitMQ, a relay for each publisher and a consumer for each listener."""

    def __init__(self, village: Village, broker_url: str) -> None:
        self._village = village
        self.broker_url = broker_url
        self._running: list[Running] = []

    def relay(self, service: str = "shop") -> Relay:
        """Make a relay of a service."""
        database = self._village.databases[service]
        return Relay(database=database, broker_url=self.broker_url, service=service, topology=self._village.topology)

    def consumer(self, service: str = "ledger") -> Consumer:
        """Make a consumer of a service."""
        return Consumer(
            database=self._village.databases[service],
            reactions=self._village.reactions[service],
            broker_url=self.broker_url,
            topology=self._village.topology,
        )

    def run(self, *loops: Loop) -> Sequence[Running]:
        """Start loops that end with the test."""
        started = [Running(loop) for loop in loops]
        self._running.extend(started)
        return started

    def start(self) -> None:
        """Begin to carry."""
        self.run(self.relay("shop"), self.relay("ledger"), self.consumer("ledger"), self.consumer("mirror"))

    def stop(self) -> None:
        """Stop carrying."""
        for running in self._running:
            running._stop.set()
        for running in self._running:
            running.stop()
        self._running.clear()

    def deliver_again(self) -> None:
        """Make every row unsent again."""
        for database in self._village.databases.values():
            with database.unit_of_work() as uow:
                uow.session.execute(update(outbox).values(sent_at=None))


def sqlite_urls(folder: Path) -> dict[str, str]:
    """Answer where the three databases are in the embedded mode."""
    return {service: f"sqlite:///{folder}/{service}.db" for service in SERVICES}
