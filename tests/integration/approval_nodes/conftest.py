"""Three nodes on SQLite files, and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.approval_nodes.nodes import Nodes, make_nodes


@pytest.fixture(params=["sqlite", "postgresql"])
def nodes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nodes]:
    def url_of(name: str) -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path}/{name}.sqlite"
        url: str = request.getfixturevalue("new_database")(name)
        return url

    made = make_nodes(url_of)
    yield made
    for office in made.offices.values():
        office.database.engine.dispose()
