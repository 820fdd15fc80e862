"""Three small services that talk to each other, over one transport or the other.

`shop` tells of things, `ledger` writes down what it hears and says so, and `mirror` listens to `ledger`. `newcomer`
comes later and listens to `shop`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from shared.clock import AdjustableClock
from shared.contracts.base import Event, event
from shared.messaging import Reactions, Snapshots, StoredOutbox
from shared.messaging.held import DEAD
from shared.messaging.rabbit import Topology
from shared.messaging.sending import SENT_ROWS_ARE_KEPT, prune_sent
from shared.messaging.snapshots import backfill
from shared.messaging.tables import held_event, outbox
from shared.storage import Database, UnitOfWork, kit_metadata
from shared.storage.database import make_engine
from shared.trace import Trace, current_trace, tracing
from tests.waiting import wait_until

LIMIT = 60.0
SERVICES = ("shop", "ledger", "mirror", "newcomer")


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


def make_databases(urls: dict[str, str], clock: AdjustableClock) -> dict[str, Database]:
    """Open the three databases with their tables made."""
    for url in urls.values():
        make_tables(url)
    return open_databases(urls, clock)


def open_databases(urls: dict[str, str], clock: AdjustableClock) -> dict[str, Database]:
    """Open the three databases as they are."""
    return {
        service: Database(make_engine(url), clock=clock, outbox=StoredOutbox(service, "hebei"))
        for service, url in urls.items()
    }


def make_tables(url: str) -> None:
    """Make the tables of a service of the village."""
    engine = make_engine(url)
    for metadata in (kit_metadata, _metadata):
        metadata.create_all(engine)
    engine.dispose()


@dataclass
class Village:
    """The three services, what the ledger fails at, and what was written down."""

    databases: dict[str, Database]
    clock: AdjustableClock
    failing: set[tuple[str, int]] = field(default_factory=set)
    outages: int = 0
    """How often yet the ledger's database is found to be away in the middle of a reaction."""
    gate: threading.Event = field(default_factory=threading.Event)
    """The ledger waits here with every note; it is open unless a test closes it."""
    waiting: threading.Event = field(default_factory=threading.Event)
    """Somebody has come to the gate."""

    def __post_init__(self) -> None:
        self.gate.set()
        self.reactions = {"ledger": Reactions("ledger"), "mirror": Reactions("mirror")}

        @self.reactions["ledger"].on(Noted)
        def _write(uow: UnitOfWork, noted: Noted) -> None:
            _record(uow, noted)
            self.waiting.set()
            self.gate.wait(LIMIT)
            if self.outages:
                self.outages -= 1
                raise OperationalError("INSERT", {}, sqlite3.OperationalError("the disk is away"))
            if (noted.thing_id, noted.number) in self.failing:
                raise RuntimeError(f"the ledger cannot write {noted} \x00")
            uow.publish(Written(noted.thing_id, noted.number))

        @self.reactions["mirror"].on(Written)
        def _mirror(uow: UnitOfWork, written: Written) -> None:
            _record(uow, written)

        self.snapshots = Snapshots("shop")

        @self.snapshots.of(Noted)
        def _now(session: Session, after: str, limit: int) -> Sequence[Noted]:
            newest = select(effect.c.thing, func.max(effect.c.number)).where(effect.c.thing > after)
            rows = session.execute(newest.group_by(effect.c.thing).order_by(effect.c.thing).limit(limit))
            return [Noted(thing, number) for thing, number in rows]

        self.topology = Topology.of(self.reactions.values(), SERVICES)

    def welcome(self) -> None:
        """Let the newcomer listen from the next start of the transport on."""
        made = self.reactions["newcomer"] = Reactions("newcomer")

        @made.on(Noted)
        def _write(uow: UnitOfWork, noted: Noted) -> None:
            _record(uow, noted)

        self.topology = Topology.of(self.reactions.values(), SERVICES)

    def backfill(self) -> dict[type[Event], int]:
        """Tell the newcomer, as an operator would, how things stand in the shop."""
        outbox_ = StoredOutbox("shop", "hebei")
        told = backfill(
            self.databases["shop"], snapshots=self.snapshots, outbox=outbox_, listener=self.reactions["newcomer"]
        )
        return dict(told)

    def forget_what_was_sent(self) -> None:
        """Let so much time pass that no event that was sent lies in the shop's outbox any more."""
        self.clock.set(self.clock.now() + SENT_ROWS_ARE_KEPT + timedelta(hours=1))
        with self.databases["shop"].unit_of_work() as uow:
            while prune_sent(uow.session, now=uow.now):
                pass

    def all_is_sent(self) -> bool:
        """Tell whether nothing waits in the shop's outbox."""
        with self.databases["shop"].reading() as session:
            return session.execute(select(outbox.c.id).where(outbox.c.sent_at.is_(None)).limit(1)).first() is None

    def note(self, *notes: tuple[str, int], trace: Trace | None = None) -> None:
        """Publish these notes in one transaction; the shop itself keeps them too."""
        with tracing(trace or Trace.start()), self.databases["shop"].unit_of_work() as uow:
            for thing, number in notes:
                noted = Noted(thing, number)
                _record(uow, noted)
                uow.publish(noted)

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

    def bodies(self, service: str = "shop") -> list[bytes]:
        """Answer the stored bytes of everything in a service's outbox."""
        with self.databases[service].reading() as session:
            return [bytes(body) for body in session.scalars(select(outbox.c.payload).order_by(outbox.c.id))]

    def written(self, service: str = "ledger", *, thing: str | None = None) -> list[tuple[str, int]]:
        """Answer what a service has written down, in the order of writing."""
        wanted = select(effect.c.thing, effect.c.number).order_by(effect.c.id)
        if thing is not None:
            wanted = wanted.where(effect.c.thing == thing)
        with self.databases[service].reading() as session:
            return [(name, number) for name, number in session.execute(wanted)]

    def numbers(self, thing: str) -> list[int]:
        """Answer what the ledger has written down about a thing, in the order of writing."""
        return [number for _, number in self.written(thing=thing)]

    def traces(self, service: str) -> dict[tuple[str, int], str]:
        """Answer under which trace a service wrote each number."""
        with self.databases[service].reading() as session:
            rows = session.execute(select(effect.c.thing, effect.c.number, effect.c.trace))
            return {(row.thing, row.number): row.trace for row in rows}

    def headers(self) -> list[str | None]:
        """Answer the headers of what the ledger holds, oldest first."""
        with self.databases["ledger"].reading() as session:
            return list(session.scalars(select(held_event.c.headers).order_by(held_event.c.id)))

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


def sqlite_urls(folder: Path) -> dict[str, str]:
    """Answer where the three databases are in the embedded mode."""
    return {service: f"sqlite:///{folder}/{service}.db" for service in SERVICES}
