"""Databases of both engines, for every service."""

from __future__ import annotations

import pytest

from tests.integration.serving import Databases
from tests.servers import PostgresServer


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    postgres = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return Databases(tmp_path_factory.mktemp("databases"), postgres)


@pytest.fixture(scope="session")
def on_postgresql(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Databases for what needs two transactions at once."""
    return Databases(tmp_path_factory.mktemp("databases"), postgres)
