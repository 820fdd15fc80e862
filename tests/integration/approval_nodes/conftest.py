"""Three nodes on SQLite files, and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.approval.office import METADATA, TickingClock
from tests.integration.approval_nodes.nodes import Nodes, make_nodes
from tests.integration.listening import make_database
from tests.servers import PostgresServer


def _make_tables(url: str) -> None:
    make_database(url, service="reporting", metadata=METADATA, clock=TickingClock()).engine.dispose()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, which is copied for each node of each test."""
    made = tmp_path_factory.mktemp("empty") / "template.sqlite"
    _make_tables(f"sqlite:///{made}")
    return made


@pytest.fixture(scope="session")
def empty_template(postgres: PostgresServer) -> str:
    """A database of PostgreSQL with all tables, which is copied for each node of each test."""
    _make_tables(postgres.create_database("empty_template"))
    return "empty_template"


@pytest.fixture(params=["sqlite", "postgresql"])
def nodes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nodes]:
    def url_of(name: str) -> str:
        if request.param == "sqlite":
            return f"sqlite:///{shutil.copy(request.getfixturevalue('empty_file'), tmp_path / f'{name}.sqlite')}"
        template = request.getfixturevalue("empty_template")
        url: str = request.getfixturevalue("new_database")(name, template=template)
        return url

    made = make_nodes(url_of)
    yield made
    for office in made.offices.values():
        office.database.engine.dispose()
