"""Links that break: brokers and databases killed, queues that are gone or full, a shovel that carries nothing."""

from __future__ import annotations

import pytest

from shared.messaging.rabbit import BrokerConnection
from shared.nodes.tables import stream_in_log, stream_log
from tests.faults.checker import check_streams
from tests.faults.settling import at_rest
from tests.province import Province, RealNode, number, volunteer
from tests.servers import PostgresServer, RabbitServer

LATER = 120.0  # seconds within which everything heals by itself


def tell(node: RealNode, numbers: range) -> None:
    """Let volunteers be registered one by one."""
    for serial in numbers:
        node.say("registration", volunteer(node.name, serial))


def numbers(node: str, count: int) -> list[str]:
    return [number(node, serial) for serial in range(count)]


def judge(province: Province, city: str, count: int) -> None:
    """Wait until everything a city said has arrived in the province: in order, once, and receipted."""
    above, below = province["hebei"], province[city]
    province.wait(lambda: len(above.heard()) >= count, f"{count} volunteers", limit=LATER)
    province.wait(lambda: below.state("hebei").receipted == count, "the receipts", limit=LATER)
    assert above.heard() == numbers(city, count)
    assert [row["fate"] for row in above.rows(stream_in_log)] == ["apply"] * count
    assert len(below.rows(stream_log)) == count
    assert at_rest(lambda: check_streams(province.links_urls())).faults == []


@pytest.mark.full
@pytest.mark.parametrize("broken", ["upper", "lower", "both"])
def test_a_broker_killed_under_load_loses_nothing(
    province: Province, rabbit: RabbitServer, lower_rabbit: RabbitServer, broken: str
) -> None:
    city = province["tangshan"]
    tell(city, range(50))
    province.wait(province["hebei"].heard, "the first one")

    victims = {"upper": [rabbit], "lower": [lower_rabbit], "both": [rabbit, lower_rabbit]}[broken]
    for server in victims:
        server.kill()
    tell(city, range(50, 100))
    for server in victims:
        server.start()
    tell(city, range(100, 120))

    judge(province, "tangshan", 120)


@pytest.mark.full
def test_databases_killed_under_load_lose_nothing(province: Province, postgres: PostgresServer) -> None:
    city = province["tangshan"]
    tell(city, range(60))

    # Of every node, and in the middle of carrying; nobody can say anything meanwhile.
    postgres.kill()
    postgres.start()
    tell(city, range(60, 80))

    judge(province, "tangshan", 80)


@pytest.mark.full
def test_links_stopped_and_started_again_and_again_lose_and_double_nothing(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    for turn in range(4):
        tell(city, range(turn * 25, turn * 25 + 25))
        node = (city, above)[turn % 2]
        node.stop()
        node.start()

    judge(province, "tangshan", 100)


@pytest.mark.full
def test_a_queue_without_its_binding_keeps_letters_with_their_node(province: Province) -> None:
    city = province["tangshan"]
    vhost = city.api._vhost
    path = f"/bindings/{vhost}/e/anyuan.links/q/to.hebei/to.hebei"
    city.api._ask("DELETE", path).raise_for_status()

    tell(city, range(5))

    # The broker gives them back, the relay drops its connection, and the next one declares what is missing.
    judge(province, "tangshan", 5)


@pytest.mark.full
def test_a_full_queue_puts_letters_off_and_loses_none(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    above.stop()
    policy = {"pattern": "^from\\.tangshan$", "definition": {"max-length": 3}, "apply-to": "queues"}
    path = f"/policies/{above.api._vhost}/full"
    above.api._put(path, policy)

    tell(city, range(40))
    province.wait(lambda: city.state("hebei").written == 40, "the letters")
    above.start()
    above.api._ask("DELETE", path).raise_for_status()

    judge(province, "tangshan", 40)


@pytest.mark.full
def test_what_the_other_broker_cannot_route_is_kept_there_and_comes_again(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    # Whoever reads the queue has bound it by now, and will not bind it again before it is started again.
    tell(city, range(2))
    judge(province, "tangshan", 2)
    path = f"/bindings/{above.api._vhost}/e/from.tangshan/q/from.tangshan/from.tangshan"
    above.api._ask("DELETE", path).raise_for_status()
    tell(city, range(2, 7))
    province.wait(lambda: _messages(above, "from.unroutable") == 5, "letters with nowhere to go")

    above.stop()
    above.start()
    # What is compared before the reader has bound its queue again would have nowhere to go either.
    province.wait(lambda: above.api._ask("GET", path).is_success, "the binding")
    city.compare("hebei")

    judge(province, "tangshan", 7)


@pytest.mark.full
def test_a_shovel_that_runs_and_carries_nothing_is_made_anew(province: Province) -> None:
    city, above = province["tangshan"], province["hebei"]
    above.stop()
    # The exchange goes away under the shovel, which may say "running" for ever after.
    above.api._ask("DELETE", f"/exchanges/{above.api._vhost}/from.tangshan").raise_for_status()
    tell(city, range(5))
    province.wait(lambda: city.state("hebei").written == 5, "the letters")
    above.start()

    city.api.unlink("hebei")
    province.link("tangshan", "hebei")

    judge(province, "tangshan", 5)


def _messages(node: RealNode, queue: str) -> int:
    """Ask the broker itself: what its management knows is seconds old."""
    connection = BrokerConnection(node.broker_url, name="test")
    try:
        _, messages, _ = connection.channel().queue_declare(queue, passive=True)
        return int(messages)
    finally:
        connection.close()
