"""Writing into the queue that a neighbour's user may write to."""

from __future__ import annotations

from tests.province import Province


def put(province: Province, node: str, *letters: bytes) -> None:
    """Put bytes straight into the queue that a node's user may write to, as its shovel would."""
    from amqp import Message

    from shared.messaging.rabbit import BrokerConnection

    connection = BrokerConnection(province["hebei"].broker_url, name="shovel of its own")
    channel = connection.channel()
    for letter in letters:
        channel.basic_publish(Message(letter, delivery_mode=2), exchange=f"from.{node}", routing_key=f"from.{node}")
    channel.close()
    connection.close()
