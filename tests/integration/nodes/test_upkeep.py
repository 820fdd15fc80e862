"""What the links do with time: comparing, repairing, forgetting; two nodes driven by hand, over both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from shared.messaging.tables import inbox
from shared.nodes import reconcile
from shared.nodes.outbound import StreamIsHeld
from shared.nodes.tables import link_trail, parked_letter, quarantine, stream_in_log, stream_log
from tests.integration.nodes.by_hand import Pair, volunteers
from tests.unit.nodes.making import NOW, event


def test_letters_are_taken_in_once_and_receipted(pair: Pair) -> None:
    pair.city.say(*volunteers(3))
    pair.city.say(*volunteers(3))
    pair.carry()

    assert pair.city.count(stream_log) == 3
    assert pair.above.count(stream_in_log, fate="apply") == 3
    state = pair.city.state("hebei")
    assert (state.written, state.receipted, state.waiting, state.is_well) == (3, 3, 0, True)


def test_events_that_concern_nobody_else_are_known_and_not_written(pair: Pair) -> None:
    pair.city.say(event("post.changed", {"region": "130200"}, node="tangshan", service="registration"))

    assert (pair.city.count(inbox), pair.city.count(stream_log)) == (1, 0)


def test_what_is_no_event_is_buried_and_the_rest_is_told(pair: Pair) -> None:
    pair.city.say(b"{", *volunteers(1), b"[1]")

    assert pair.city.count(stream_log) == 1
    with pair.city.office.database.reading() as session:
        from shared.messaging.tables import held_event

        assert session.execute(select(func.count()).select_from(held_event)).scalar() == 2


def test_what_was_lost_on_the_way_is_asked_for_and_comes(pair: Pair) -> None:
    pair.city.say(*volunteers(10))
    pair.carry(losing=frozenset({0, 4, 5}))

    assert pair.above.count(stream_in_log) == 10
    assert pair.above.count(parked_letter) == 0
    assert pair.city.state("hebei").waiting == 0


def test_the_comparison_finds_what_nothing_else_would(pair: Pair) -> None:
    pair.city.say(*volunteers(3))
    pair.carry(losing=frozenset({0, 1, 2}))
    assert pair.city.state("hebei").waiting == 3

    pair.city.compare("hebei")
    pair.carry()

    assert pair.city.state("hebei").waiting == 0
    assert pair.above.trail() == [("charter", "1")], "a gap is no alarm"


def test_however_many_were_lost_one_comparison_brings_all_of_them(pair: Pair) -> None:
    pair.city.say(*volunteers(1200))
    pair.city.letters("hebei")

    pair.city.compare("hebei")
    pair.carry()

    assert pair.above.count(stream_in_log) == 1200
    assert pair.city.state("hebei").waiting == 0


def test_who_goes_on_sending_junk_fills_no_disk(pair: Pair) -> None:
    pair.above.take([f"junk {number}".encode() for number in range(50)], by="tangshan")
    pair.above.take([b"more"], by="tangshan")

    assert pair.above.count(quarantine) == 1
    assert pair.above.state("tangshan").stopped == "not_a_letter"
    assert [what for what, _ in pair.above.trail()].count("stopped") == 1


def test_a_comparison_of_long_ago_says_nothing(pair: Pair) -> None:
    pair.city.say(*volunteers(1))
    pair.city.compare("hebei")
    old = pair.city.letters("hebei")
    pair.above.take(old, by="tangshan")
    pair.city.say(*volunteers(3, since=1))
    pair.clock.set(NOW + timedelta(hours=1))
    pair.city.compare("hebei")
    pair.carry()

    pair.above.take(old, by="tangshan")

    assert [code for what, code in pair.above.trail() if what == "alarm"] == []


def test_letters_are_forgotten_ninety_days_after_their_receipt_and_never_before(pair: Pair) -> None:
    pair.city.say(*volunteers(2))
    pair.carry()
    pair.city.say(*volunteers(1, since=2))
    pair.city.letters("hebei")

    def prune(days: int) -> tuple[int, int]:
        pair.clock.set(NOW + timedelta(days=days))
        for end in (pair.city, pair.above):
            with end.office.database.unit_of_work() as uow:
                assert reconcile.prune(uow) is False
        return pair.city.count(stream_log), pair.above.count(stream_in_log)

    assert prune(89) == (3, 2)
    assert prune(91) == (1, 1), "one is not receipted, and of each stream the last one taken in stays"
    # The stream goes on where it was.
    pair.city.compare("hebei")
    pair.carry()
    assert pair.above.state("tangshan").taken_in == 3
    assert pair.city.state("hebei").waiting == 0


def test_a_held_stream_takes_no_event_and_keeps_none_from_its_queue(pair: Pair) -> None:
    pair.city.say(*volunteers(1))
    with pair.city.office.database.unit_of_work() as uow:
        reconcile.hold_until_compared(uow, pair.city.office)

    with pytest.raises(StreamIsHeld):
        pair.city.say(*volunteers(1, since=1))

    assert pair.city.count(inbox) == 1, "the event was not entered as known"


def test_the_trail_of_links_is_append_only(pair: Pair) -> None:
    pair.city.say(*volunteers(1))

    for statement in (link_trail.delete(), link_trail.update().values(code="x")):
        with pytest.raises(Exception, match="append-only"), pair.city.office.database.unit_of_work() as uow:
            uow.session.execute(statement)
    with pair.city.office.database.unit_of_work() as uow:
        uow.session.execute(insert(link_trail).values(at=NOW, node="x", what="x", code="x", detail="x"))
