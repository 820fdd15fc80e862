"""The running parts of a node's links: who reads what its services say, who reads each neighbour, and who sends."""

from __future__ import annotations

from collections.abc import Iterable

from shared.contracts.base import ANY_PUBLISHER, all_events, event_class
from shared.messaging.consumer import QueueConsumer
from shared.messaging.intake import Intake
from shared.messaging.rabbit import Binding, BrokerConnection, Topology, dead_queue_of, inbox_queue_of
from shared.messaging.relay import Relay
from shared.nodes.broker import declare_incoming, declare_outgoing
from shared.nodes.core.authority import RULES, Told
from shared.nodes.inbound import Inbound
from shared.nodes.office import SERVICE, Office, queue_from
from shared.nodes.outbound import Outbound
from shared.nodes.refused import TOLD_BY_LINKS


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


class LinksRelay(Relay):
    """Sends letters to the queues of neighbours, and what other nodes say to the services of this one."""

    def __init__(self, *, office: Office, broker_url: str, topology: Topology, neighbours: tuple[str, ...]) -> None:
        super().__init__(database=office.database, broker_url=broker_url, service=SERVICE, topology=topology)
        self._neighbours = neighbours

    def _declare(self, connection: BrokerConnection) -> None:
        declare_outgoing(connection, self._neighbours)
        super()._declare(connection)
