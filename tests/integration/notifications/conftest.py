"""Notifications on a database of its own: a SQLite file, and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from services.notifications.app import METADATA, SERVICE, reactions
from services.notifications.model import Message
from shared.clock import FixedClock
from shared.storage import Database
from tests.integration.listening import Listener, make_database, open_database
from tests.servers import PostgresServer

NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def notifications_template(postgres: PostgresServer) -> str:
    """A database of notifications that is copied for each test: making its tables takes longer than most tests."""
    url = postgres.create_database("notifications_template")
    make_database(url, service=SERVICE, metadata=METADATA, clock=FixedClock(NOW)).engine.dispose()
    return "notifications_template"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    clock = FixedClock(NOW)
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/notifications.sqlite"
        made = make_database(url, service=SERVICE, metadata=METADATA, clock=clock)
    else:
        template = request.getfixturevalue("notifications_template")
        url = request.getfixturevalue("new_database")("notifications", template=template)
        made = open_database(url, service=SERVICE, clock=clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def listener(database: Database) -> Listener:
    return Listener(database, reactions)


@pytest.fixture
def told(database: Database) -> Callable[[], list[tuple[str, str, str]]]:
    """Answer every message as account, kind and link, in the order they were written."""

    def look() -> list[tuple[str, str, str]]:
        with database.reading() as session:
            rows = session.scalars(select(Message).order_by(Message.seq))
            return [(row.account_id, row.kind, row.link) for row in rows]

    return look
