"""What the broker has no more: a binding, or an exchange."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shared.messaging import metrics
from shared.messaging.rabbit import BrokerConnection, exchange_of, inbox_queue_of
from shared.messaging.tables import outbox
from shared.messaging.watch import waiting
from tests.integration.messaging.transports import OverRabbit
from tests.integration.messaging.village import Noted, Village


@pytest.fixture
def village(rabbit_village: Village) -> Village:
    return rabbit_village


def unsent(village: Village) -> int:
    database = village.databases["shop"]
    with database.reading() as session:
        return waiting(session, database.clock.now()).unsent


def attempts(village: Village) -> list[int]:
    with village.databases["shop"].reading() as session:
        return list(session.scalars(select(outbox.c.attempts).order_by(outbox.c.id)))


def counted(counter: Any) -> float:
    return float(counter.labels("shop")._value.get())


def on_channel(over_rabbit: OverRabbit, work: Callable[[Any], object]) -> None:
    """Do something to the broker on a connection of its own."""
    connection = BrokerConnection(over_rabbit.broker_url, name="test")
    work(connection.channel())
    connection.close()


def leading(village: Village, over_rabbit: OverRabbit) -> None:
    """Let the shop's relay work, and nobody else."""
    relay = over_rabbit.relay()
    over_rabbit.run(relay)
    village.wait(lambda: relay.is_leader, "the relay to lead")


def judge_order(village: Village, over_rabbit: OverRabbit) -> None:
    """Let the pause after a refusal end, and see that everything leaves in its order."""
    village.clock.set(village.clock.now() + timedelta(minutes=5))
    over_rabbit.run(over_rabbit.consumer())
    village.wait_written(3)
    assert village.written(thing="a") == [("a", 1), ("a", 2)]
    village.wait(lambda: unsent(village) == 0, "every row to be sent")


@pytest.mark.fault(
    "F-10",
    inject="unbind the queue of a listener",
    holds="its events come back, which is counted for the alert, stay in the outbox in their order, and leave later",
)
def test_an_event_that_no_queue_takes_stays_unsent_until_the_binding_is_back(
    village: Village, over_rabbit: OverRabbit
) -> None:
    leading(village, over_rabbit)
    key, before = Noted.event_name.routing_key(), counted(metrics.returned)
    on_channel(over_rabbit, lambda channel: channel.queue_unbind(inbox_queue_of("ledger"), exchange_of("shop"), key))
    village.note(("a", 1), ("a", 2), ("b", 1))
    village.wait(lambda: any(attempts(village)), "the refusal")
    assert unsent(village) > 0
    assert village.written(thing="a") == []
    # The alert AnyuanEventsReturned goes by this count.
    assert counted(metrics.returned) > before

    # The relay declares its listeners' bindings with each new connection, and the pause ends with the clock.
    judge_order(village, over_rabbit)


@pytest.mark.fault(
    "F-10",
    inject="delete the exchange of a publisher while its relay is connected",
    holds="the relay makes it and its bindings anew, and the events leave in their order",
)
def test_an_exchange_that_is_deleted_is_made_anew(village: Village, over_rabbit: OverRabbit) -> None:
    leading(village, over_rabbit)
    on_channel(over_rabbit, lambda channel: channel.exchange_delete(exchange_of("shop")))
    village.note(("a", 1), ("a", 2), ("b", 1))
    village.wait(lambda: any(attempts(village)), "the refusal")

    judge_order(village, over_rabbit)
