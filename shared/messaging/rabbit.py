"""RabbitMQ: which exchanges, queues and bindings there are, all derived from who listens to what, and connections.

Names are never typed by hand: a publisher has the topic exchange `anyuan.<service>`, a listener the quorum queue
`anyuan.<service>.inbox` and, for what the broker itself gives up, `anyuan.<service>.dead`.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from select import POLLIN, poll
from typing import Any, Self
from urllib.parse import urlsplit

import kombu.exceptions
import structlog
from amqp.exceptions import AccessRefused, AMQPError
from kombu.connection import Connection

from shared.contracts.base import ANY_PUBLISHER
from shared.messaging.reactions import Reactions
from shared.tls import NobodyBelieved, authority_of, is_secure

log = structlog.get_logger(__name__)

BROKER_ERRORS: tuple[type[Exception], ...] = (AMQPError, kombu.exceptions.KombuError, OSError)
"""What is raised when the broker is away, closes a channel or does not answer in time."""

# kombu says that it is typed, but its methods are not: from here on it is Any, and named by the methods below.
_Connection: Any = Connection

HEARTBEAT_SECONDS = 30
_CONNECT_SECONDS = 5
_SOCKET_SECONDS = 10
_MOMENT = 0.001

# The service's own retry counter decides what is dead; this fence only stops a message that kills its consumer.
_DELIVERY_LIMIT = 100
# RabbitMQ 4 drops after 20 deliveries what nobody set a limit for, and a dead letter must wait for ever.
_DEAD_DELIVERY_LIMIT = 1_000_000


def exchange_of(publisher: str) -> str:
    """Answer the exchange on which a service says what it has to say."""
    return f"anyuan.{publisher}"


def inbox_queue_of(listener: str) -> str:
    """Answer the queue in which a service finds what it listens to."""
    return f"anyuan.{listener}.inbox"


def dead_queue_of(listener: str) -> str:
    """Answer the queue (and the exchange before it) of what the broker gave up delivering to a service."""
    return f"anyuan.{listener}.dead"


def only_for(listener: str, *, publisher: str) -> str:
    """Answer the routing key of what a publisher tells one listener alone."""
    return f"{publisher}.for.{listener}"


@dataclass(frozen=True, order=True, slots=True)
class Binding:
    """One event of one publisher that one service listens to."""

    publisher: str
    listener: str
    routing_key: str


@dataclass(frozen=True)
class Topology:
    """Who says what to whom on one broker."""

    publishers: frozenset[str]
    listeners: frozenset[str]
    bindings: tuple[Binding, ...]

    @classmethod
    def of(cls, reactions: Iterable[Reactions], publishers: Iterable[str]) -> Self:
        """Derive the topology from the reactions of all services and the list of those that publish.

        An event that any service may publish (`ANY_PUBLISHER`) is bound on the exchange of every publisher.
        :raises ValueError: for a service that listens to nothing: most likely its reactions are not imported yet,
            and the events meant for it would go nowhere.
        """
        said = frozenset(publishers)
        heard = tuple(reactions)
        bindings: set[Binding] = set()
        for listener in heard:
            if not listener.listens_to():
                raise ValueError(f"{listener.service} has no reactions: import them first, or leave it out")
            for event in listener.listens_to():
                name = event.event_name
                sayers = said if name.publisher == ANY_PUBLISHER else {name.publisher}
                bindings |= {Binding(sayer, listener.service, name.routing_key(sayer)) for sayer in sayers}
        publishing = said | {binding.publisher for binding in bindings}
        return cls(publishing, frozenset(listener.service for listener in heard), tuple(sorted(bindings)))

    def said_by(self, publisher: str) -> Topology:
        """Answer the part that the relay of a publisher needs: its exchange and every queue that hears it."""
        bindings = tuple(binding for binding in self.bindings if binding.publisher == publisher)
        return Topology(frozenset({publisher}), frozenset(binding.listener for binding in bindings), bindings)

    def heard_by(self, listener: str) -> Topology:
        """Answer the part that the worker of a listener needs: its queue and every exchange it hears."""
        bindings = tuple(binding for binding in self.bindings if binding.listener == listener)
        return Topology(frozenset(binding.publisher for binding in bindings), frozenset({listener}), bindings)

    def routing_keys(self) -> frozenset[str]:
        """Answer the events that somebody listens to."""
        return frozenset(binding.routing_key for binding in self.bindings)


class BrokerConnection:
    """One connection to the broker, for one thread: amqp connections must not be shared.

    :raises shared.tls.NobodyBelieved: for an amqps:// URL that names no authority.
    """

    def __init__(self, url: str, *, name: str) -> None:
        bare, authority = authority_of(url)
        self._connection = _Connection(
            bare,
            ssl=_checks(url, authority),
            heartbeat=HEARTBEAT_SECONDS,
            connect_timeout=_CONNECT_SECONDS,
            transport_options={
                "read_timeout": _SOCKET_SECONDS,
                "write_timeout": _SOCKET_SECONDS,
                "client_properties": {"connection_name": name},
                "on_blocked": lambda reason: log.warning("broker_blocks_publishing", connection=name, reason=reason),
                "on_unblocked": lambda: log.info("broker_takes_messages_again", connection=name),
            },
        )
        self._next_tick = 0.0
        # Nothing is tried again in here: kombu would sleep for seconds and could not be stopped meanwhile.
        self._connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, interval_max=0)

    def channel(self) -> Any:
        """Open a channel: a bare amqp one, because kombu's producer confirms one message at a time."""
        made: Any = self._connection.channel()
        made.auto_decode = False
        return made

    def drain(self, seconds: float) -> bool:
        """Handle what the broker sends, at most one event; answers False when nothing came in that time.

        With no time at all it handles what is there already.

        Heartbeats are sent and checked here, so whoever holds a connection calls this at least once a second.
        """
        now = time.monotonic()
        if now >= self._next_tick:
            self._next_tick = now + 1
            self._connection.heartbeat_check()
        if not seconds and not self._has_something():
            return False
        try:
            self._connection.drain_events(timeout=seconds or _MOMENT)
        except TimeoutError:
            return False
        return True

    def _has_something(self) -> bool:
        """Tell whether something came that is not handled yet; the library itself waits a millisecond at least."""
        socket = self._connection.connection.sock
        if socket is None:
            return True  # reading will say what is wrong with it
        poller = poll()
        poller.register(socket, POLLIN)
        return bool(poller.poll(0)) or bool(getattr(socket, "pending", int)())

    def declare(self, topology: Topology) -> None:
        """Make sure that the exchanges, queues and bindings exist; those that do are left alone.

        :raises amqp.exceptions.PreconditionFailed: when one exists with other properties.
        """
        channel = self.channel()
        for publisher in sorted(topology.publishers):
            channel.exchange_declare(exchange_of(publisher), "topic", durable=True, auto_delete=False)
        for listener in sorted(topology.listeners):
            _declare_queues(channel, listener)
        for binding in topology.bindings:
            queue = inbox_queue_of(binding.listener)
            channel.queue_bind(queue, exchange_of(binding.publisher), binding.routing_key)
        for publisher, listener in sorted({(binding.publisher, binding.listener) for binding in topology.bindings}):
            key = only_for(listener, publisher=publisher)
            channel.queue_bind(inbox_queue_of(listener), exchange_of(publisher), key)
        channel.close()

    def close(self) -> None:
        """Say goodbye to the broker; what was not acknowledged goes back to its queue."""
        with suppress(*BROKER_ERRORS):
            self._connection.release()

    def drop(self) -> None:
        """Let go of a connection that may be broken, without waiting for anything."""
        with suppress(*BROKER_ERRORS):
            self._connection.collect(socket_timeout=0.1)


def _checks(url: str, authority: str) -> dict[str, Any] | bool:
    """Answer what TLS has to check: the certificate against the authority, and the host's name."""
    if not is_secure(url):
        return False
    if not authority:
        raise NobodyBelieved("an amqps:// URL needs the certificates of the authority that is believed")
    return {"ca_certs": authority, "cert_reqs": ssl.CERT_REQUIRED, "server_hostname": urlsplit(url).hostname}


def _declare_queues(channel: Any, listener: str) -> None:
    dead, inbox = dead_queue_of(listener), inbox_queue_of(listener)
    channel.exchange_declare(dead, "direct", durable=True, auto_delete=False)
    keep_queue(channel, dead)
    channel.queue_bind(dead, dead, dead)
    read_queue(channel, inbox, dead=dead)


def keep_queue(channel: Any, name: str) -> None:
    """Declare a queue in which messages wait for however long, and however often somebody looks at them."""
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": _DEAD_DELIVERY_LIMIT}
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)


def read_queue(channel: Any, name: str, *, dead: str) -> None:
    """Declare a queue that one consumer at a time reads in its order, and what it cannot deliver goes to `dead`."""
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": _DELIVERY_LIMIT,
        # Only one of several workers is served at a time, so the order of the queue is the order of the effects.
        "x-single-active-consumer": True,
        "x-dead-letter-exchange": dead,
        "x-dead-letter-routing-key": dead,
        # A dead letter leaves this queue only when the other one has it; that needs reject-publish.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)


def declare_what_is_allowed(connection: BrokerConnection, topology: Topology, publisher: str) -> None:
    """Declare a publisher's exchange, and the queues that hear it where the broker's permissions let it.

    A relay that makes its listeners' queues first loses nothing to a listener that has never run: a mandatory
    message is returned when no queue is bound, but not when one of two is missing. Where the relay's user may not
    do so, whoever gave it so few rights has made the queues (`deploy/rabbitmq/make_users.py`).
    """
    connection.declare(Topology(frozenset({publisher}), frozenset(), ()))
    try:
        connection.declare(topology)
    except AccessRefused as error:
        log.debug("listeners_queues_not_declared", publisher=publisher, error=str(error))
