"""Four nodes on two brokers, the province's and the lower ones', so that each end of a link can break alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from shared.storage.migrations import upgrade
from tests.province import Province, make_province, running
from tests.servers import RabbitServer, Servers

_numbers = count(1)


@pytest.fixture(scope="package")
def lower_rabbit(servers: Servers) -> RabbitServer:
    """Give the broker of the cities and the county."""
    return servers.rabbit()


@pytest.fixture
def province(
    tmp_path: Path,
    rabbit: RabbitServer,
    lower_rabbit: RabbitServer,
    new_database: Callable[..., str],
) -> Iterator[Province]:
    def broker_of(node: str) -> RabbitServer:
        return rabbit if node == "hebei" else lower_rabbit

    made: list[tuple[RabbitServer, str]] = []

    def new_vhost(node: str) -> str:
        made.append((broker_of(node), f"{node}-{next(_numbers)}"))
        return broker_of(node).create_vhost(made[-1][1])

    def links_database(node: str) -> str:
        url = new_database(f"links_{node}")
        upgrade("links", url)
        return url

    province = make_province(
        tmp_path, rabbits=broker_of, links_database=links_database, service_database=new_database, vhosts=new_vhost
    )
    with running(province):
        yield province
    for server, name in made:
        server.heal()
        server.drop_vhost(name)
