"""How many messages lie in a service's queues, as the broker says it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from shared.messaging.rabbit import BROKER_ERRORS, BrokerConnection, dead_queue_of, inbox_queue_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Depth:
    """The messages in a queue that nobody has taken yet, and how many read it (those that stand by included)."""

    messages: int
    consumers: int


def depths_of(broker_url: str, service: str) -> tuple[Depth | None, Depth | None]:
    """Answer the depths of a service's inbox queue and dead-letter queue; None where the broker does not tell.

    It tells only what is ready: what a worker holds and has not acknowledged is counted by no one else.
    """
    try:
        connection = BrokerConnection(broker_url, name="events lag")
    except BROKER_ERRORS as error:
        log.warning("broker_does_not_tell", service=service, error=str(error))
        return None, None
    try:
        return _depth(connection, inbox_queue_of(service)), _depth(connection, dead_queue_of(service))
    finally:
        connection.close()


def _depth(connection: BrokerConnection, queue: str) -> Depth | None:
    try:
        # A channel of its own: the broker closes it when there is no such queue.
        _, messages, consumers = connection.channel().queue_declare(queue, passive=True)
    except BROKER_ERRORS as error:
        log.warning("broker_does_not_tell", queue=queue, error=str(error))
        return None
    return Depth(messages, consumers)
