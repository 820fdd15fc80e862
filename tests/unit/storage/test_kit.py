"""Instants are aware on both databases, and engines show no values in errors."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from shared.storage import InstantUTC
from shared.storage.append_only import append_only
from shared.storage.database import make_engine

SHANGHAI_NOON = datetime(2026, 9, 20, 12, 0, tzinfo=timezone(timedelta(hours=8)))
METADATA = MetaData()
THING = Table(
    "thing",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), unique=True),
    Column("at", InstantUTC),
)
KEPT = Table("kept", METADATA, Column("id", Integer, primary_key=True))
append_only(KEPT)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path}/kit.db")
    METADATA.create_all(made)
    yield made
    made.dispose()


def test_an_instant_comes_back_in_utc(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(THING).values(id=1, at=SHANGHAI_NOON))
        found = connection.execute(select(THING.c.at)).scalar_one()
    assert found == SHANGHAI_NOON
    assert found.tzinfo is UTC


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_a_naive_instant_is_refused(name: str) -> None:
    kind, dialect = InstantUTC(), make_url(f"{name}://").get_dialect()()
    with pytest.raises(ValueError, match="aware"):
        kind.process_bind_param(SHANGHAI_NOON.replace(tzinfo=None), dialect)
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None


def test_errors_do_not_repeat_what_was_written(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(insert(THING).values(id=1, name="130123199001011234"))
        with pytest.raises(IntegrityError) as caught:
            connection.execute(insert(THING).values(id=2, name="130123199001011234"))
    assert "130123199001011234" not in str(caught.value)


@pytest.mark.parametrize("statement", ["UPDATE kept SET id = 2", "DELETE FROM kept"])
def test_an_append_only_table_takes_rows_and_gives_none_back(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(insert(KEPT).values(id=1))
        with pytest.raises(IntegrityError, match="append-only"):
            connection.execute(text(statement))


def test_a_new_file_opened_by_many_at_once_refuses_none_of_them(tmp_path: Path) -> None:
    barrier = Barrier(8)

    def open_at_once(url: str) -> str:
        engine = make_engine(url)
        barrier.wait(timeout=30)
        with engine.connect() as connection:
            mode: str = connection.execute(text("PRAGMA journal_mode")).scalar_one()
        engine.dispose()
        return mode

    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            urls = [f"sqlite:///{tmp_path}/new-{number}.db"] * 8
            assert set(pool.map(open_at_once, urls)) == {"wal"}
