"""Which outbox rows go out next, and what happens to those that the broker refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from shared.messaging import sending
from shared.messaging.tables import outbox
from shared.messaging.watch import messaging_state, waiting
from shared.storage import Database
from tests.unit.messaging.events import Colour, Sample

SAMPLE = Sample(
    sample_id="a",
    count=1,
    ratio=Decimal(1),
    on=date(2026, 3, 1),
    at=datetime(2026, 3, 1, tzinfo=UTC),
    is_good=True,
    colour=Colour.BLUE,
    size="large",
    lines=(),
    names=(),
)


def publish(database: Database, *things: str) -> None:
    with database.unit_of_work() as uow:
        for thing in things:
            uow.publish(replace(SAMPLE, sample_id=thing))


def ready(database: Database, now: datetime) -> list[str]:
    with database.reading() as session:
        rows = sending.next_rows(session, now, limit=100)
        return [f"{row.aggregate_id}{row.id}" for row in rows]


def refuse(database: Database, *row_ids: int, times: int = 1) -> None:
    for _ in range(times):
        with database.unit_of_work() as uow:
            sending.count_refusals(uow.session, dict.fromkeys(row_ids, "nack"), now=uow.now)


def test_rows_go_out_in_the_order_of_their_ids_and_only_once(database: Database, now: datetime) -> None:
    publish(database, "a", "b", "a")
    assert ready(database, now) == ["a1", "b2", "a3"]
    with database.unit_of_work() as uow:
        sending.mark_sent(uow.session, [1, 3], now=uow.now)
    assert ready(database, now) == ["b2"]


def test_a_row_that_turns_up_late_with_a_smaller_id_is_not_passed_over(database: Database, now: datetime) -> None:
    publish(database, "a", "b", "c")
    with database.unit_of_work() as uow:
        sending.mark_sent(uow.session, [2, 3], now=uow.now)
    assert ready(database, now) == ["a1"]


def test_a_refused_row_waits_and_holds_back_the_later_ones_of_its_thing(database: Database, now: datetime) -> None:
    publish(database, "a", "b", "a", "c")
    refuse(database, 1)
    assert ready(database, now) == ["b2", "c4"]
    assert ready(database, now + timedelta(seconds=10)) == ["a1", "b2", "a3", "c4"]


def test_pauses_grow_with_every_refusal(database: Database, now: datetime) -> None:
    publish(database, "a")
    refuse(database, 1, times=6)
    assert ready(database, now + timedelta(seconds=30)) == []
    assert ready(database, now + timedelta(minutes=2)) == ["a1"]


def test_a_row_refused_too_often_is_parked_with_its_reason_and_still_holds_back(
    database: Database, now: datetime
) -> None:
    publish(database, "a", "a", "b")
    refuse(database, 1, times=sending.MOST_ATTEMPTS)
    later = now + timedelta(days=1)
    assert ready(database, later) == ["b3"]
    with database.reading() as session:
        assert session.scalars(select(outbox.c.parked_reason).where(outbox.c.id == 1)).one() == "nack"
        state = waiting(session, now)
    assert (state.unsent, state.parked) == (3, 1)


def test_a_parked_row_is_tried_once_an_hour_or_when_somebody_says_so(database: Database, now: datetime) -> None:
    publish(database, "a", "a")
    refuse(database, 1, times=sending.MOST_ATTEMPTS)
    with database.unit_of_work() as uow:
        assert sending.release_parked(uow.session, now=now + timedelta(minutes=59)) == 0
        assert sending.release_parked(uow.session, now=now + timedelta(minutes=61)) == 1
    assert ready(database, now + timedelta(minutes=61)) == ["a1", "a2"]
    refuse(database, 1)
    assert ready(database, now + timedelta(days=1)) == []
    with database.unit_of_work() as uow:
        assert sending.release_parked(uow.session, now=now, at_once=True) == 1
    assert ready(database, now) == ["a1", "a2"]


def test_old_sent_rows_go_and_unsent_ones_never(database: Database, now: datetime) -> None:
    publish(database, "a", "b", "c")
    with database.unit_of_work() as uow:
        sending.mark_sent(uow.session, [1, 2], now=uow.now)
    just_before, after = now + timedelta(days=7), now + timedelta(days=7, seconds=1)
    with database.unit_of_work() as uow:
        assert sending.prune_sent(uow.session, now=just_before) == 0
        assert sending.prune_sent(uow.session, now=after, limit=1) == 1
        assert sending.prune_sent(uow.session, now=after + timedelta(days=900)) == 1
    assert ready(database, now) == ["c3"]


def test_the_state_counts_what_was_ever_published_and_how_old_the_oldest_unsent_is(
    database: Database, now: datetime
) -> None:
    publish(database, "a", "b", "a")
    with database.unit_of_work() as uow:
        sending.mark_sent(uow.session, [1], now=now)
    with database.reading() as session:
        state = messaging_state(session, now + timedelta(seconds=90))
    assert (state.published, state.received) == (3, 0)
    assert (state.waiting.unsent, state.waiting.oldest_unsent_seconds) == (2, 90.0)
    assert (state.waiting.retrying, state.waiting.behind, state.waiting.dead) == (0, 0, 0)
