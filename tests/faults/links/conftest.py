"""Three nodes on two brokers, the province's and the cities', so that each end of a link can break alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from shared.nodes.core.nodemap import NodeMap
from tests.province import Province, make_province, running
from tests.servers import Proxy, RabbitServer, Servers

_numbers = count(1)


@pytest.fixture(scope="package")
def lower_rabbit(servers: Servers) -> RabbitServer:
    """Give the broker of the cities."""
    return servers.rabbit()


@pytest.fixture
def province(
    tmp_path: Path,
    rabbit: RabbitServer,
    lower_rabbit: RabbitServer,
    new_database: Callable[..., str],
    links_template: str,
) -> Iterator[Province]:
    def broker_of(node: str) -> RabbitServer:
        return rabbit if node == "hebei" else lower_rabbit

    made: list[tuple[RabbitServer, str]] = []

    def new_vhost(node: str) -> str:
        made.append((broker_of(node), f"{node}-{next(_numbers)}"))
        return broker_of(node).create_vhost(made[-1][1])

    def links_database(node: str) -> str:
        return new_database(f"links_{node}", template=links_template)

    province = make_province(
        tmp_path,
        rabbits=broker_of,
        links_database=links_database,
        service_database=new_database,
        vhosts=new_vhost,
        names=("hebei", "shijiazhuang", "tangshan"),
    )
    with running(province):
        yield province
    for server, name in made:
        server.heal()
        server.drop_vhost(name)


@pytest.fixture
def line(province: Province, rabbit: RabbitServer) -> Iterator[Proxy]:
    """Lead the line from 唐山 to the province through a proxy."""
    with Proxy(rabbit.host, rabbit.port, listens_at="0.0.0.0") as proxy:  # noqa: S104  # containers come by it
        host, _, vhost = province.map.get("hebei").broker.partition("/")
        place = f"{host.rpartition(':')[0]}:{proxy.port}/{vhost}"
        nodes = [replace(node, broker=place) if node.id == "hebei" else node for node in province.map]
        province.map = NodeMap(nodes, province.map.regions)
        province["tangshan"].api.unlink("hebei")
        province.link("tangshan", "hebei")
        yield proxy
        province["tangshan"].api.unlink("hebei")
