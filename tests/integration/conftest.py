"""Databases of both engines, for every service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.databases import Databases
from tests.secure import SecureBroker, make_secure_broker
from tests.servers import PostgresServer, Servers


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    postgres = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    made = Databases(tmp_path_factory.mktemp("databases"), postgres)
    yield made
    made.close()


@pytest.fixture(scope="session")
def secure_broker(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> SecureBroker:
    """A broker of its own that answers over TLS."""
    return make_secure_broker(servers, tmp_path_factory.mktemp("authorities"))


@pytest.fixture(scope="session")
def on_postgresql(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases for what needs two transactions at once."""
    made = Databases(tmp_path_factory.mktemp("databases"), postgres)
    yield made
    made.close()
