"""Notifications on a database of its own: a SQLite file, and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from services.notifications.app import METADATA, SERVICE, reactions
from services.notifications.model import Message
from shared.clock import FixedClock
from shared.storage import Database
from tests.integration.copies import ENGINES, Copies
from tests.integration.listening import Listener, make_database, open_database

NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)


def _make_tables(url: str) -> None:
    make_database(url, service=SERVICE, metadata=METADATA, clock=FixedClock(NOW)).engine.dispose()


@pytest.fixture(scope="session")
def copies(request: pytest.FixtureRequest) -> Copies:
    return Copies("notifications", _make_tables, request)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, copies: Copies) -> Iterator[Database]:
    made = open_database(copies.make(request), service=SERVICE, clock=FixedClock(NOW))
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
