"""Shovels that carry nothing are noticed by what waits in their queue, and made anew by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.messaging.metrics import MESSAGING
from shared.nodes import upkeep
from shared.nodes.core.nodemap import NodeMap
from shared.nodes.tables import link_trail
from shared.nodes.upkeep import Seen
from tests.province import Province, RealNode, number, volunteer
from tests.servers import RabbitServer
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.full

LATER = 120.0


class CityLines:
    """The links of 唐山, over the API of its real broker."""

    def __init__(self, province: Province) -> None:
        self._province = province
        self._api = province["tangshan"].api

    def look(self, node: str) -> Seen:
        return Seen(self._api.shovel_state(node), self._api.count_of(node))

    def repair(self, node: str) -> None:
        self._api.unlink(node)
        self._province.link("tangshan", node)


@pytest.fixture
def watched(province: Province, monkeypatch: pytest.MonkeyPatch) -> Province:
    """A province whose city looks after its shovel in seconds and not in minutes."""
    monkeypatch.setattr(upkeep, "STUCK_AFTER", timedelta(seconds=3))
    monkeypatch.setattr(upkeep, "LOOK_EVERY", 1.0)
    province["tangshan"].start_jobs(CityLines(province))
    tell(province, range(3))
    province.wait(lambda: len(province["hebei"].heard()) == 3, "the first ones")
    return province


def tell(province: Province, numbers: range) -> None:
    province["tangshan"].say("registration", *(volunteer("tangshan", serial) for serial in numbers))


def judge(province: Province, count: int) -> None:
    city, above = province["tangshan"], province["hebei"]
    province.wait(lambda: len(above.heard()) >= count, "everything", limit=LATER)
    province.wait(lambda: city.state("hebei").waiting == 0, "the receipts", limit=LATER)
    assert above.heard() == [number("tangshan", serial) for serial in range(count)]
    province.wait(lambda: city.state("hebei").queued == 0, "the queue to be seen empty", limit=LATER)
    assert city.state("hebei").repairs == 0
    assert city.state("hebei").is_well


def repairs() -> float:
    labels = {"service": "links", "node": "hebei", "outcome": "made"}
    return MESSAGING.get_sample_value("anyuan_link_repairs_total", labels) or 0.0


def noted(node: RealNode) -> set[str]:
    return {row["code"] for row in node.rows(link_trail) if row["what"] == "repaired"}


def test_a_shovel_deleted_behind_our_back_is_there_again(watched: Province) -> None:
    city, before = watched["tangshan"], repairs()
    city.api.unlink("hebei")
    watched.wait(lambda: city.state("hebei").shovel == "absent", "the look at it")
    tell(watched, range(3, 10))

    judge(watched, 10)
    assert repairs() > before
    assert noted(city)


def test_a_shovel_that_says_it_runs_and_holds_its_letters_for_ever_is_made_anew(watched: Province) -> None:
    city, above, before = watched["tangshan"], watched["hebei"], repairs()
    above.stop()
    # The exchange goes away under the shovel, which keeps what it has read and says nothing.
    above.api._ask("DELETE", f"/exchanges/{above.api._vhost}/from.tangshan").raise_for_status()
    tell(watched, range(3, 8))
    watched.wait(lambda: repairs() > before, "the first repair, which cannot help yet")
    above.start()

    judge(watched, 8)
    assert noted(city)


@pytest.fixture
def line(province: Province, rabbit: RabbitServer) -> Iterator[Proxy]:
    """The way from 唐山's shovel to the province, through a proxy."""
    proxy = Proxy(rabbit.host, rabbit.port, listens_at="0.0.0.0")  # noqa: S104  # containers come by it
    host, _, vhost = province.map.get("hebei").broker.partition("/")
    place = f"{host.rpartition(':')[0]}:{proxy.port}/{vhost}"
    nodes = [replace(node, broker=place) if node.id == "hebei" else node for node in province.map]
    city, direct = province["tangshan"], province.map.get("tangshan").broker
    source = f"amqp://{RabbitServer.username}:{city.broker_url.split('://')[1].split('@')[0].split(':')[1]}@{direct}"
    city.api.unlink("hebei")
    to = NodeMap(nodes, province.map.regions).get("hebei")
    city.api.link("tangshan", to, source=source, password="the-password-of-a-shovel")
    with proxy:
        yield proxy


def test_a_line_that_swallows_everything_is_given_up_for_one_that_carries(line: Proxy, watched: Province) -> None:
    city, before = watched["tangshan"], repairs()
    watched.wait(lambda: line.connections > 0, "the shovel to come by the proxy")
    line.freeze("there")
    tell(watched, range(3, 9))

    # The shovel made anew goes by the map, which leads past the proxy.
    judge(watched, 9)
    assert repairs() > before
    assert noted(city)


class Untouched:
    """Links that are neither looked at nor repaired."""

    def look(self, _node: str) -> Seen:
        return Seen()

    def repair(self, _node: str) -> None:
        """Leave it as it is."""


def test_what_came_to_a_broken_door_comes_again_by_itself_when_the_door_is_mended(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    city.start_jobs(Untouched())
    above.start_jobs(Untouched())
    tell(province, range(2))
    province.wait(lambda: len(above.heard()) == 2, "the first ones")
    path = f"/bindings/{above.api._vhost}/e/from.tangshan/q/from.tangshan/from.tangshan"
    above.api._ask("DELETE", path).raise_for_status()
    tell(province, range(2, 7))
    province.wait(lambda: _unroutable(above) >= 5, "letters with nowhere to go")

    above.stop()
    above.start()
    above.start_jobs(Untouched())

    province.wait(lambda: len(above.heard()) == 7, "the letters, without anybody asking", limit=LATER)
    province.wait(lambda: city.state("hebei").waiting == 0, "the receipts", limit=LATER)
    assert above.heard() == [number("tangshan", serial) for serial in range(7)]


def _unroutable(node: RealNode) -> int:
    answer = node.api._ask("GET", f"/queues/{node.api._vhost}/from.unroutable")
    return int(answer.json().get("messages", 0)) if answer.is_success else 0
