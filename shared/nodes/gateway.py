"""The running parts of a node's links: who reads what its services say, who reads each neighbour, and who sends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.contracts.base import ANY_PUBLISHER, all_events, event_class
from shared.messaging.consumer import QueueConsumer
from shared.messaging.intake import Intake
from shared.messaging.rabbit import Binding, BrokerConnection, Topology, dead_queue_of, inbox_queue_of
from shared.messaging.relay import Relay
from shared.nodes.broker import declare_incoming, declare_outgoing
from shared.nodes.core.authority import RULES, Told
from shared.nodes.inbound import Inbound
from shared.nodes.office import NOT_NOW, SERVICE, Office, queue_from
from shared.nodes.outbound import Outbound
from shared.nodes.refused import TOLD_BY_LINKS

log = structlog.get_logger(__name__)

_NOT_KNOWN: tuple[type[Exception], ...] = (*NOT_NOW, SQLAlchemyError)
LOOK_SECONDS = 2.0
"""How often the charter is looked at for neighbours that are new or gone."""


def with_links(whole: Topology) -> Topology:
    """Answer who says what to whom on a node that has neighbours.

    The gateway hears what may concern other nodes, and says to the services here what other nodes may say.
    """
    outgoing = {
        Binding(publisher, SERVICE, cls.event_name.routing_key(publisher))
        for cls in all_events()
        if cls.event_name.name in RULES and _concerns_others(cls.event_name.name)
        for publisher in _sayers(cls.event_name.publisher, whole.publishers)
    }
    incoming = {
        Binding(SERVICE, binding.listener, binding.routing_key)
        for binding in whole.bindings
        if _name_of(binding.routing_key) in RULES
    }
    own = {cls.event_name.name: cls.event_name.routing_key(SERVICE) for cls in TOLD_BY_LINKS}
    incoming |= {
        Binding(SERVICE, binding.listener, own[_name_of(binding.routing_key)])
        for binding in whole.bindings
        if _name_of(binding.routing_key) in own
    }
    bindings = tuple(sorted({*whole.bindings, *outgoing, *incoming}))
    return Topology(whole.publishers | {SERVICE}, whole.listeners | {SERVICE}, bindings)


def _concerns_others(name: str) -> bool:
    return RULES[name].told is not Told.NOBODY or bool(RULES[name].claims)


def _sayers(publisher: str, publishers: Iterable[str]) -> Iterable[str]:
    return publishers if publisher == ANY_PUBLISHER else (publisher,)


def _name_of(routing_key: str) -> str:
    cls = event_class(routing_key)
    return cls.event_name.name if cls else ""


class OwnServices(QueueConsumer):
    """Reads what the services of this node say."""

    def __init__(self, *, office: Office, broker_url: str, topology: Topology) -> None:
        super().__init__(
            name="links from services", database=office.database, inbox=Outbound(office), broker_url=broker_url
        )
        self._topology = topology.heard_by(SERVICE)

    def _open(self, connection: BrokerConnection) -> Intake:
        connection.declare(self._topology)
        return Intake(connection, queue=inbox_queue_of(SERVICE), dead_queue=dead_queue_of(SERVICE))


class Neighbour(QueueConsumer):
    """Reads what one neighbour's shovel brings."""

    def __init__(self, *, office: Office, broker_url: str, node: str) -> None:
        super().__init__(
            name=f"links from {node}", database=office.database, inbox=Inbound(office, node), broker_url=broker_url
        )
        self._node = node

    def _open(self, connection: BrokerConnection) -> Intake:
        declare_incoming(connection, self._node)
        return Intake(connection, queue=queue_from(self._node), dead_queue=dead_queue_of(SERVICE))


class Neighbours:
    """Reads every neighbour that the charter names: a reader begins when one is new, and ends when one is gone.

    To the process it is one loop, which shows signs of life as long as each of its readers does.
    """

    def __init__(self, *, office: Office, broker_url: str) -> None:
        self.name = "links from neighbours"
        self._office = office
        self._broker_url = broker_url
        self._readers: dict[str, _Reader] = {}
        self._begun = time.monotonic()
        self._looked = self._begun

    @property
    def last_beat(self) -> float:
        """Answer the oldest sign of life of its readers and its own."""
        return min([self._looked, *(reader.loop.last_beat for reader in list(self._readers.values()))])

    def run(self, stop: threading.Event) -> None:
        """Keep one reader for each neighbour until told to stop."""
        while not stop.is_set():
            self._looked = time.monotonic()
            self._follow(neighbours_of(self._office, before=tuple(self._readers)))
            stop.wait(LOOK_SECONDS)
        self._follow(())

    def _follow(self, neighbours: tuple[str, ...]) -> None:
        gone = {node: reader for node, reader in self._readers.items() if node not in neighbours}
        for reader in gone.values():
            reader.stop.set()
        for node, reader in gone.items():
            reader.thread.join()
            del self._readers[node]
            log.info("neighbour_is_read_no_longer", node=node)
        for node in neighbours:
            if node not in self._readers or not self._readers[node].thread.is_alive():
                self._readers[node] = _Reader.begin(
                    Neighbour(office=self._office, broker_url=self._broker_url, node=node)
                )
                log.info("neighbour_is_read", node=node)


@dataclass(frozen=True)
class _Reader:
    """One neighbour's reader on its thread."""

    loop: Neighbour
    stop: threading.Event
    thread: threading.Thread

    @classmethod
    def begin(cls, loop: Neighbour) -> _Reader:
        """Let it run."""
        stop = threading.Event()
        thread = threading.Thread(target=loop.run, args=(stop,), name=loop.name, daemon=True)
        thread.start()
        return cls(loop, stop, thread)


def neighbours_of(office: Office, *, before: tuple[str, ...]) -> tuple[str, ...]:
    """Answer the nodes that this one has links with; while the charter cannot be read, those it had before."""
    try:
        return office.neighbours()
    except _NOT_KNOWN as error:
        log.warning("neighbours_not_known", error=repr(error), kept=before)
        return before


class LinksRelay(Relay):
    """Sends letters to the queues of neighbours, and what other nodes say to the services of this one."""

    def __init__(self, *, office: Office, broker_url: str, topology: Topology) -> None:
        super().__init__(database=office.database, broker_url=broker_url, service=SERVICE, topology=topology)
        self._office = office
        self._neighbours: tuple[str, ...] = ()
        self._next_look = 0.0

    def _declare(self, connection: BrokerConnection) -> None:
        super()._declare(connection)
        self._neighbours, self._next_look = (), 0.0
        self._follow(connection)

    def _between_batches(self, connection: BrokerConnection) -> None:
        if time.monotonic() >= self._next_look:
            self._follow(connection)

    def _follow(self, connection: BrokerConnection) -> None:
        """Make sure that there is a queue for each neighbour that the charter names now; one that is gone keeps its."""
        self._next_look = time.monotonic() + LOOK_SECONDS
        found = neighbours_of(self._office, before=self._neighbours)
        if found != self._neighbours:
            declare_outgoing(connection, found)
            log.info("queues_to_neighbours", nodes=found)
            self._neighbours = found
