"""tx2tx through this project's kit: unit of work and outbox, relay, consumer and inbox, as they are used elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, bindparam, insert, text, update

from benchmarks.events.roles import NOTE, TABLES_B, Command, Where, main, produce
from shared.clock import SystemClock
from shared.contracts.base import Event, event
from shared.logs import set_up_logs
from shared.messaging import Reactions, StoredOutbox
from shared.messaging.consumer import Consumer
from shared.messaging.processes import end_process, run_relay, run_worker
from shared.messaging.rabbit import Topology
from shared.messaging.relay import Relay
from shared.storage import Database, UnitOfWork, kit_metadata
from shared.storage.database import make_engine
from shared.storage.trip import one_trip

_metadata = MetaData()
record = Table("record", _metadata, Column("i", BigInteger, primary_key=True), Column("note", Text, nullable=False))
award = Table("award", _metadata, Column("i", BigInteger, primary_key=True))
tally = Table("tally", _metadata, Column("n", BigInteger, nullable=False))
_WRITE = insert(record).values(i=bindparam("i"), note=bindparam("note"))
_GIVE = insert(award).values(i=bindparam("i"))
_COUNT = update(tally).values(n=tally.c.n + 1)


@event("office", "approval.given", key="record_id")
@dataclass(frozen=True, kw_only=True)
class ApprovalGiven(Event):
    """A record was approved."""

    record_id: str
    number: int
    note: str


reactions = Reactions("honours")


@reactions.on(ApprovalGiven)
def give_award(uow: UnitOfWork, event: ApprovalGiven) -> None:
    """Give the award and count it."""
    one_trip(uow.session, [(_GIVE, {"i": event.number}), (_COUNT, {})])


def _database(url: str, service: str) -> Database:
    engine = make_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    return Database(engine, clock=SystemClock(), outbox=StoredOutbox(service, "bench"))


def _topology() -> Topology:
    return Topology.of([reactions], ["office"])


def prepare(where: Where) -> None:
    """Make the tables of both services."""
    for url in (where.a, where.b):
        engine = _database(url, "any").engine
        kit_metadata.create_all(engine)
        with engine.begin() as connection:
            if url == where.a:
                record.create(connection)
            else:
                for statement in TABLES_B:
                    connection.execute(text(statement))


def produce_commands(where: Where) -> None:
    """Commit commands."""
    database = _database(where.a, "office")

    @contextmanager
    def lane() -> Iterator[Command]:
        def command(number: int) -> None:
            with database.unit_of_work() as uow:
                one_trip(uow.session, [(_WRITE, {"i": number, "note": NOTE})])
                uow.publish(ApprovalGiven(record_id=str(number), number=number, note=NOTE))

        yield command

    produce(lane)


def relay(where: Where) -> None:
    """Relay until told to stop."""
    database = _database(where.a, "office")
    end_process(run_relay([Relay(database=database, broker_url=where.broker, service="office", topology=_topology())]))


def consume(where: Where) -> None:
    """Apply events until told to stop."""
    database = _database(where.b, "honours")
    consumer = Consumer(database=database, reactions=reactions, broker_url=where.broker, topology=_topology())
    end_process(run_worker([consumer]))


if __name__ == "__main__":
    set_up_logs(service=f"bench-{sys.argv[1]}", level="ERROR")
    main({"prepare": prepare, "produce": produce_commands, "relay": relay, "consume": consume})
