"""How many messages lie in a service's queues, as the broker says it."""

from __future__ import annotations

from dataclasses import dataclass

from amqp.exceptions import NotFound

from shared.messaging.rabbit import BrokerConnection, dead_queue_of, inbox_queue_of


@dataclass(frozen=True, slots=True)
class Depth:
    """The messages in a queue that nobody has taken yet, and how many read it (those that stand by included)."""

    messages: int
    consumers: int


def depths_of(broker_url: str, service: str) -> tuple[Depth | None, Depth | None]:
    """Answer the depths of a service's inbox queue and dead-letter queue, None for one that is not there.

    The broker tells only what is ready: what a worker holds and has not acknowledged is counted by no one else.

    :raises Exception: one of `BROKER_ERRORS`, when the broker is away or does not let us ask.
    """
    connection = BrokerConnection(broker_url, name="events lag")
    try:
        return _depth(connection, inbox_queue_of(service)), _depth(connection, dead_queue_of(service))
    finally:
        connection.close()


def _depth(connection: BrokerConnection, queue: str) -> Depth | None:
    try:
        # A channel of its own: the broker closes it when there is no such queue.
        _, messages, consumers = connection.channel().queue_declare(queue, passive=True)
    except NotFound:
        return None
    return Depth(messages, consumers)
