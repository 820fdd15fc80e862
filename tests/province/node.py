"""One node of the small province, with everything that runs on it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import RowMapping, Table, select, update

from services.launcher.parts import Keys, app_of
from shared.contracts.base import Event
from shared.messaging.consumer import Consumer
from shared.messaging.periodic import JobRunner
from shared.messaging.processes import Loop
from shared.messaging.rabbit import BrokerConnection, Topology
from shared.messaging.relay import Relay
from shared.nodes.broker import BrokerApi
from shared.nodes.core.letters import Signer
from shared.nodes.gateway import LinksRelay, Neighbours, OwnServices
from shared.nodes.office import Office
from shared.nodes.reconcile import compare
from shared.nodes.status import LinkState, status
from shared.nodes.upkeep import Lines, jobs
from shared.storage import Database
from tests.integration.serving import SEALER
from tests.integration.signing import SIGNER, VERIFIER
from tests.province.listening import heard
from tests.province.staff import Staff

NOTHING_YET = LinkState(
    node="",
    written=0,
    receipted=0,
    waiting=0,
    oldest_waiting_seconds=0.0,
    refused=0,
    held_because=None,
    taken_in=0,
    stopped=None,
    parked=0,
    quarantined=0,
    silent_seconds=None,
)


class Running:
    """A loop on a thread of its own."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self._stop = threading.Event()
        self._thread = threading.Thread(target=loop.run, args=(self._stop,), name=loop.name)
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def wait(self) -> None:
        self._thread.join(timeout=30)
        assert not self._thread.is_alive(), f"{self._thread.name} did not stop"


@dataclass
class RealNode:
    """One node."""

    name: str
    office: Office
    broker_url: str
    api: BrokerApi
    staff: Staff
    neighbours: tuple[str, ...]
    topology: Topology
    _running: list[Running] = field(default_factory=list)
    _apps: dict[str, Flask] = field(default_factory=dict)

    @property
    def services(self) -> Mapping[str, Database]:
        """The database of each service."""
        return self.staff.databases

    def app(self, service: str) -> Flask:
        """The routes of one of the real services, made once: to make them takes longer than most requests."""
        if service not in self._apps:
            keys = Keys(verifier=VERIFIER, signer=SIGNER, sealer=SEALER)
            self._apps[service] = app_of(service, self.services[service], keys)
        return self._apps[service]

    def say(self, service: str, *events: Event) -> None:
        """Let a service publish events, all in one transaction."""
        with self.services[service].unit_of_work() as uow:
            for event in events:
                uow.publish(event)

    def heard(self, what: str = "volunteer") -> list[str]:
        """What the listening service wrote down, in order."""
        with self.services["awards"].reading() as session:
            return list(session.scalars(select(heard.c.key).where(heard.c.what == what).order_by(heard.c.id)))

    def heard_in_order(self) -> list[tuple[str, str]]:
        """Everything that the listening service wrote down, with what it is about, in order."""
        with self.services["awards"].reading() as session:
            return [
                (what, key) for what, key in session.execute(select(heard.c.what, heard.c.key).order_by(heard.c.id))
            ]

    def start(self) -> None:
        """Run every part of the node."""
        for service in self.staff.publishers:
            relay = Relay(
                database=self.services[service],
                broker_url=self.broker_url,
                service=service,
                topology=self.topology,
            )
            self._run(relay)
        for service, reactions in self.staff.reactions.items():
            consumer = Consumer(
                database=self.services[service],
                reactions=reactions,
                broker_url=self.broker_url,
                topology=self.topology,
            )
            self._run(consumer)
        self.start_links()

    def start_links(self) -> None:
        """Run the links of the node."""
        self._run(OwnServices(office=self.office, broker_url=self.broker_url, topology=self.topology))
        self._run(Neighbours(office=self.office, broker_url=self.broker_url))
        self._run(LinksRelay(office=self.office, broker_url=self.broker_url, topology=self.topology))

    def start_jobs(self, lines: Lines) -> None:
        """Do what the links do every so often, over these lines."""
        self._run(JobRunner(database=self.office.database, service="links", jobs=jobs(self.office, lines)))

    def stop(self) -> None:
        """Stop every part."""
        for running in self._running:
            running.ask_to_stop()
        for running in self._running:
            running.wait()
        self._running.clear()

    def state(self, node: str) -> LinkState:
        """How the streams to and from another node do."""
        with self.office.database.reading() as session:
            found = {each.node: each for each in status(session, self.office.database.clock.now())}
        return found.get(node) or NOTHING_YET

    def compare(self, *nodes: str) -> None:
        """Do now what is done every hour."""
        with self.office.database.unit_of_work() as uow:
            compare(uow, self.office, *nodes)

    def rows(self, table: Table) -> Sequence[RowMapping]:
        """Every row of a table of the links, oldest first."""
        with self.office.database.reading() as session:
            return session.execute(select(table).order_by(table.c.id)).mappings().all()

    def forget_asking(self) -> None:
        """Let what is missing be asked for at once."""
        from shared.nodes.tables import stream_in

        with self.office.database.unit_of_work() as uow:
            uow.session.execute(update(stream_in).values(asked_at=None))

    def signer(self) -> Signer:
        """The key that the node signs with."""
        with self.office.database.reading() as session:
            return self.office.signer(session, self.office.database.clock.now())

    def send_raw(self, to: str, *letters: bytes) -> None:
        """Give bytes to a neighbour's queue, as somebody with this node's broker might."""
        connection = BrokerConnection(self.broker_url, name="forger")
        channel = connection.channel()
        from amqp import Message

        for letter in letters:
            channel.basic_publish(Message(letter, delivery_mode=2), exchange="anyuan.links", routing_key=f"to.{to}")
        channel.close()
        connection.close()

    def close(self) -> None:
        self.stop()
        for database in (*self.services.values(), self.office.database):
            database.engine.dispose()

    def _run(self, loop: Loop) -> None:
        self._running.append(Running(loop))
