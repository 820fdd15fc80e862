"""`anyuan events backfill` on a node that has told the main story."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from services.launcher.cli import main
from services.launcher.parts import SERVICES, reactions_of
from shared.clock import SystemClock
from shared.messaging import StoredOutbox
from shared.messaging.embedded import Courier
from shared.storage import Database
from shared.storage.database import make_engine
from tests.telling import ToldStory

KNOWN = "SELECT number, account_id, name, region FROM known_volunteer ORDER BY number"


@pytest.fixture
def folder(told_story: ToldStory, tmp_path: Path) -> Path:
    shutil.copytree(told_story.folder, tmp_path / "node")
    return tmp_path / "node"


@pytest.fixture
def databases(folder: Path) -> Iterator[dict[str, Database]]:
    made = {
        service: Database(
            make_engine(f"sqlite:///{folder}/{service}.db"), clock=SystemClock(), outbox=StoredOutbox(service, "hebei")
        )
        for service in SERVICES
    }
    yield made
    for database in made.values():
        database.engine.dispose()


def rows(folder: Path, service: str, statement: str) -> list[Any]:
    with closing(sqlite3.connect(folder / f"{service}.db")) as connection:
        return connection.execute(statement).fetchall()


def tell(*words: str) -> str:
    done = CliRunner().invoke(main, ["events", "backfill", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_listener_is_told_what_is_now_and_hears_it_like_anything_else(
    folder: Path, databases: dict[str, Database]
) -> None:
    before = rows(folder, "awards", KNOWN)
    assert before
    posts = rows(folder, "registration", "SELECT count(*) FROM post WHERE state <> 'proposed'")[0][0]

    said = tell("awards", "--data", str(folder))

    assert f"{'registration.post.changed.v1':<44} {posts:>8}" in said
    assert "records.hours.credited.v1" in said
    assert "only from now on" in said
    told = rows(folder, "registration", "SELECT listener, payload FROM outbox WHERE listener IS NOT NULL")
    assert {listener for listener, _ in told} == {"awards"}
    names = {
        json.loads(payload)["data"]["volunteer_number"] for _, payload in told if b"volunteer.registered" in payload
    }
    assert names == {number for number, *_ in before}

    with closing(sqlite3.connect(folder / "awards.db", isolation_level=None)) as connection:
        connection.execute("UPDATE known_volunteer SET name = 'forgotten'")
    courier = Courier(databases, {service: reactions_of(service) for service in SERVICES})
    while courier.carry_once():
        pass
    assert rows(folder, "awards", KNOWN) == before
    for service in SERVICES:
        assert rows(folder, service, "SELECT reason FROM held_event") == []


def test_only_the_named_publisher_tells(folder: Path) -> None:
    said = tell("registration", "--from", "awards", "--data", str(folder))
    assert "awards.star.granted.v1" in said
    assert "registration.post.changed.v1" not in said


def test_a_name_that_is_no_services_is_refused(folder: Path) -> None:
    done = CliRunner().invoke(main, ["events", "backfill", "nobody", "--data", str(folder)])
    assert done.exit_code == 1
    assert "没有名为 nobody 的服务" in done.output
