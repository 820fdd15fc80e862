"""A line between two nodes that is slow and thin, silent in one direction, or cut in the middle of a dialogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.nodes.core.nodemap import NodeMap
from shared.nodes.tables import stream_in_log
from tests.province import Province, number, volunteer
from tests.proxy import Proxy, Weather
from tests.servers import RabbitServer

PATIENCE = 150.0


@pytest.fixture
def line(province: Province, rabbit: RabbitServer) -> Iterator[Proxy]:
    """The line from 唐山 to the province, through a proxy."""
    proxy = Proxy(rabbit.host, rabbit.port)
    host, _, vhost = province.map.get("hebei").broker.partition("/")
    place = f"{host.rpartition(':')[0]}:{proxy.port}/{vhost}"
    nodes = [replace(node, broker=place) if node.id == "hebei" else node for node in province.map]
    direct, province.map = province.map, NodeMap(nodes, province.map.regions)
    city = province["tangshan"]
    city.api.unlink("hebei")
    source = f"amqp://{RabbitServer.username}:{_password(city.broker_url)}@{direct.get('tangshan').broker}"
    city.api.link("tangshan", province.map.get("hebei"), source=source, password="the-password-of-a-shovel")
    yield proxy
    city.api.unlink("hebei")
    proxy.close()


def _password(url: str) -> str:
    return url.split("://")[1].split("@", maxsplit=1)[0].split(":")[1]


def tell(province: Province, numbers: range) -> None:
    for serial in numbers:
        province["tangshan"].say("registration", volunteer("tangshan", serial))


def judge(province: Province, count: int) -> None:
    above = province["hebei"]
    province.wait(lambda: len(above.heard()) >= count, "everything", limit=PATIENCE)
    province.wait(lambda: province["tangshan"].state("hebei").waiting == 0, "the receipts", limit=PATIENCE)
    assert above.heard() == [number("tangshan", serial) for serial in range(count)]
    assert len(above.rows(stream_in_log)) == count
    assert above.state("tangshan").stopped is None


@pytest.mark.full
def test_a_slow_and_thin_line_carries_everything_in_time(province: Province, line: Proxy) -> None:
    line.weather.delay, line.weather.rate = 0.3, 64_000 / 8
    tell(province, range(30))

    judge(province, 30)
    assert line.connections > 0


@pytest.mark.full
@pytest.mark.parametrize("silent", ["there", "back"])
def test_a_line_that_falls_silent_in_one_direction_is_noticed_and_heals(
    province: Province, line: Proxy, silent: str
) -> None:
    tell(province, range(5))
    province.wait(lambda: len(province["hebei"].heard()) == 5, "the first ones")
    before = line.connections
    line.weather.silent = "there" if silent == "there" else "back"
    tell(province, range(5, 10))

    # Heartbeats of ten seconds end the connection from one side; a new one is tried again and again.
    province.wait(lambda: line.connections > before, "a new connection", limit=60)
    line.weather.silent = None

    judge(province, 10)


@pytest.mark.full
def test_a_line_cut_anywhere_in_a_dialogue_neither_loses_nor_doubles(province: Province, line: Proxy) -> None:
    told = 0
    for cut_after in range(600, 5_000, 350):
        line.weather.cut_after = cut_after
        seen = line.connections
        tell(province, range(told, told + 2))
        told += 2
        province.wait(lambda seen=seen: line.connections > seen, "the cut", limit=60)  # type: ignore[misc]  # the loop's own value
    line.weather = Weather()

    province.link("tangshan", "hebei")
    judge(province, told)
