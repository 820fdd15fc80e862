"""When a shovel is made anew: by the age of what waits in its queue, and by receipts that do not come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import update

from shared.messaging.metrics import MESSAGING
from shared.messaging.tables import outbox
from shared.nodes import upkeep
from shared.nodes.metrics import LinksCollector
from shared.nodes.upkeep import Seen
from tests.integration.nodes.by_hand import Pair, volunteers
from tests.unit.nodes.making import NOW


@dataclass
class Broker:
    """What the broker says, and what was asked of it."""

    queued: int | None = None
    shovel: str = "running"
    repaired: list[str] = field(default_factory=list)
    is_away: bool = False

    def look(self, node: str) -> Seen:
        if self.is_away:
            raise OSError("connection refused")
        return Seen(self.shovel, self.queued if node == "hebei" else 0)

    def repair(self, node: str) -> None:
        self.repaired.append(node)
        if self.is_away:
            raise OSError("connection refused")


@dataclass
class Watched:
    pair: Pair
    broker: Broker

    def after(self, minutes: int) -> int:
        """How often the shovel was made anew until then."""
        self.pair.clock.set(NOW + timedelta(minutes=minutes))
        jobs = upkeep.jobs(self.pair.city.office, self.broker)
        job = next(each for each in jobs if each.name == "keep_links_moving")
        with self.pair.city.office.database.unit_of_work() as uow:
            job.work(uow)
        return len(self.broker.repaired)

    def send(self, minutes: int) -> None:
        """Let the relay have put what waits into the queue, so many minutes after the beginning."""
        with self.pair.city.office.database.unit_of_work() as uow:
            unsent = update(outbox).where(outbox.c.sent_at.is_(None))
            uow.session.execute(unsent.values(sent_at=NOW + timedelta(minutes=minutes)))


@pytest.fixture
def watched(pair: Pair) -> Watched:
    return Watched(pair, Broker())


def told(pair: Pair, name: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(LinksCollector(pair.city.office.database))
    return registry.get_sample_value(f"anyuan_link_{name}", {"service": "links", "node": "hebei"})


def repairs(outcome: str) -> float:
    labels = {"service": "links", "node": "hebei", "outcome": outcome}
    return MESSAGING.get_sample_value("anyuan_link_repairs_total", labels) or 0.0


def test_a_queue_whose_oldest_letter_is_old_has_its_shovel_made_anew(watched: Watched) -> None:
    pair, before = watched.pair, repairs("made")
    pair.city.say(*volunteers(3))
    watched.send(0)
    pair.carry()  # and all of them are receipted: only the queue tells that some came again
    watched.broker.queued = 2

    assert watched.after(4) == 0
    assert told(pair, "queued") == 2
    assert 230 < (told(pair, "queue_oldest_seconds") or 0) < 250
    assert watched.after(6) == 1
    assert repairs("made") == before + 1
    assert ("repaired", "letters_wait") in pair.city.trail()
    assert not pair.city.state("hebei").is_well

    watched.broker.queued = 0
    assert watched.after(7) == 1
    state = pair.city.state("hebei")
    assert (state.repairs, state.oldest_queued_seconds, state.is_well) == (0, None, True)


def test_a_shovel_that_the_broker_has_lost_is_made_anew_at_once(watched: Watched) -> None:
    watched.broker.shovel, watched.broker.queued = "lost", 0
    assert watched.after(0) == 1
    assert ("repaired", "shovel_lost") in watched.pair.city.trail()
    watched.broker.shovel = "absent"
    assert watched.after(10) == 1, "one that nobody asked for is not made: a neighbour may have been dismissed"


def test_a_queue_that_moves_is_left_alone_however_full_it_is(watched: Watched) -> None:
    for minute in range(0, 60, 2):
        watched.pair.city.say(*volunteers(2, since=2 * minute))
        watched.send(minute)
        # Two new ones came and two old ones went: there are always four.
        watched.broker.queued = 4
        watched.pair.clock.set(NOW + timedelta(minutes=minute))
        watched.pair.carry()
        assert watched.after(minute) == 0


def test_repairs_that_do_not_help_come_less_and_less_often(watched: Watched) -> None:
    watched.pair.city.say(*volunteers(1))
    watched.send(0)
    watched.broker.queued = 1

    seen = [watched.after(minute) for minute in range(1, 240)]

    times = [minute for minute, (before, now) in enumerate(zip([0, *seen], seen, strict=False), 1) if now > before]
    pauses = [later - earlier for earlier, later in pairwise([0, *times])]
    # The clock of the test runs on a little between two looks.
    assert [round(pause / 5) * 5 for pause in pauses] == [5, 5, 10, 20, 40, 60, 60]
    assert told(watched.pair, "waiting") == 1


@pytest.mark.parametrize("queued", [None, 1])
def test_missing_receipts_tell_where_the_queue_says_nothing(watched: Watched, queued: int | None) -> None:
    watched.pair.city.say(*volunteers(1))
    # It is in no outbox any more, and its age in the queue is counted from when it is first seen there.
    watched.broker.queued = queued

    assert watched.after(4) == 0
    assert watched.after(6) == 1
    assert ("repaired", "nothing_receipted") in watched.pair.city.trail()
    watched.pair.carry()
    watched.broker.queued = 0
    assert watched.after(30) == 1


def test_what_the_other_node_does_not_receipt_is_no_fault_of_a_shovel_that_carried_it(watched: Watched) -> None:
    watched.pair.city.say(*volunteers(1))
    watched.broker.queued = 0

    assert watched.after(60) == 0
    assert not watched.pair.city.state("hebei").is_well, "it is told all the same"


def test_a_broker_that_does_not_answer_is_asked_again_and_the_failure_is_counted(watched: Watched) -> None:
    before = repairs("failed")
    watched.pair.city.say(*volunteers(1))
    watched.broker.is_away = True

    assert watched.after(6) == 1
    assert watched.after(7) == 1
    assert watched.after(12) == 2
    assert repairs("failed") == before + 2
