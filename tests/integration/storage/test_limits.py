"""A site that waits for its database waits only so long: for a free connection, for a lock, for a statement's end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.clock import SystemClock
from shared.http.problems import handle_problems
from shared.messaging import StoredOutbox
from shared.storage import Database, database

LIMIT_MS = 400
ENDLESS = "SELECT pg_sleep(60)"
LOCKED = "SELECT id FROM thing WHERE id = 1 FOR UPDATE"
OTHER = "SELECT id FROM thing WHERE id = 2 FOR UPDATE"


@pytest.fixture
def site(new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A site of one question, with limits of fractions of a second and one connection, or six at the most."""
    monkeypatch.setattr(database, "LOCK_TIMEOUT_MS", LIMIT_MS)
    monkeypatch.setattr(database, "STATEMENT_TIMEOUT_MS", 2 * LIMIT_MS)
    monkeypatch.setattr(database, "POOL_TIMEOUT_SECONDS", LIMIT_MS / 1000)
    engine = database.make_engine(new_database("limits"), pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE thing (id integer PRIMARY KEY)"))
        connection.execute(text("INSERT INTO thing VALUES (1), (2)"))
    app = Flask("limits")
    app.config["DATABASE"] = Database(engine, clock=SystemClock(), outbox=StoredOutbox("limits", "hebei"))
    handle_problems(app)

    @app.get("/<path:statement>")
    def ask(statement: str) -> str:
        with app.config["DATABASE"].reading() as session:
            session.execute(text(statement))
        return "done"

    yield app
    engine.dispose()


def asked(site: Flask, statement: str) -> tuple[TestResponse, float]:
    begun = time.monotonic()
    answer = site.test_client().get(f"/{statement}")
    return answer, time.monotonic() - begun


def refused_in_time(site: Flask, statement: str, *, after_ms: int) -> None:
    answer, seconds = asked(site, statement)
    assert answer.status_code == 503, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    assert after_ms / 1000 <= seconds < after_ms / 1000 + 2


@pytest.mark.fault(
    "F-14",
    inject="ask for what never ends, and for a row whose lock is held, with limits of fractions of a second",
    holds="the statement's and the lock's limits give a clean 503, and all others are served meanwhile",
)
def test_neither_a_statement_nor_a_lock_is_waited_for_without_end(site: Flask) -> None:
    with site.config["DATABASE"].reading() as holder:
        holder.execute(text(LOCKED))
        refused_in_time(site, LOCKED, after_ms=LIMIT_MS)
        assert asked(site, OTHER)[0].status_code == 200
    refused_in_time(site, ENDLESS, after_ms=2 * LIMIT_MS)

    assert asked(site, LOCKED)[0].status_code == 200


@pytest.mark.fault(
    "F-14",
    inject="hold every connection of a site's pool",
    holds="who needs one is answered with a clean 503 when the limit is over, and served once one is free",
)
def test_a_pool_that_is_used_up_refuses_in_time_and_heals(site: Flask) -> None:
    with ExitStack() as held:
        for _ in range(1 + database.POOL_OVERFLOW):
            held.enter_context(site.config["DATABASE"].reading()).execute(text("SELECT 1"))
        refused_in_time(site, OTHER, after_ms=LIMIT_MS)

    assert asked(site, OTHER)[0].status_code == 200
