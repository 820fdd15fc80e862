"""In whatever order letters and charters come to two nodes, both agree again by themselves and soon."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from shared.nodes import reconcile
from shared.nodes.marks import RESTORED
from shared.nodes.outbound import StreamIsHeld
from shared.nodes.tables import link_trail, stream_in_log, stream_log, stream_out
from tests.integration.nodes.by_hand import End, Pair, volunteers
from tests.unit.nodes.making import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def agreeing(pair: Pair) -> Pair:
    """Three letters were receipted, both streams were compared, and a minute has passed."""
    pair.city.say(*volunteers(3))
    pair.city.tick()
    pair.above.tick()
    pair.carry()
    pair.clock.set(NOW + MINUTE)
    return pair


def restore(end: End, *, to: int) -> None:
    """Put 唐山's stream back to the place that it had at a backup, as the procedure says."""
    with end.office.database.unit_of_work() as uow:
        last = uow.session.execute(select(stream_log.c.hash).where(stream_log.c.seq == to)).scalar_one()
        uow.session.execute(delete(stream_log).where(stream_log.c.seq > to))
        uow.session.execute(update(stream_out).values(seq=to, hash=last))
        reconcile.hold_until_compared(uow, end.office)


def begin_anew(pair: Pair, *at: str) -> None:
    pair.book.begin_anew("tangshan", by="张三", approved_by="李四")
    pair.publish(*at)


def assert_goes_on(pair: Pair, *, letters: int) -> None:
    """Make sure that the next letter of 唐山 stands in its new epoch and is taken in."""
    pair.city.say(*volunteers(1, since=50))
    pair.carry()
    state = pair.above.state("tangshan")
    assert (state.epoch_taken_in, state.taken_in, state.stopped, state.is_well) == (2, 1, None, True)
    assert pair.above.count(stream_in_log) == letters
    assert (pair.city.state("hebei").waiting, pair.city.state("hebei").differs) == (0, None)


def test_what_a_node_said_before_it_was_asked_lets_no_stream_go_on(agreeing: Pair) -> None:
    city, above = agreeing.city, agreeing.above
    above.compare("tangshan")
    waiting = above.letters("tangshan")
    city.say(*volunteers(2, since=3))
    above.take(city.letters("hebei"), by="tangshan")
    waiting += above.letters("tangshan")
    agreeing.clock.set(NOW + 2 * MINUTE)
    restore(city, to=3)
    begin_anew(agreeing)

    # 省里写于丢失的两封之前的信，恢复后才到。
    city.take(waiting, by="hebei")

    assert city.state("hebei").held_because == RESTORED
    with pytest.raises(StreamIsHeld):
        city.say(*volunteers(1, since=50))
    agreeing.carry()
    assert_goes_on(agreeing, letters=6)


def test_letters_that_only_the_log_has_are_sent_again_and_the_stream_goes_on_behind_them(agreeing: Pair) -> None:
    city = agreeing.city
    city.say(*volunteers(2, since=3))
    city.letters("hebei")  # They are lost with the node's broker.
    restore(city, to=5)
    begin_anew(agreeing)

    agreeing.carry()

    assert city.state("hebei").held_because is None, "with no question after the receipts it would wait an hour"
    assert_goes_on(agreeing, letters=6)


def test_a_stream_waits_for_a_node_that_does_not_know_the_new_epoch_yet(agreeing: Pair) -> None:
    city, above = agreeing.city, agreeing.above
    restore(city, to=3)
    begin_anew(agreeing, "tangshan")
    agreeing.carry()
    assert city.state("hebei").held_because == RESTORED, "its letters would stop the stream there"

    agreeing.publish_again("hebei")
    above.tick()
    agreeing.carry()

    assert city.state("hebei").held_because is None
    assert_goes_on(agreeing, letters=4)


def test_an_answer_that_is_lost_is_asked_for_again(agreeing: Pair) -> None:
    city, above, clock = agreeing.city, agreeing.above, agreeing.clock
    restore(city, to=3)
    begin_anew(agreeing)
    above.take(city.letters("hebei"), by="tangshan")
    above.letters("tangshan")

    clock.set(NOW + 2 * MINUTE)
    city.tick()
    agreeing.carry()

    assert city.state("hebei").held_because is None
    assert_goes_on(agreeing, letters=4)


def test_an_answer_that_comes_twice_changes_nothing_the_second_time(agreeing: Pair) -> None:
    city, above = agreeing.city, agreeing.above
    restore(city, to=3)
    begin_anew(agreeing)
    above.take(city.letters("hebei"), by="tangshan")
    answers = above.letters("tangshan")
    city.take(answers, by="hebei")
    agreeing.carry()
    assert_goes_on(agreeing, letters=4)

    city.take(answers, by="hebei")
    agreeing.carry()

    assert (city.state("hebei").held_because, city.state("hebei").differs) == (None, None)
    assert city.count(link_trail, what="alarm") == 0


def test_a_charter_that_is_taken_up_with_a_letter_of_the_other_node_is_told_all_the_same(agreeing: Pair) -> None:
    city, above = agreeing.city, agreeing.above
    city.compare("hebei")
    above.take(city.letters("hebei"), by="tangshan")
    answer = above.letters("tangshan")
    agreeing.publish()

    city.take(answer, by="hebei")
    city.tick()
    agreeing.carry()

    assert (above.state("tangshan").charter_there, city.state("hebei").charter_there) == (2, 2)


def test_a_question_is_answered_though_another_letter_of_that_node_has_overtaken_it(agreeing: Pair) -> None:
    city, above, clock = agreeing.city, agreeing.above, agreeing.clock
    city.compare("hebei")
    with above.office.database.unit_of_work() as uow:
        # It has begun, and another transaction of its node answers first.
        clock.set(NOW + 2 * MINUTE)
        above.take(city.letters("hebei"), by="tangshan")
        clock.set(NOW + 3 * MINUTE)
        reconcile.compare(uow, above.office, "tangshan")
    answer, question = above.letters("tangshan")

    city.take([answer, question], by="hebei")
    agreeing.carry()
    assert above.state("tangshan").unanswered == 0

    above.compare("tangshan")
    (question,) = above.letters("tangshan")
    clock.set(NOW + 4 * MINUTE)
    above.compare("tangshan")
    city.take([*above.letters("tangshan"), question], by="hebei")
    agreeing.carry()
    assert above.state("tangshan").unanswered == 0


def test_a_node_whose_clock_was_ahead_is_heard_again_when_it_is_set_right(agreeing: Pair) -> None:
    city, above, clock = agreeing.city, agreeing.above, agreeing.clock
    clock.set(NOW + timedelta(days=1))
    above.compare("tangshan")
    ahead = above.letters("tangshan")
    clock.set(NOW + 2 * MINUTE)
    city.take(ahead, by="hebei")
    clock.set(NOW + 3 * MINUTE)
    agreeing.publish()
    above.tick()

    city.take(above.letters("tangshan"), by="hebei")

    assert city.state("hebei").charter_there == 2
