"""What is special about RabbitMQ: bindings that are missing, servers that go away, several relays and workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs

from shared.failpoints import armed
from shared.messaging import held
from shared.messaging.envelope import MOST_BYTES
from shared.messaging.publisher import ConfirmingPublisher, Outgoing
from shared.messaging.rabbit import BrokerConnection, dead_queue_of
from shared.messaging.sending import SENT_ROWS_ARE_KEPT
from shared.messaging.tables import held_event, outbox
from shared.messaging.watch import waiting
from tests.integration.messaging.transports import OverRabbit
from tests.integration.messaging.village import Village
from tests.servers import PostgresServer, RabbitServer


@pytest.fixture
def village(rabbit_village: Village) -> Village:
    return rabbit_village


def unsent(village: Village, service: str = "shop") -> int:
    database = village.databases[service]
    with database.reading() as session:
        return waiting(session, database.clock.now()).unsent


def on_channel(over_rabbit: OverRabbit, work: Callable[[Any], object]) -> None:
    """Do something to the broker on a connection of its own."""
    connection = BrokerConnection(over_rabbit.broker_url, name="test")
    work(connection.channel())
    connection.close()


def test_a_relay_that_may_configure_nothing_but_its_own_exchange_sends_all_the_same(
    village: Village, over_rabbit: OverRabbit, rabbit: RabbitServer
) -> None:
    own = r"^anyuan\.shop$"
    parts = urlsplit(over_rabbit.broker_url)
    rabbit.api("PUT", "/users/shop", {"password": "secret", "tags": ""})
    rabbit.api("PUT", f"/permissions{parts.path}/shop", {"configure": own, "write": own, "read": own})
    consumer = over_rabbit.consumer()
    over_rabbit.run(consumer)
    village.wait(lambda: consumer.is_consuming, "the queue to be there")
    over_rabbit.broker_url = parts._replace(netloc=f"shop:secret@{parts.hostname}:{parts.port}").geturl()
    village.note(("a", 1))
    with capture_logs() as said:
        over_rabbit.run(over_rabbit.relay())
        village.wait_written(1)
    # That is how it is meant to run, so whoever watches the log is told nothing of it.
    assert {entry["event"] for entry in said if entry["log_level"] != "debug"} <= {"relay_leads"}
    assert "listeners_queues_not_declared" in {entry["event"] for entry in said}


def test_an_event_nobody_listens_to_is_no_fault(village: Village, over_rabbit: OverRabbit) -> None:
    village.topology = village.topology.said_by("shop")
    over_rabbit.run(over_rabbit.relay("ledger"), over_rabbit.relay("shop"), over_rabbit.consumer("ledger"))
    village.note(("a", 1))
    village.wait_written(1)
    village.wait(lambda: unsent(village, "ledger") == 0, "the unheard event to be done with")


def test_writing_goes_on_while_the_broker_is_away(
    village: Village, over_rabbit: OverRabbit, rabbit: RabbitServer
) -> None:
    over_rabbit.start()
    village.note(("a", 1))
    village.wait_written(1, "mirror")
    rabbit.kill()
    for number in range(2, 40):
        village.note(("a", number), (f"b{number}", 1))
    assert unsent(village) > 0
    rabbit.start()
    village.wait_written(77, "mirror")
    assert village.written(thing="a") == [("a", number) for number in range(1, 40)]
    assert len(village.written()) == 77
    assert village.held() == []


def test_everything_starts_before_the_broker_and_needs_no_order(
    village: Village, over_rabbit: OverRabbit, rabbit: RabbitServer
) -> None:
    rabbit.kill()
    over_rabbit.start()
    village.note(("a", 1), ("b", 1))
    rabbit.start()
    village.wait_written(2, "mirror")


def test_a_broker_that_hangs_costs_nothing_but_time(
    village: Village, over_rabbit: OverRabbit, rabbit: RabbitServer
) -> None:
    over_rabbit.start()
    village.note(("a", 1))
    village.wait_written(1)
    rabbit.pause()
    begun = time.monotonic()
    village.note(*((f"thing-{index}", 1) for index in range(30)))
    assert time.monotonic() - begun < 5
    rabbit.resume()
    village.wait_written(31, "mirror")
    assert len(village.written()) == 31


def test_an_outage_of_the_listeners_database_burns_no_retries(
    village: Village, over_rabbit: OverRabbit, postgres: PostgresServer
) -> None:
    over_rabbit.start()
    village.note(("a", 1))
    village.wait_written(1)
    name = make_url(str(village.databases["ledger"].engine.url)).database
    administrator = postgres.url_of("postgres").replace("+psycopg", "")
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        village.note(*((f"thing-{index}", 1) for index in range(300)))
        village.wait(lambda: unsent(village) == 0, "the broker to have everything")
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    village.wait_written(301)
    assert len(village.written()) == 301
    assert village.held() == []


def test_two_relays_have_one_leader_and_the_other_takes_over(village: Village, over_rabbit: OverRabbit) -> None:
    first, second = over_rabbit.relay(), over_rabbit.relay()
    running = over_rabbit.run(first)[0]
    village.wait(lambda: first.is_leader, "a leader")
    over_rabbit.run(second, over_rabbit.consumer())
    village.note(("a", 1))
    village.wait_written(1)
    assert (first.is_leader, second.is_leader) == (True, False)
    running.stop()
    village.note(("a", 2))
    village.wait_written(2)
    assert second.is_leader


def test_two_workers_of_a_service_keep_the_order_when_one_goes(village: Village, over_rabbit: OverRabbit) -> None:
    first, second = over_rabbit.consumer(), over_rabbit.consumer()
    running, _ = over_rabbit.run(first, second)
    over_rabbit.run(over_rabbit.relay())
    for number in range(1, 200):
        village.note(("a", number), (f"b{number}", 1))
    village.wait_written(50)
    running.stop()
    village.wait_written(398)
    assert len(village.written()) == 398
    assert village.written(thing="a") == [("a", number) for number in range(1, 200)]


def test_a_worker_that_fails_between_commit_and_acknowledgement_doubles_nothing(
    village: Village, over_rabbit: OverRabbit
) -> None:
    with armed("consumer.after_commit"):
        over_rabbit.start()
        village.note(("a", 1), ("b", 1))
        village.wait_written(2, "mirror")
    village.note(("a", 2))
    village.wait_written(3)
    assert village.written() == [("a", 1), ("b", 1), ("a", 2)]


def test_a_relay_that_fails_between_confirm_and_mark_doubles_nothing(village: Village, over_rabbit: OverRabbit) -> None:
    with armed("relay.after_confirm"):
        over_rabbit.start()
        village.note(("a", 1), ("b", 1))
        village.wait_written(2, "mirror")
        village.wait(lambda: unsent(village) == 0, "the rows to be marked")
    assert village.written() == [("a", 1), ("b", 1)]


def test_what_the_broker_gives_up_is_kept_with_its_reason(village: Village, over_rabbit: OverRabbit) -> None:
    village.note(("a", 1))
    body = village.bodies()[0]
    over_rabbit.run(over_rabbit.consumer())
    dead = dead_queue_of("ledger")
    connection = BrokerConnection(over_rabbit.broker_url, name="test")
    connection.declare(village.topology)
    sender = ConfirmingPublisher(connection, exchange=dead, app_id="test", stop=threading.Event())
    rows = [Outgoing(1, "x", dead, ("a", "a"), body, True), Outgoing(2, "y", dead, ("b", "b"), b"{", True)]
    assert sender.send(rows).confirmed == [1, 2]
    connection.close()
    village.wait(lambda: len(village.held()) == 2, "the dead letters")
    assert village.states() == [held.DEAD, held.DEAD]
    assert "the broker gave up" in village.held()[0][2]
    village.decide(held.replay)
    village.wait_through_retries(lambda: village.written() == [("a", 1)], "the replay")


def test_a_message_of_fifteen_megabytes_is_kept_shortened_and_the_rest_goes_on(
    village: Village, over_rabbit: OverRabbit
) -> None:
    village.smuggle(b"x" * 15_000_000, event_id="huge")
    village.note(("a", 1))
    over_rabbit.start()
    village.wait_written(1)
    assert village.states() == [held.DEAD]
    with village.databases["ledger"].reading() as session:
        assert session.execute(select(func.length(held_event.c.body))).scalar_one() == MOST_BYTES


def test_a_message_that_makes_the_broker_close_the_channel_stops_no_other(
    village: Village, over_rabbit: OverRabbit
) -> None:
    # RabbitMQ 4 answers so to more than 16 MB; 3.10 takes it, and the listener puts it aside.
    village.smuggle(b"x" * 20_000_000, event_id="huge")
    village.note(("a", 1))
    over_rabbit.start()
    village.wait_written(1)


def test_a_stop_under_load_is_quick_and_loses_nothing(village: Village, over_rabbit: OverRabbit) -> None:
    over_rabbit.start()
    for number in range(1, 30):
        village.note(*((f"thing-{index}", number) for index in range(30)))
    village.wait_written(30)
    begun = time.monotonic()
    over_rabbit.stop()
    assert time.monotonic() - begun < 10
    over_rabbit.start()
    village.wait_written(870, "mirror")
    assert len(village.written()) == 870
    assert village.held() == []


def test_rows_sent_long_ago_are_pruned(village: Village, over_rabbit: OverRabbit) -> None:
    over_rabbit.run(over_rabbit.relay())
    village.note(("a", 1))
    village.wait(lambda: unsent(village) == 0, "the row to be sent")
    over_rabbit.stop()
    village.clock.set(village.clock.now() + SENT_ROWS_ARE_KEPT + timedelta(hours=1))
    over_rabbit.run(over_rabbit.relay())

    def left() -> int:
        with village.databases["shop"].reading() as session:
            return session.execute(select(func.count()).select_from(outbox)).scalar_one()

    village.wait(lambda: left() == 0, "the old row to go")


def test_postgresql_is_told_to_clear_up_the_tables_whose_rows_come_and_go(village: Village) -> None:
    with village.databases["shop"].reading() as session:
        found = session.scalars(
            text("SELECT array_to_string(reloptions, ' ') FROM pg_class WHERE relname = ANY(:names)"),
            {"names": ["outbox", "inbox", "held_event", "inbox_mark", "stream_head"]},
        ).all()
    assert len(found) == 5
    assert all("autovacuum_vacuum_scale_factor=0.01" in (options or "") for options in found)
