"""The kit over a bad network: slow, cut in the middle of a frame, silent, or with connections that are half open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

import pytest

from shared.messaging import metrics, publisher
from shared.messaging import rabbit as broker
from tests.faults.scale import scaled, times
from tests.integration.messaging.transports import OverRabbit
from tests.integration.messaging.village import Village
from tests.servers import Proxy, RabbitServer
from tests.servers.proxy import Direction
from tests.waiting import wait_until

THINGS = 10


@pytest.fixture
def village(rabbit_village: Village) -> Village:
    return rabbit_village


@pytest.fixture
def proxy(rabbit: RabbitServer, over_rabbit: OverRabbit) -> Iterator[Proxy]:
    """Stand between the village and its broker."""
    with Proxy(rabbit.host, rabbit.port) as made:
        over_rabbit.broker_url = made.url_of(over_rabbit.broker_url)
        yield made
        over_rabbit.stop()


def note_all(village: Village, numbers: range) -> None:
    for number in numbers:
        village.note(*((f"thing-{index}", number) for index in range(THINGS)))


def judge(village: Village, numbers: int) -> None:
    """Everything arrived, once, in order, and no message lost a try by it."""
    village.wait_written(THINGS * numbers, "mirror")
    assert len(village.written()) == THINGS * numbers
    assert all(village.numbers(f"thing-{index}") == list(range(1, numbers + 1)) for index in range(THINGS))
    assert village.held() == []


@pytest.mark.fault(
    "MP5",
    inject="a network to the broker that takes 50 ms each way",
    holds="confirms are pipelined: hundreds of events take a few round trips, not one each",
)
def test_latency_is_paid_once_for_many_events(village: Village, over_rabbit: OverRabbit, proxy: Proxy) -> None:
    over_rabbit.start()
    village.note(("warm", 1))
    village.wait_written(1)
    proxy.latency = 0.05
    begun = time.monotonic()
    village.note(*((f"once-{index}", 1) for index in range(400)))
    village.wait_written(401)
    # One round trip each would be forty seconds.
    assert time.monotonic() - begun < 10


@pytest.mark.fault(
    "MP5",
    "F-17",
    inject="connections to the broker that break after so many bytes, in the middle of a frame",
    holds="everything arrives once and in order",
)
@pytest.mark.slow
def test_connections_that_are_cut_in_the_middle_lose_and_double_nothing(
    village: Village, over_rabbit: OverRabbit, proxy: Proxy
) -> None:
    rng = Random("cut in the middle")
    cuts = times("network_cuts")
    proxy.cut_after(*(rng.randint(4_000, 60_000) for _ in range(cuts)))
    over_rabbit.start()
    numbers = 0
    deadline = time.monotonic() + 20 * cuts
    # Connections carry little once a breach is healed, so there is something to carry until the last cut came.
    while proxy.connections < cuts and time.monotonic() < deadline:
        numbers += 1
        note_all(village, range(numbers, numbers + 1))
        # A connection must be able to carry more than what waits, or nothing is ever acknowledged over any.
        village.wait(lambda: len(village.written("mirror")) >= THINGS * (numbers - 5), "what waits", limit=15 * cuts)  # noqa: B023  # asked at once
    judge(village, numbers)
    assert proxy.connections >= cuts


@pytest.mark.fault(
    "MP5",
    inject="a network to the broker that carries nothing for a while and then goes on",
    holds="commands go on, and everything arrives once and in order",
)
@pytest.mark.slow
def test_a_silent_network_costs_nothing_but_time(village: Village, over_rabbit: OverRabbit, proxy: Proxy) -> None:
    over_rabbit.start()
    note_all(village, range(1, 4))
    village.wait_written(3 * THINGS)
    proxy.freeze()
    silent_until = time.monotonic() + scaled("silence")
    begun = time.monotonic()
    note_all(village, range(4, 10))
    assert time.monotonic() - begun < 5
    wait_until(lambda: time.monotonic() >= silent_until, limit=120, what="the end of the silence")
    proxy.thaw()
    judge(village, 9)


@pytest.mark.fault(
    "MP5",
    inject="connections of which the broker knows nothing any more and of which relay and worker hear nothing",
    holds="both notice by the missing confirms and heartbeats, connect again, and nothing is lost or doubled",
)
@pytest.mark.slow
def test_half_open_connections_are_noticed(
    village: Village, over_rabbit: OverRabbit, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "HEARTBEAT_SECONDS", 2)
    monkeypatch.setattr(publisher, "PATIENCE_SECONDS", 3.0)
    over_rabbit.start()
    note_all(village, range(1, 4))
    village.wait_written(3 * THINGS, "mirror")
    known = proxy.connections
    proxy.half_open()
    note_all(village, range(4, 10))
    judge(village, 9)
    assert proxy.connections > known


@pytest.mark.fault(
    "F-15",
    inject="a network to the broker that carries nothing in one direction, and tells nobody",
    holds="relay and worker notice within two heartbeats, connect again, and nothing is lost or doubled",
)
@pytest.mark.parametrize("silent", ["there", "back"])
def test_silence_in_one_direction_is_noticed(
    village: Village, over_rabbit: OverRabbit, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, silent: Direction
) -> None:
    monkeypatch.setattr(broker, "HEARTBEAT_SECONDS", 2)
    monkeypatch.setattr(publisher, "PATIENCE_SECONDS", 3.0)
    relay, consumer = over_rabbit.relay(), over_rabbit.consumer()
    over_rabbit.run(relay, consumer, over_rabbit.relay("ledger"), over_rabbit.consumer("mirror"))
    note_all(village, range(1, 4))
    village.wait_written(3 * THINGS, "mirror")
    proxy.freeze(silent)
    note_all(village, range(4, 7))
    # Either side looks once a second or so, and a connection that is lost is one that nothing came over twice.
    wait_until(lambda: not (relay.is_leader or consumer.is_consuming), limit=2 * 2 + 3, what="both to notice")
    proxy.thaw()
    judge(village, 6)


@pytest.mark.fault(
    "F-06",
    inject="kill -9 a broker that has taken messages and whose confirms have not arrived, and start it again",
    holds="what was not confirmed is still in the outbox, is sent again, and has one effect",
)
@pytest.mark.slow
def test_what_a_killed_broker_had_not_confirmed_is_sent_again(
    village: Village, over_rabbit: OverRabbit, proxy: Proxy, rabbit: RabbitServer
) -> None:
    over_rabbit.start()
    note_all(village, range(1, 2))
    village.wait_written(THINGS, "mirror")
    village.wait(village.all_is_sent, "every row to be sent")
    sent = metrics.published.labels("shop")._value
    before = sent.get()
    proxy.freeze("back")
    note_all(village, range(2, 3))
    village.wait(lambda: sent.get() == before + THINGS, "all to be on their way")
    assert not village.all_is_sent()

    rabbit.kill()
    # The confirms that lie in the network go down with the connection.
    proxy.break_all()
    proxy.thaw()
    rabbit.start()

    judge(village, 2)
    village.wait(village.all_is_sent, "every row to be sent")
    assert sent.get() >= before + 2 * THINGS


@pytest.mark.fault(
    "MP8",
    inject="a broker whose port refuses every connection at first",
    holds="relay and worker try again with growing pauses until it takes them",
)
def test_a_broker_that_refuses_is_asked_again(village: Village, over_rabbit: OverRabbit, proxy: Proxy) -> None:
    proxy.refuse()
    over_rabbit.start()
    note_all(village, range(1, 3))
    proxy.accept()
    judge(village, 2)
