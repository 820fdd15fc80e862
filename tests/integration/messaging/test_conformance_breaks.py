"""What every transport must bear: cut connections, restarts, outages, several listeners, stops at any moment."""

from __future__ import annotations

import threading

import pytest

from shared.messaging import held
from tests.integration.messaging.transports import OverRabbit, Transport
from tests.integration.messaging.village import Village


def test_an_outage_of_the_database_in_the_middle_of_a_batch_costs_no_try(
    village: Village, transport: Transport
) -> None:
    transport.stop()
    village.note(*((f"thing-{index}", 1) for index in range(20)))
    village.outages = 3
    transport.start()
    village.wait_written(20, "mirror")
    assert village.outages == 0
    assert len(village.written()) == 20
    assert village.held() == []


def test_what_was_delivered_and_not_acknowledged_comes_again(village: Village, transport: Transport) -> None:
    if not transport.features.connections:
        pytest.skip("there is no connection to cut")
    village.note(("warm", 1))
    village.wait_written(1, "mirror")
    village.gate.clear()
    village.waiting.clear()
    village.note(*((f"thing-{index}", 1) for index in range(30)))
    assert village.waiting.wait(30)
    assert isinstance(transport, OverRabbit)
    village.wait(transport.connections, "the broker to know its connections")
    transport.cut()
    village.gate.set()
    village.note(*((f"thing-{index}", 2) for index in range(30)))
    village.wait_written(61, "mirror")
    assert len(village.written()) == 61
    assert all(village.numbers(f"thing-{index}") == [1, 2] for index in range(30))
    assert village.held() == []


def test_a_broker_that_is_killed_and_started_again_is_connected_to_again(
    village: Village, transport: Transport
) -> None:
    if not transport.features.broker:
        pytest.skip("there is no broker to kill")
    village.note(("a", 1))
    village.wait_written(1, "mirror")
    restarting = threading.Thread(target=transport.restart_broker)
    restarting.start()
    number = 1
    while restarting.is_alive():
        number += 1
        village.note(("a", number), (f"b{number}", 1))
        restarting.join(0.1)
    village.wait_written(2 * number - 1, "mirror")
    assert village.numbers("a") == list(range(1, number + 1))
    assert len(village.written()) == 2 * number - 1


def test_each_of_several_listeners_hears_everything_and_waits_for_no_other(
    village: Village, transport: Transport
) -> None:
    transport.stop()
    village.welcome()
    village.failing.add(("thing-3", 1))
    transport.start()
    for number in range(1, 4):
        village.note(*((f"thing-{index}", number) for index in range(10)))
    village.wait_written(30, "newcomer")
    village.wait_written(27)
    assert [state for state in village.states() if state == held.RETRY] == [held.RETRY]
    for index in range(10):
        assert [number for _, number in village.written("newcomer", thing=f"thing-{index}")] == [1, 2, 3]


def test_closing_from_several_threads_while_everybody_works_loses_nothing(
    village: Village, transport: Transport
) -> None:
    def write(lane: int) -> None:
        for number in range(1, 41):
            village.note((f"lane-{lane}", number))

    writers = [threading.Thread(target=write, args=(lane,)) for lane in range(3)]
    closers = [threading.Thread(target=transport.stop) for _ in range(3)]
    for thread in writers:
        thread.start()
    village.wait_written(10)
    for thread in closers:
        thread.start()
    for thread in [*writers, *closers]:
        thread.join(60)
        assert not thread.is_alive()
    transport.start()
    village.wait_written(120, "mirror")
    assert len(village.written()) == 120
    assert all(village.numbers(f"lane-{lane}") == list(range(1, 41)) for lane in range(3))
    assert village.held() == []
