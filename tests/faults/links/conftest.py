"""Three nodes on two brokers, the province's and the cities', so that each end of a link can break alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest

from shared.nodes.core.nodemap import NodeMap
from tests.province import Province, make_province, running
from tests.province.staff import make_speakers_template
from tests.servers import PostgresServer, Proxy, RabbitServer, Servers

_numbers = count(1)


@pytest.fixture(scope="package")
def lower_rabbit(servers: Servers) -> RabbitServer:
    """Give the broker of the cities."""
    return servers.rabbit()


@dataclass
class Ground:
    """The servers that a province stands on."""

    postgres: PostgresServer
    rabbit: RabbitServer
    lower_rabbit: RabbitServer
    links_template: str
    speakers_template: str

    @contextmanager
    def province(self, folder: Path) -> Iterator[Province]:
        """Run a linked province for the length of a block."""
        databases: list[str] = []
        vhosts: list[tuple[RabbitServer, str]] = []

        def new_database(name: str, template: str) -> str:
            databases.append(f"{name}_of_{next(_numbers)}")
            return self.postgres.create_database(databases[-1], template=template)

        def new_vhost(node: str) -> str:
            vhosts.append((self._broker_of(node), f"{node}-{next(_numbers)}"))
            return vhosts[-1][0].create_vhost(vhosts[-1][1])

        made = make_province(
            folder,
            rabbits=self._broker_of,
            links_database=lambda node: new_database(f"links_{node}", self.links_template),
            service_database=lambda service: new_database(service, self.speakers_template),
            vhosts=new_vhost,
            names=("hebei", "shijiazhuang", "tangshan"),
        )
        with running(made):
            yield made
        for server, name in vhosts:
            server.heal()
            server.drop_vhost(name)
        self.postgres.heal()
        for name in databases:
            self.postgres.drop_database(name)

    def _broker_of(self, node: str) -> RabbitServer:
        return self.rabbit if node == "hebei" else self.lower_rabbit


@pytest.fixture(scope="package")
def speakers_template(postgres: PostgresServer) -> str:
    """Name a database with the tables of the services of a node, to be copied."""
    return make_speakers_template(postgres)


@pytest.fixture(scope="package")
def ground(
    postgres: PostgresServer,
    rabbit: RabbitServer,
    lower_rabbit: RabbitServer,
    links_template: str,
    speakers_template: str,
) -> Ground:
    """Give the servers that every province here stands on."""
    return Ground(postgres, rabbit, lower_rabbit, links_template, speakers_template)


@pytest.fixture
def province(ground: Ground, tmp_path: Path) -> Iterator[Province]:
    """Give a province of this test's own."""
    with ground.province(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def lasting_province(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """Give one province to all tests of a file, which leave it as they find it: to make one takes longest of all."""
    with ground.province(tmp_path_factory.mktemp("lasting")) as made:
        yield made


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
