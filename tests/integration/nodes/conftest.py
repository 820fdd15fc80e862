"""Four nodes on one broker, each with a virtual host and a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from services.launcher.parts import LINKS, SERVICES
from shared.storage.migrations import upgrade
from tests.integration.databases import Databases
from tests.integration.nodes.by_hand import Pair, made_pair
from tests.province import Province, all_services, make_province, running
from tests.province.staff import make_speakers_template
from tests.servers import PostgresServer, RabbitServer


@pytest.fixture
def pair(tmp_path: Path, databases: Databases) -> Iterator[Pair]:
    """Give two nodes whose letters are carried by hand."""
    with made_pair(tmp_path, databases) as made:
        yield made


@pytest.fixture(scope="package")
def speakers_template(postgres: PostgresServer) -> str:
    """Name a database with the tables of the services of a node, to be copied."""
    return make_speakers_template(postgres)


@pytest.fixture
def province(
    tmp_path: Path,
    rabbit: RabbitServer,
    new_database: Callable[..., str],
    new_vhost: Callable[[str], str],
    links_template: str,
    speakers_template: str,
) -> Iterator[Province]:
    made = make_province(
        tmp_path,
        rabbits=lambda _: rabbit,
        links_database=lambda _node: new_database("links", template=links_template),
        service_database=lambda service: new_database(service, template=speakers_template),
        vhosts=new_vhost,
    )
    with running(made):
        yield made


@pytest.fixture(scope="session")
def service_templates(postgres: PostgresServer, links_template: str) -> Mapping[str, str]:
    """Databases with their tables, by service, that each node gets copies of: to make tables takes long."""
    made = {service: f"{service}_of_a_whole_province" for service in SERVICES}
    for service, name in made.items():
        upgrade(service, postgres.create_database(name))
    return {**made, LINKS: links_template}


@pytest.fixture
def whole(
    tmp_path: Path,
    rabbit: RabbitServer,
    new_database: Callable[..., str],
    new_vhost: Callable[[str], str],
    service_templates: Mapping[str, str],
) -> Iterator[Province]:
    """Give all services at all nodes, with their links."""

    def database_of(service: str) -> str:
        return new_database(service, template=service_templates[service])

    made = make_province(
        tmp_path,
        rabbits=lambda _: rabbit,
        links_database=lambda _: database_of(LINKS),
        service_database=database_of,
        vhosts=new_vhost,
        staffing=all_services,
    )
    with running(made):
        yield made
