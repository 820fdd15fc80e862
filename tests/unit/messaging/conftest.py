"""One service's database in a SQLite file, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import FixedClock
from shared.messaging import StoredOutbox
from shared.storage import Database, kit_metadata
from shared.storage.database import make_engine

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give the workshop's database."""
    engine = make_engine(f"sqlite:///{tmp_path}/workshop.db")
    kit_metadata.create_all(engine)
    yield Database(engine, clock=FixedClock(NOW), outbox=StoredOutbox("workshop", "hebei"))
    engine.dispose()


@pytest.fixture
def now() -> datetime:
    """Give the instant at which the clock stands."""
    return NOW
