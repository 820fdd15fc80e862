"""`anyuan events lag`: how far behind everything is, in one process, over a broker, and with neighbours."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from amqp import Message
from sqlalchemy import delete, insert, select

from services.launcher.processes import topology
from shared.messaging import held
from shared.messaging.rabbit import BrokerConnection, Topology, exchange_of, inbox_queue_of
from shared.messaging.tables import outbox
from shared.storage.migrations import upgrade
from tests.integration.launcher.mailroom import TYPE, Mailroom
from tests.integration.listening import open_database
from tests.servers import RabbitServer
from tests.waiting import wait_until


def lag(mailroom: Mailroom, **environment: str) -> dict[str, Any]:
    return {each["service"]: each for each in mailroom.ask("lag", **environment)}


def test_lag_tells_what_is_unsent_under_way_held_and_dead(mailroom: Mailroom) -> None:
    mailroom.failing.add("e1")
    mailroom.credit(("v1", "e1"), ("v1", "e2"))
    mailroom.clock.set(mailroom.clock.now() - timedelta(hours=1))
    mailroom.credit(("v4", "old"))
    mailroom.clock.set(mailroom.clock.now() + timedelta(hours=1))
    before = lag(mailroom)
    assert before["records"]["state"]["unsent"] == 3
    assert before["records"]["state"]["oldest_unsent_seconds"] > 3590

    mailroom.carry()
    mailroom.credit(("v5", "later"))
    mailroom.mark_sent()
    seen = lag(mailroom)
    assert seen["records"]["state"]["unsent"] == 0
    # In one process the star that awards has published and nobody has read is under way already, to awards too.
    assert seen["awards"]["underway"] == (2 if mailroom.url.startswith("sqlite") else 1)
    assert seen["notifications"]["underway"] == (5 if mailroom.url.startswith("sqlite") else 4)
    assert 3590 < seen["notifications"]["oldest_underway_seconds"] < 7200
    assert (seen["awards"]["state"]["retrying"], seen["awards"]["state"]["behind"]) == (1, 1)
    assert seen["awards"]["state"]["oldest_held_seconds"] >= 0
    assert mailroom.run("lag", "--most", "100000").exit_code == 0
    assert mailroom.run("lag", "--most", "60").exit_code == 1

    mailroom.let_die()
    assert mailroom.states() == [held.DEAD, held.BEHIND]
    assert lag(mailroom)["awards"]["state"]["dead_by_type"] == {TYPE: 1}
    assert mailroom.run("lag", "--most", "10000000").exit_code == 1
    assert "1 死信 / dead" in mailroom.run("lag").stdout


def test_lag_finds_what_is_under_way_however_much_it_is(on_postgresql_mailroom: Mailroom) -> None:
    mailroom = on_postgresql_mailroom
    mailroom.credit(*((f"v{number}", f"e{number}") for number in range(20)))
    mailroom.carry()
    mailroom.credit(*((f"w{number}", f"f{number}") for number in range(1200)))
    mailroom.mark_sent()
    seen = lag(mailroom)
    assert (seen["awards"]["underway"], seen["notifications"]["underway"]) == (1200, 1220)


def test_lag_asks_the_broker_how_deep_the_queues_are(
    on_postgresql_mailroom: Mailroom, rabbit: RabbitServer, new_vhost: Any
) -> None:
    url = new_vhost("mailroom")
    connection = BrokerConnection(url, name="test")
    whole: Topology = topology()
    connection.declare(whole)
    channel = connection.channel()
    for _ in range(3):
        channel.basic_publish(Message(b"{}"), exchange=exchange_of("records"), routing_key=TYPE)
    queue = inbox_queue_of("awards")
    wait_until(lambda: channel.queue_declare(queue, passive=True).message_count == 3, limit=20, what="three messages")
    connection.close()
    seen = lag(on_postgresql_mailroom, ANYUAN_BROKER_URL=url)
    assert seen["awards"]["queue"] == {"messages": 3, "consumers": 0}
    assert seen["awards"]["dead_queue"] == {"messages": 0, "consumers": 0}
    assert "3 (0 读 / readers)" in on_postgresql_mailroom.run("lag", ANYUAN_BROKER_URL=url).stdout
    away = on_postgresql_mailroom.run("lag", "--json", ANYUAN_BROKER_URL="amqp://guest:guest@127.0.0.1:1/")
    assert (away.exit_code, "RabbitMQ 没有回答 / RabbitMQ does not tell" in away.stderr) == (0, True)
    assert {each["queue"] for each in json.loads(away.stdout)} == {None}


def test_what_other_nodes_say_is_seen_on_a_node_with_neighbours(on_sqlite: Mailroom, tmp_path: Path) -> None:
    upgrade("links", f"sqlite:///{tmp_path}/links.db")
    event_id = on_sqlite.credit(("v1", "e1"))[0]
    links = open_database(f"sqlite:///{tmp_path}/links.db", service="links", clock=on_sqlite.clock)
    with on_sqlite.databases["records"].reading() as session:
        row = dict(session.execute(select(outbox)).mappings().one())
    with links.unit_of_work() as uow:
        uow.session.execute(insert(outbox).values(row))
    with on_sqlite.databases["records"].unit_of_work() as uow:
        uow.session.execute(delete(outbox))
    links.engine.dispose()
    charter = {"ANYUAN_CHARTER_FILE": str(tmp_path / "charter")}
    seen = lag(on_sqlite, **charter)
    assert (seen["links"]["state"]["unsent"], seen["awards"]["underway"]) == (1, 1)
    assert on_sqlite.ask("show", event_id, **charter)["published"]["service"] == "links"
    assert on_sqlite.ask("trace", event_id, **charter)["events"][0]["state"] == "unsent"
    assert "links" not in lag(on_sqlite)
    assert on_sqlite.run("show", event_id).exit_code == 1
