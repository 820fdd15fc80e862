"""The village, over each transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.clock import AdjustableClock
from tests.integration.messaging.transports import Embedded, OverRabbit, Transport
from tests.integration.messaging.village import (
    SERVICES,
    Village,
    make_databases,
    make_tables,
    open_databases,
    sqlite_urls,
)
from tests.servers import PostgresServer, RabbitServer


@pytest.fixture(scope="session")
def village_template(postgres: PostgresServer) -> str:
    """A database with the tables of a service of the village, which is copied for each of them in each test."""
    make_tables(postgres.create_database("village_template"))
    return "village_template"


@pytest.fixture
def rabbit_village(new_database: Callable[..., str], village_template: str) -> Iterator[Village]:
    """Give the three services with PostgreSQL databases, and nothing that carries events yet."""
    clock = AdjustableClock()
    urls = {service: new_database(service, template=village_template) for service in SERVICES}
    village = Village(open_databases(urls, clock), clock)
    yield village
    for database in village.databases.values():
        database.engine.dispose()


@pytest.fixture
def over_rabbit(rabbit_village: Village, rabbit: RabbitServer, new_vhost: Callable[[str], str]) -> Iterator[OverRabbit]:
    """Give the transport over RabbitMQ, not started."""
    transport = OverRabbit(rabbit_village, rabbit, new_vhost("village"))
    yield transport
    transport.stop()


@pytest.fixture(params=["embedded", "rabbitmq"])
def lane(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Village, Transport]]:
    """Give the three services and a running transport: every test of the suite runs over both."""
    if request.param == "rabbitmq":
        transport: Transport = request.getfixturevalue("over_rabbit")
        village: Village = request.getfixturevalue("rabbit_village")
    else:
        clock = AdjustableClock()
        village = Village(make_databases(sqlite_urls(tmp_path), clock), clock)
        transport = Embedded(village)
    transport.start()
    yield village, transport
    transport.stop()
    if request.param == "embedded":
        for database in village.databases.values():
            database.engine.dispose()


@pytest.fixture
def village(lane: tuple[Village, Transport]) -> Village:
    """Give the three services, with events being carried between them."""
    return lane[0]


@pytest.fixture
def transport(lane: tuple[Village, Transport]) -> Transport:
    """Give what carries the events."""
    return lane[1]
