"""Streams are compared by themselves when a link comes back and when a charter is new, and a difference is told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import delete, select, update

from shared.nodes.core.letters import Letter
from shared.nodes.metrics import LinksCollector
from shared.nodes.outbound import StreamIsHeld
from shared.nodes.reconcile import hold_until_compared, resume
from shared.nodes.tables import stream_in, stream_in_log, stream_log, stream_out
from tests.integration.nodes.by_hand import End, Pair, volunteers
from tests.unit.nodes.making import NOW, event


def questions(letters: list[bytes]) -> int:
    bodies = [json.loads(Letter.parse(letter).body) for letter in letters]
    return len([body for body in bodies if body["type"] == "links.watermark.v1" and body["data"]["answer"]])


def metric(end: End, name: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(LinksCollector(end.office.database))
    other = {"tangshan": "hebei", "hebei": "tangshan"}[end.office.me]
    return registry.get_sample_value(f"anyuan_link_{name}", {"service": "links", "node": other})


@pytest.fixture
def compared(pair: Pair) -> Pair:
    """Both streams have letters and were compared."""
    pair.city.say(*volunteers(3))
    pair.city.tick()
    pair.above.tick()
    pair.carry()
    assert pair.city.state("hebei").unanswered == 0
    pair.clock.set(NOW + timedelta(minutes=1))
    pair.city.tick()
    assert questions(pair.city.letters("hebei")) == 0, "it is not asked again at once"
    return pair


def test_what_was_lost_while_the_link_was_down_is_found_when_it_is_back_and_not_an_hour_later(compared: Pair) -> None:
    city, above, clock = compared.city, compared.above, compared.clock
    clock.set(NOW + timedelta(minutes=10))
    city.say(*volunteers(5, since=3))
    city.letters("hebei")  # all of it is lost
    # Something of the province comes through: the link is back, after a silence.
    above.say(sought("A1200000010"))
    clock.set(NOW + timedelta(minutes=12))
    city.take(above.letters("tangshan"), by="hebei")

    city.tick()
    compared.carry()

    assert above.state("tangshan").taken_in == 8
    assert city.state("hebei").waiting == 0
    assert city.state("hebei").is_well


def test_letters_that_nobody_misses_are_found_without_any_other_traffic(compared: Pair) -> None:
    city, above, clock = compared.city, compared.above, compared.clock
    clock.set(NOW + timedelta(minutes=2))
    city.say(*volunteers(5, since=3))
    city.letters("hebei")
    for minute in range(3, 9):
        clock.set(NOW + timedelta(minutes=minute))
        city.tick()
        compared.carry()

    assert above.state("tangshan").taken_in == 8
    assert city.state("hebei").waiting == 0


def test_a_question_that_was_lost_is_asked_again_within_a_minute(compared: Pair) -> None:
    city, clock = compared.city, compared.clock
    city.say(*volunteers(5, since=3))
    city.letters("hebei")
    clock.set(NOW + timedelta(minutes=61))
    city.tick()
    assert questions(city.letters("hebei")) == 1, "and it is lost too"

    clock.set(NOW + timedelta(minutes=61, seconds=31))
    city.tick()
    compared.carry()

    assert compared.above.state("tangshan").taken_in == 8
    assert city.state("hebei").unanswered == 0


def test_a_long_outage_fills_no_queue_and_its_end_brings_one_answer(compared: Pair) -> None:
    city, above, clock = compared.city, compared.above, compared.clock
    waiting: list[bytes] = []
    for minutes in range(2, 24 * 60, 2):
        clock.set(NOW + timedelta(minutes=minutes))
        city.tick()
        waiting += city.letters("hebei")
    assert 23 <= questions(waiting) <= 23 + 8
    assert metric(city, "unanswered") == questions(waiting)

    above.letters("tangshan")
    above.take(waiting, by="tangshan")

    assert len(above.letters("tangshan")) == 1, "one answer to all of them"


def test_a_new_epoch_is_compared_at_once(compared: Pair) -> None:
    compared.book.begin_anew("hebei", by="张三", approved_by="李四")
    compared.clock.set(NOW + timedelta(minutes=2))
    compared.publish()

    compared.city.tick()
    compared.city.tick()

    assert questions(compared.city.letters("hebei")) == 1
    assert ("charter", "2") in compared.city.trail()


@pytest.mark.parametrize("end", ["sender", "receiver"])
def test_a_difference_is_an_alarm_in_log_trail_status_and_metric_until_it_is_gone(compared: Pair, end: str) -> None:
    city, above = compared.city, compared.above
    with above.office.database.unit_of_work() as uow:
        uow.session.execute(update(stream_in).values(hash="f" * 64))
    alarmed = city if end == "sender" else above
    asking, other = (above, "tangshan") if end == "sender" else (city, "hebei")
    asking.compare(other)
    compared.carry()

    state = alarmed.state("hebei" if alarmed is city else "tangshan")
    assert (state.differs, state.is_well) == ("hashes_differ", False)
    assert ("alarm", "hashes_differ") in alarmed.trail()
    assert metric(alarmed, "differs") == 1.0

    true_hash = head_hash(city)
    with above.office.database.unit_of_work() as uow:
        uow.session.execute(update(stream_in).values(hash=true_hash))
    compared.clock.set(NOW + timedelta(minutes=2))
    asking.compare(other)
    compared.carry()
    assert alarmed.state("hebei" if alarmed is city else "tangshan").differs is None
    assert metric(alarmed, "differs") == 0.0


def test_a_node_that_forgot_what_it_wrote_is_told_as_a_difference(compared: Pair) -> None:
    city, above = compared.city, compared.above
    with city.office.database.unit_of_work() as uow:
        uow.session.execute(delete(stream_log))
        uow.session.execute(update(stream_out).values(seq=1))
    city.compare("hebei")
    above.take(city.letters("hebei"), by="tangshan")

    assert above.state("tangshan").differs == "it_is_behind_itself"


def test_the_sender_sees_that_its_stream_was_stopped_and_that_it_goes_on(compared: Pair) -> None:
    city, above = compared.city, compared.above
    above.take([b"junk"], by="tangshan")
    compared.carry()
    assert city.state("hebei").stopped_there == "not_a_letter"
    assert not city.state("hebei").is_well
    city.say(*volunteers(2, since=3))
    compared.carry()
    assert above.count(stream_in_log) == 3

    with above.office.database.unit_of_work() as uow:
        resume(uow, above.office, "tangshan", by="赵六", reason="线路试验的残片")
    compared.carry()

    assert above.count(stream_in_log) == 5
    assert city.state("hebei").stopped_there is None
    assert ("resumed", "not_a_letter") in above.trail()


def test_a_restored_node_goes_on_behind_the_last_of_its_letters_and_not_between_two(compared: Pair) -> None:
    city, above, clock = compared.city, compared.above, compared.clock
    with city.office.database.unit_of_work() as uow:
        first = uow.session.execute(select(stream_log.c.hash).where(stream_log.c.seq == 1)).scalar_one()
        uow.session.execute(delete(stream_log).where(stream_log.c.seq > 1))
        uow.session.execute(update(stream_out).values(seq=1, hash=first))
        hold_until_compared(uow, city.office)
    compared.book.begin_anew("tangshan", by="张三", approved_by="李四")
    clock.set(NOW + timedelta(minutes=2))
    compared.publish()

    # One letter at a time, and after each the services have something to say.
    refused = 0
    load = city.letters("hebei")
    while load:
        above.take(load, by="tangshan")
        for letter in above.letters("tangshan"):
            try:
                city.say(*volunteers(1, since=3))
            except StreamIsHeld:
                refused += 1
            city.take([letter], by="hebei")
        load = city.letters("hebei")

    assert refused >= 3, "before the first of two lost letters came back, between them, and before it was the last"
    city.say(*volunteers(1, since=3))
    compared.carry()
    state = above.state("tangshan")
    assert (state.epoch_taken_in, state.taken_in, state.stopped) == (2, 1, None)
    assert above.count(stream_in_log) == 4


def head_hash(end: End) -> str:
    with end.office.database.reading() as session:
        return str(session.execute(select(stream_out.c.hash)).scalar_one())


def sought(volunteer_number: str) -> bytes:
    """What the province says to the volunteer's home."""
    data = {"volunteer_number": volunteer_number, "name": "张三", "region": "130000"}
    return event("volunteer.sought", data, node="hebei", service="records")
