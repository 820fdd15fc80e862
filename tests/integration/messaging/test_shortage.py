"""Servers short of something: a broker without memory or disk, a full queue, a full volume, a slow listener."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy.engine import make_url

from shared.messaging import metrics, publisher
from shared.messaging.depths import depths_of
from shared.messaging.intake import PREFETCH
from shared.messaging.rabbit import inbox_queue_of
from shared.messaging.watch import waiting
from tests.faults.scale import scaled, times
from tests.integration.messaging.transports import OverRabbit
from tests.integration.messaging.village import Village
from tests.servers import RabbitServer
from tests.servers.rabbit import Resource
from tests.servers.volume import SmallVolume
from tests.waiting import wait_until

THINGS = 10
STOPS_WITHIN = 10.0  # seconds
_MEGABYTE = 1024 * 1024


@pytest.fixture
def village(rabbit_village: Village) -> Village:
    return rabbit_village


@pytest.fixture
def calm(rabbit: RabbitServer) -> Iterator[None]:
    """Give the broker what it needs again before the programs of a test are stopped."""
    yield
    rabbit.calm()


def unsent(village: Village) -> int:
    database = village.databases["shop"]
    with database.reading() as session:
        return waiting(session, database.clock.now()).unsent


def note_all(village: Village, number: int) -> None:
    village.note(*((f"thing-{index}", number) for index in range(THINGS)))


def judge(village: Village, numbers: int) -> None:
    village.wait_written(THINGS * numbers, "mirror")
    assert len(village.written()) == THINGS * numbers
    assert all(village.numbers(f"thing-{index}") == list(range(1, numbers + 1)) for index in range(THINGS))
    assert village.held() == []


@pytest.mark.fault(
    "F-08",
    "F-09",
    inject="a broker that is out of memory, or of disk, while its relay gives up waiting and connects again",
    holds="commands stay quick, no thread hangs or is added, a stop takes less than ten seconds, and nothing doubles",
)
@pytest.mark.parametrize("resource", ["memory", "disk"])
def test_a_broker_that_takes_nothing_slows_nobody_and_hangs_nobody(
    village: Village,
    over_rabbit: OverRabbit,
    rabbit: RabbitServer,
    calm: None,
    monkeypatch: pytest.MonkeyPatch,
    resource: Resource,
) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_SECONDS", 1.0)
    over_rabbit.start()
    note_all(village, 1)
    village.wait_written(THINGS, "mirror")
    threads = threading.active_count()
    rabbit.alarm(resource)
    begun = time.monotonic()
    for number in range(2, 8):
        note_all(village, number)
    assert time.monotonic() - begun < 2

    alarmed_until = time.monotonic() + scaled("alarm")
    wait_until(lambda: time.monotonic() >= alarmed_until, limit=600, what="the end of the alarm")
    assert unsent(village) > 0
    assert threading.active_count() <= threads
    begun = time.monotonic()
    over_rabbit.stop()
    assert time.monotonic() - begun < STOPS_WITHIN
    over_rabbit.start()

    rabbit.calm()
    judge(village, 7)


@pytest.mark.fault(
    "F-11",
    inject="a listener's queue that is full and refuses more",
    holds="what was refused is sent again in its order once there is room",
)
def test_a_full_queue_puts_events_off_and_keeps_their_order(
    village: Village, over_rabbit: OverRabbit, rabbit: RabbitServer
) -> None:
    path = f"/policies{urlsplit(over_rabbit.broker_url).path}/full"
    full = {"pattern": f"^{inbox_queue_of('ledger')}$", "definition": {"max-length": 3}, "apply-to": "queues"}
    rabbit.api("PUT", path, full)
    relay = over_rabbit.relay()
    over_rabbit.run(relay)
    for number in range(1, 4):
        note_all(village, number)
    before = metrics.nacked.labels("shop")._value.get()
    village.wait(lambda: metrics.nacked.labels("shop")._value.get() > before, "a refusal")
    assert unsent(village) > 0

    rabbit.api("DELETE", path)
    over_rabbit.run(over_rabbit.consumer(), over_rabbit.relay("ledger"), over_rabbit.consumer("mirror"))
    village.wait_through_retries(lambda: len(village.written("mirror")) >= 3 * THINGS, "all of them")
    judge(village, 3)


@pytest.mark.fault(
    "F-18",
    inject="fill the volume under a listener's database to the last byte, and free it",
    holds="no event loses a try or is half applied, and all are applied once when there is room",
)
def test_a_full_volume_under_a_listener_costs_nothing_but_time(
    small_volume: SmallVolume, village: Village, over_rabbit: OverRabbit
) -> None:
    engine = village.databases["ledger"].engine
    engine.dispose()
    small_volume.take_in(str(make_url(str(engine.url)).database))
    over_rabbit.start()
    note_all(village, 1)
    village.wait_written(THINGS)
    small_volume.fill()
    for number in range(2, 30):
        note_all(village, number)
    village.wait(lambda: unsent(village) == 0, "the broker to have everything")
    stuck = wait_until(lambda: _same_twice(village), limit=20, what="the listener to stand still", every=0.7)
    assert THINGS <= stuck < 29 * THINGS

    small_volume.free()

    judge(village, 29)
    engine.dispose()


def _same_twice(village: Village) -> int:
    """Answer how much is written once that has not changed for a moment."""
    before = len(village.written())
    settles_at = time.monotonic() + 0.7
    wait_until(lambda: time.monotonic() >= settles_at, limit=2, what="a moment")
    return before if len(village.written()) == before else 0


@pytest.mark.fault(
    "F-23",
    inject="a listener that does next to nothing while a backlog grows in front of it",
    holds="it holds no more than its prefetch, its memory stays flat, and its lag is told",
)
def test_a_backlog_waits_in_the_broker_and_not_in_the_listener(
    village: Village, over_rabbit: OverRabbit, rabbit: RabbitServer
) -> None:
    backlog = times("backlog")
    over_rabbit.run(over_rabbit.relay(), over_rabbit.consumer())
    village.note(("warm", 1))
    village.wait_written(1)
    village.gate.clear()
    for first in range(0, backlog, 500):
        village.note(*((f"thing-{index}", 1) for index in range(first, min(first + 500, backlog))))
    village.wait(lambda: unsent(village) < backlog // 2, "half of them to be sent")
    halfway = _resident_megabytes()
    village.wait(lambda: unsent(village) == 0, "all of them to be sent")
    path = f"/queues{urlsplit(over_rabbit.broker_url).path}/{inbox_queue_of('ledger')}"
    held = wait_until(lambda: _full_count(rabbit, path, backlog), limit=20, what="the broker to have counted")
    assert held <= PREFETCH
    assert _resident_megabytes() - halfway < 30
    depth, _ = depths_of(over_rabbit.broker_url, "ledger")
    assert depth is not None
    assert depth.messages >= backlog - PREFETCH

    village.clock.set(village.clock.now() + timedelta(minutes=10))
    village.gate.set()
    village.wait(lambda: metrics.lag_seconds.labels("ledger")._value.get() > 500, "the lag to be told")
    village.wait(lambda: len(village.written()) == backlog + 1, "the backlog to be worked off", limit=120)
    village.note(("warm", 2))
    village.wait_written(backlog + 2)
    assert metrics.lag_seconds.labels("ledger")._value.get() < 60


def _full_count(rabbit: RabbitServer, path: str, backlog: int) -> int:
    """Answer how many messages the listener holds, once the broker has counted all of them."""
    told = rabbit.api("GET", path)
    return int(told.get("messages_unacknowledged", 0)) if told.get("messages", 0) >= backlog else 0


def _resident_megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / _MEGABYTE
