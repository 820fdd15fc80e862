"""Three nodes on SQLite files, and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.integration.approval.office import METADATA, TickingClock
from tests.integration.approval_nodes.nodes import Nodes, make_nodes
from tests.integration.copies import ENGINES, Copies
from tests.integration.listening import make_database


def _make_tables(url: str) -> None:
    make_database(url, service="reporting", metadata=METADATA, clock=TickingClock()).engine.dispose()


@pytest.fixture(scope="session")
def tables(request: pytest.FixtureRequest) -> Copies:
    return Copies("tables", _make_tables, request)


@pytest.fixture(params=ENGINES)
def nodes(request: pytest.FixtureRequest, tables: Copies) -> Iterator[Nodes]:
    made = make_nodes(partial(tables.make, request))
    yield made
    for office in made.offices.values():
        office.database.engine.dispose()
