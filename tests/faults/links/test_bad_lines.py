"""A line between two nodes that is down for long, slow and thin, silent in one direction, or cut in a dialogue."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.nodes.tables import stream_in_log
from tests.faults.checker import check_streams
from tests.faults.scale import scaled, times
from tests.faults.settling import at_rest
from tests.province import Province, number, volunteer
from tests.servers import Proxy, RabbitServer
from tests.servers.proxy import Direction
from tests.waiting import wait_until

PATIENCE = 150.0
ENDS_LETTERS = {"x-message-ttl", "x-expires", "x-max-length", "x-max-length-bytes"}
"""What would make a queue throw away what waited for long."""


def tell(province: Province, numbers: range) -> None:
    for serial in numbers:
        province["tangshan"].say("registration", volunteer("tangshan", serial))


def judge(province: Province, count: int) -> None:
    above = province["hebei"]
    province.wait(lambda: len(above.heard()) >= count, "everything", limit=PATIENCE)
    province.wait(lambda: province["tangshan"].state("hebei").waiting == 0, "the receipts", limit=PATIENCE)
    assert above.heard() == [number("tangshan", serial) for serial in range(count)]
    assert len(above.rows(stream_in_log)) == count
    assert at_rest(lambda: check_streams(province.links_urls())).faults == []


@pytest.mark.fault(
    "MP9",
    "F-24",
    inject="cut the line between two nodes while both work, and kill -9 both brokers meanwhile",
    holds="both nodes go on, no letter ends by its age, and healed, each is taken in once, in order, and receipted",
)
@pytest.mark.slow
def test_a_line_that_is_down_for_long_costs_nothing_but_time(
    province: Province, line: Proxy, rabbit: RabbitServer, lower_rabbit: RabbitServer
) -> None:
    count = times("outage_events")
    city, above = province["tangshan"], province["hebei"]
    tell(province, range(5))
    province.wait(lambda: len(above.heard()) == 5, "what came before")
    line.refuse()
    line.break_all()
    down_until = time.monotonic() + scaled("outage")
    city.say("registration", *(volunteer("tangshan", serial) for serial in range(5, count)))
    above.say("registration", volunteer("hebei", 1))
    with ThreadPoolExecutor() as pool:
        for server in (rabbit, lower_rabbit):
            pool.submit(server.kill)
    with ThreadPoolExecutor() as pool:
        for server in (rabbit, lower_rabbit):
            pool.submit(server.start)
    province.wait(lambda: city.state("hebei").written == count, "every letter to be written", limit=PATIENCE)
    assert city.heard() == [number("tangshan", serial) for serial in range(count)], "its own services go on"
    province.wait(lambda: number("hebei", 1) in above.heard(), "those of the province too")
    assert len(above.heard()) == 6
    queue = city.api._ask("GET", f"/queues/{city.api._vhost}/to.hebei").json()
    assert queue["arguments"].keys().isdisjoint(ENDS_LETTERS)
    assert not queue.get("effective_policy_definition")

    wait_until(lambda: time.monotonic() >= down_until, limit=900, what="the end of the outage")
    line.accept()

    province.wait(lambda: len(above.heard()) >= count + 1, "everything", limit=PATIENCE)
    province.wait(lambda: city.state("hebei").waiting == 0, "the receipts", limit=PATIENCE)
    came = [each for each in above.heard() if each != number("hebei", 1)]
    assert came == [number("tangshan", serial) for serial in range(count)]
    assert at_rest(lambda: check_streams(province.links_urls())).faults == []


@pytest.mark.fault(
    "F-16",
    inject="a line between two nodes with 300 ms of latency and 64 kbit a second",
    holds="every letter arrives in time, and none is taken for dead",
)
@pytest.mark.full
def test_a_slow_and_thin_line_carries_everything_in_time(province: Province, line: Proxy) -> None:
    line.latency, line.rate = 0.3, 64_000 / 8
    line.break_all()
    tell(province, range(30))

    judge(province, 30)
    assert line.connections > 0


@pytest.mark.fault(
    "F-15",
    inject="let nothing pass in one direction of the line between two nodes",
    holds="heartbeats end the connection, a new one is tried, and everything arrives once",
)
@pytest.mark.full
@pytest.mark.parametrize("silent", ["there", "back"])
def test_a_line_that_falls_silent_in_one_direction_is_noticed_and_heals(
    province: Province, line: Proxy, silent: Direction
) -> None:
    tell(province, range(5))
    province.wait(lambda: len(province["hebei"].heard()) == 5, "the first ones")
    before = line.connections
    line.freeze(silent)
    tell(province, range(5, 10))

    # Heartbeats of ten seconds end the connection from one side; a new one is tried again and again.
    province.wait(lambda: line.connections > before, "a new connection", limit=60)
    line.thaw()

    judge(province, 10)


@pytest.mark.fault(
    "F-17",
    inject="cut the line between two nodes after so many bytes, at every place of a dialogue",
    holds="no letter is lost or doubled",
)
@pytest.mark.full
def test_a_line_cut_anywhere_in_a_dialogue_neither_loses_nor_doubles(province: Province, line: Proxy) -> None:
    told = 0
    for cut_after in range(600, 5_000, 350):
        line.cut_each_after = cut_after
        line.break_all()
        seen = line.connections
        tell(province, range(told, told + 2))
        told += 2
        province.wait(lambda seen=seen: line.connections > seen, "the cut", limit=60)  # type: ignore[misc]  # the loop's own value
    line.heal()

    province.link("tangshan", "hebei")
    judge(province, told)
