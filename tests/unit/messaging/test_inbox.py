"""What counts as an outage, what is kept of an event that fails, and what is forgotten."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

import psycopg
import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.messaging import Reactions, held
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Delivery, Inbox
from shared.messaging.outages import database_is_away
from shared.messaging.periodic import INBOX_IDS_ARE_KEPT, inbox_retention
from shared.messaging.tables import held_event, inbox, inbox_mark, outbox
from shared.storage import Database, UnitOfWork
from tests.unit.messaging.events import Sample
from tests.unit.messaging.test_sending import publish


def sqlite_error(code: int) -> OperationalError:
    error = sqlite3.OperationalError("no")
    error.sqlite_errorcode = code
    return OperationalError("x", {}, error)


@pytest.mark.parametrize(
    "error",
    [
        PoolTimeout(),
        OperationalError("x", {}, psycopg.OperationalError("connection refused")),
        OperationalError("x", {}, psycopg.errors.AdminShutdown()),
        OperationalError("x", {}, psycopg.errors.CannotConnectNow()),
        OperationalError("x", {}, psycopg.errors.DiskFull()),
        OperationalError("x", {}, psycopg.errors.DeadlockDetected()),
        OperationalError("x", {}, psycopg.errors.LockNotAvailable()),
        OperationalError("x", {}, psycopg.errors.ReadOnlySqlTransaction()),
        InterfaceError("x", {}, psycopg.InterfaceError("the connection is closed")),
        sqlite_error(sqlite3.SQLITE_BUSY),
        sqlite_error(sqlite3.SQLITE_FULL),
        sqlite_error(sqlite3.SQLITE_IOERR_WRITE),
    ],
    ids=lambda error: type(getattr(error, "orig", error)).__name__,
)
def test_a_passing_outage_burns_no_retries(error: Exception) -> None:
    assert database_is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("a fault in a reaction"),
        OSError("a file that is not there"),
        ProgrammingError("x", {}, psycopg.errors.UndefinedTable()),
        OperationalError("x", {}, psycopg.errors.QueryCanceled()),
        sqlite_error(sqlite3.SQLITE_ERROR),
    ],
    ids=lambda error: type(getattr(error, "orig", error)).__name__,
)
def test_a_fault_of_the_message_counts_as_a_try(error: Exception) -> None:
    assert not database_is_away(error)


def bodies(database: Database) -> list[bytes]:
    with database.reading() as session:
        return list(session.scalars(select(outbox.c.payload).order_by(outbox.c.id)))


def listening(database: Database, *, failing: bool = False) -> tuple[Inbox, list[str]]:
    heard: list[str] = []
    reactions = Reactions("archive")

    @reactions.on(Sample)
    def _hear(_uow: UnitOfWork, sample: Sample) -> None:
        if failing:
            raise RuntimeError("a reason with \x00 and \ud800 in it")
        heard.append(sample.sample_id)

    return Inbox(database, reactions), heard


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(held_event.c.state).order_by(held_event.c.id)))


def test_a_reason_that_no_database_stores_is_made_storable(database: Database) -> None:
    publish(database, "a")
    listening(database, failing=True)[0].receive([Delivery(bodies(database)[0])])
    with database.reading() as session:
        reason = session.scalars(select(held_event.c.reason)).one()
    assert reason == "RuntimeError: a reason with \\x00 and \\ud800 in it"


def test_an_event_that_cannot_even_be_held_is_buried_and_the_rest_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(database, "a", "b")
    bad, good = bodies(database)

    def refuse(*_: object, **__: object) -> None:
        raise ValueError("cannot be stored")

    failing, _ = listening(database, failing=True)
    monkeypatch.setattr(held, "hold", refuse)
    failing.receive([Delivery(bad)])
    assert states(database) == [held.DEAD]
    inbox_, heard = listening(database)
    inbox_.receive([Delivery(good)])
    assert heard == ["b"]


def test_what_the_broker_gave_up_but_was_applied_is_only_known(database: Database) -> None:
    publish(database, "a")
    body = bodies(database)[0]
    inbox_, heard = listening(database)
    inbox_.receive([Delivery(body)])
    inbox_.receive_dead(Delivery(body), reason="the broker gave up")
    assert (heard, states(database)) == (["a"], [])


def test_replaying_out_of_order_keeps_the_order_of_the_thing(database: Database, now: datetime) -> None:
    publish(database, "a", "a")
    inbox_, heard = listening(database)
    for body in bodies(database):
        inbox_.receive_dead(Delivery(body), reason="the broker gave up")
    with database.unit_of_work() as uow:
        assert held.replay(uow, 2)
    assert states(database) == [held.DEAD, held.BEHIND]
    with database.unit_of_work() as uow:
        assert held.replay(uow, 1)
        assert not held.replay(uow, 1)
        assert not held.discard(uow, 99)
    assert (inbox_.retry_due(), inbox_.retry_due()) == (1, 1)
    assert heard == ["a", "a"]


def test_event_ids_are_forgotten_after_ninety_days_and_marks_never(database: Database, now: datetime) -> None:
    publish(database, "a")
    body = bodies(database)[0]
    inbox_, heard = listening(database)
    inbox_.receive([Delivery(body)])
    old = now - INBOX_IDS_ARE_KEPT - timedelta(seconds=1)
    with database.unit_of_work() as uow:
        rows = [{"event_id": f"old-{n}", "content_sha256": b"", "type": "t", "received_at": old} for n in range(3)]
        uow.session.execute(insert(inbox), rows)
    job = inbox_retention(limit=2)
    for more in (True, False):
        with database.unit_of_work() as uow:
            assert job.work(uow) is more
    with database.unit_of_work() as uow:
        assert uow.session.scalars(select(inbox.c.event_id)).one()
        uow.session.execute(text("DELETE FROM inbox"))
        assert uow.session.execute(select(func.count()).select_from(inbox_mark)).scalar_one() == 1
    # Even an event whose id is forgotten is not applied over what it led to.
    inbox_.receive([Delivery(body)])
    assert heard == ["a"]


def test_several_events_of_a_thing_in_one_batch_raise_its_mark_to_the_last(database: Database) -> None:
    publish(database, "a", "b", "a", "a")
    receiver, heard = listening(database)
    receiver.receive([Delivery(body) for body in bodies(database)])
    assert heard == ["a", "b", "a", "a"]
    with database.reading() as session:
        marks = {row.aggregate_id: row.version for row in session.execute(select(inbox_mark))}
    assert marks == {"a": 3, "b": 1}


@pytest.mark.parametrize("order", [(0, 2, 1), (2, 0, 1), (1, 0, 2)], ids=str)
def test_an_older_event_in_a_batch_is_not_applied_over_a_newer_one(
    database: Database, order: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(database, "a", "a", "a")
    sent = bodies(database)
    applied: list[int] = []
    receiver, _ = listening(database)
    react = Inbox._react

    def note(self: Inbox, uow: UnitOfWork, envelope: Envelope) -> None:
        react(self, uow, envelope)
        applied.append(envelope.version)

    monkeypatch.setattr(Inbox, "_react", note)
    receiver.receive([Delivery(sent[place]) for place in order])
    assert applied == sorted(applied), "versions of a thing only rise"
    assert applied[-1] == 3


def test_a_batch_behind_the_mark_of_its_thing_is_known_and_not_applied(database: Database) -> None:
    publish(database, "a", "a", "a")
    receiver, heard = listening(database)
    receiver.receive([Delivery(bodies(database)[2])])
    receiver.receive([Delivery(body) for body in bodies(database)[:2]])
    assert heard == ["a"]
    with database.reading() as session:
        assert session.scalars(select(inbox_mark.c.version)).one() == 3
        assert len(session.scalars(select(inbox.c.event_id)).all()) == 3
