"""What happens at the listener's database: it is killed, and two workers have the same messages at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy.exc import OperationalError

from shared.clock import AdjustableClock
from shared.messaging.inbox import Delivery, Inbox
from shared.messaging.outages import database_is_away
from tests.faults.scale import scaled
from tests.integration.messaging.transports import OverRabbit
from tests.integration.messaging.village import SERVICES, Village, make_databases
from tests.servers import PostgresServer, RabbitServer, Servers


@pytest.fixture(scope="module")
def own_cluster(servers: Servers) -> PostgresServer:
    """Start a cluster for the ledger alone."""
    return servers.postgres()


@pytest.fixture
def village(own_cluster: PostgresServer, new_database: Callable[..., str]) -> Iterator[Village]:
    clock = AdjustableClock()
    urls = {service: new_database(service) for service in SERVICES}
    urls["ledger"] = own_cluster.create_database("ledger")
    made = Village(make_databases(urls, clock), clock)
    yield made
    for database in made.databases.values():
        database.engine.dispose()


@pytest.mark.fault(
    "MP6",
    inject="kill -9 the PostgreSQL of a listener, several times, with events coming in all the time",
    holds="nothing is dead-lettered, no event loses a try, and all are applied once when it is back",
)
@pytest.mark.slow
def test_a_killed_database_of_a_listener_burns_no_retries(
    village: Village,
    own_cluster: PostgresServer,
    rabbit: RabbitServer,
    new_vhost: Callable[[str], str],
) -> None:
    transport = OverRabbit(village, rabbit, new_vhost("own"))
    transport.start()
    number = 0
    for _ in range(2):
        own_cluster.kill()
        away_until = time.monotonic() + scaled("database_away")
        while time.monotonic() < away_until:
            number += 1
            village.note(*((f"thing-{index}", number) for index in range(10)))
        own_cluster.start()
        village.wait_written(number * 10)
    village.wait_written(number * 10, "mirror")
    transport.stop()
    assert len(village.written()) == number * 10
    assert all(village.numbers(f"thing-{index}") == list(range(1, number + 1)) for index in range(10))
    assert village.held() == []


@pytest.mark.fault(
    "MP11",
    "F-20",
    inject="give every message three times to each of two workers at the same moment",
    holds="each event has one effect, in order",
)
def test_the_same_messages_at_two_workers_at_once_have_one_effect(rabbit_village: Village) -> None:
    for number in range(1, 11):
        rabbit_village.note(*((f"thing-{index}", number) for index in range(10)))
    deliveries = [Delivery(body) for body in rabbit_village.bodies()]
    barrier = threading.Barrier(2)

    def work() -> None:
        inbox = Inbox(rabbit_village.databases["ledger"], rabbit_village.reactions["ledger"])
        for start in range(0, len(deliveries), 10):
            barrier.wait(30)
            take(inbox, deliveries[start : start + 10] * 3)

    def take(inbox: Inbox, batch: list[Delivery]) -> None:
        """Take a batch in as a worker does: a lost deadlock is an outage that passes, so the batch is taken again."""
        try:
            inbox.receive(batch)
        except OperationalError as error:
            if not database_is_away(error):
                raise
            take(inbox, batch)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert not worker.is_alive()
    assert len(rabbit_village.written()) == 100
    assert all(rabbit_village.numbers(f"thing-{index}") == list(range(1, 11)) for index in range(10))
    assert rabbit_village.held() == []
