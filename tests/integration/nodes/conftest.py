"""Four nodes on one broker, each with a virtual host and a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.databases import Databases
from tests.integration.nodes.by_hand import Pair, made_pair
from tests.province import Province, make_province, running
from tests.servers import RabbitServer


@pytest.fixture
def pair(tmp_path: Path, databases: Databases) -> Iterator[Pair]:
    """Give two nodes whose letters are carried by hand."""
    with made_pair(tmp_path, databases) as made:
        yield made


@pytest.fixture
def province(
    tmp_path: Path,
    rabbit: RabbitServer,
    new_database: Callable[..., str],
    new_vhost: Callable[[str], str],
    links_template: str,
) -> Iterator[Province]:
    def links_database(_node: str) -> str:
        return new_database("links", template=links_template)

    made = make_province(
        tmp_path,
        rabbits=lambda _: rabbit,
        links_database=links_database,
        service_database=new_database,
        vhosts=new_vhost,
    )
    with running(made):
        yield made
