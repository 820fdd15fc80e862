"""The bell wakes the relay with the commit, and nothing depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shared.messaging import relay
from shared.messaging.bell import Bell, Ear
from shared.storage.database import make_engine
from shared.storage.trip import one_trip
from tests.integration.messaging.transports import OverRabbit
from tests.integration.messaging.village import Village
from tests.waiting import wait_until

MUCH_LONGER_THAN_A_TEST = 1000.0


@pytest.fixture
def engine(new_database: Callable[..., str]) -> Iterator[Engine]:
    made = make_engine(new_database("bell"))
    yield made
    made.dispose()


@pytest.fixture
def ear(engine: Engine) -> Iterator[Ear]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield Ear(connection)
        connection.invalidate()


def ring(engine: Engine, bell_: Bell, *, commits: bool = True) -> bool:
    """Pull the bell in a transaction; tell whether that asked anything of the database."""
    with Session(engine) as session:
        errands = bell_.ringing(session)
        one_trip(session, errands)
        if commits:
            session.commit()
    return bool(errands)


def test_it_rings_with_the_commit_and_what_rang_before_is_not_missed(engine: Engine, ear: Ear) -> None:
    assert not ear.has_rung()
    assert ring(engine, Bell())
    ear.wait(MUCH_LONGER_THAN_A_TEST)
    assert not ear.has_rung(), "it is heard once"


def test_it_does_not_ring_for_what_was_undone(engine: Engine, ear: Ear) -> None:
    assert ring(engine, Bell(), commits=False)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert not ear.has_rung()


def test_a_program_rings_once_in_a_while_and_not_for_every_event(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("shared.messaging.bell.time.monotonic", lambda: now[0])
    one = Bell()
    assert [ring(engine, one), ring(engine, one)] == [True, False]
    now[0] += 1.0
    assert ring(engine, one)


def test_a_session_that_is_gone_ends_the_waiting_and_says_so_with_the_next_question(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        ear = Ear(connection)
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        ear.wait(MUCH_LONGER_THAN_A_TEST)
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT 1"))


def test_an_event_of_a_quiet_moment_does_not_wait_for_the_next_look(
    rabbit_village: Village, over_rabbit: OverRabbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POLL_SECONDS", "_LONGEST_POLL_SECONDS"):
        monkeypatch.setattr(relay, name, MUCH_LONGER_THAN_A_TEST)
    sending = over_rabbit.relay()
    over_rabbit.run(sending)
    rabbit_village.wait(lambda: sending.is_leader, "the relay to lead")

    for number in (1, 2):
        rabbit_village.note(("a", number))
        rabbit_village.wait(rabbit_village.all_is_sent, "the note to leave")

    # Let it look often again, or it would not notice that it is told to stop.
    monkeypatch.undo()
    rabbit_village.note(("a", 3))
    wait_until(rabbit_village.all_is_sent, limit=30, what="the last note to leave")
