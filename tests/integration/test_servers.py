"""The servers that other tests stand on do what those tests take for granted, in whichever way they run."""

import time
from collections.abc import Callable

import httpx
import psycopg
import pytest

from tests.servers import PostgresServer, RabbitServer, Servers
from tests.waiting import WaitedTooLong, wait_until


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=5) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_database_is_fresh_each_time_it_is_created(postgres: PostgresServer) -> None:
    url = postgres.create_database("fresh")
    query(url, "CREATE TABLE volunteers (name text)")
    assert query(postgres.create_database("fresh"), "SELECT to_regclass('volunteers')") == [(None,)]
    postgres.drop_database("fresh")


def test_a_database_can_begin_as_a_copy(new_database: Callable[..., str]) -> None:
    original = new_database("original")
    query(original, "CREATE TABLE volunteers (name text)")
    query(original, "INSERT INTO volunteers VALUES ('王小明')")
    copy = new_database("copy", template=original.rpartition("/")[2])
    assert query(copy, "SELECT name FROM volunteers") == [("王小明",)]


def test_postgres_is_as_durable_as_it_is_delivered(new_database: Callable[..., str]) -> None:
    url = new_database("durable")
    assert query(url, "SHOW fsync") == [("on",)]
    assert query(url, "SHOW synchronous_commit") == [("on",)]


def test_what_was_committed_is_there_after_a_power_cut(
    postgres: PostgresServer, new_database: Callable[..., str]
) -> None:
    url = new_database("power")
    query(url, "CREATE TABLE hours (value int)")
    query(url, "INSERT INTO hours VALUES (125)")
    postgres.kill()
    assert not postgres.answers()
    with pytest.raises(psycopg.OperationalError):
        query(url, "SELECT 1")
    postgres.start()
    # The same URL: ports do not change from start to start.
    assert query(url, "SELECT value FROM hours") == [(125,)]


def test_a_paused_postgres_keeps_a_query_waiting(postgres: PostgresServer, new_database: Callable[..., str]) -> None:
    url = new_database("pause")
    postgres.pause()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace("+psycopg", ""), connect_timeout=2)
    postgres.resume()
    assert query(url, "SELECT 1") == [(1,)]


def test_a_killed_server_is_healed(postgres: PostgresServer, servers: Servers) -> None:
    postgres.pause()
    postgres.kill()
    servers.heal()
    assert postgres.answers()


def test_a_second_cluster_stands_by_itself(postgres: PostgresServer, servers: Servers) -> None:
    other = servers.postgres()
    url = other.create_database("elsewhere")
    postgres.kill()
    assert query(url, "SELECT 1") == [(1,)]
    other.stop()
    other.start()
    assert query(url, "SELECT 1") == [(1,)]


def test_a_virtual_host_is_fresh_each_time_it_is_created(rabbit: RabbitServer) -> None:
    rabbit.create_vhost("county/定州")
    rabbit.api("PUT", "/queues/county%2F%E5%AE%9A%E5%B7%9E/inbox", {"durable": True})
    url = rabbit.create_vhost("county/定州")
    assert url.endswith("/county%2F%E5%AE%9A%E5%B7%9E")
    assert rabbit.api("GET", "/queues/county%2F%E5%AE%9A%E5%B7%9E") == []
    rabbit.drop_vhost("county/定州")
    with pytest.raises(httpx.HTTPStatusError):
        rabbit.api("GET", "/vhosts/county%2F%E5%AE%9A%E5%B7%9E")


def test_rabbit_keeps_a_durable_message_through_a_power_cut(
    rabbit: RabbitServer, new_vhost: Callable[[str], str]
) -> None:
    vhost = new_vhost("power").rpartition("/")[2]
    rabbit.api("PUT", f"/queues/{vhost}/inbox", {"durable": True, "arguments": {"x-queue-type": "quorum"}})
    message = {
        "properties": {"delivery_mode": 2},
        "routing_key": "inbox",
        "payload": "报告",
        "payload_encoding": "string",
    }
    wait_until(
        lambda: rabbit.api("POST", f"/exchanges/{vhost}/amq.default/publish", message)["routed"],
        limit=30,
        what="the queue to take a message",
    )
    rabbit.kill()
    assert not rabbit.answers()
    rabbit.start()
    take = {"count": 1, "ackmode": "ack_requeue_false", "encoding": "auto"}
    (received,) = wait_until(
        lambda: rabbit.api("POST", f"/queues/{vhost}/inbox/get", take),
        limit=30,
        what="the message",
        tolerate=(httpx.HTTPError,),
    )
    assert received["payload"] == "报告"


def test_a_paused_rabbit_does_not_answer(rabbit: RabbitServer) -> None:
    rabbit.pause()
    with pytest.raises(httpx.TimeoutException):
        httpx.get(f"{rabbit.management_url}/api/overview", timeout=1, trust_env=False)
    rabbit.resume()
    assert rabbit.answers()


def test_rabbit_can_move_messages_between_nodes(rabbit: RabbitServer, new_vhost: Callable[[str], str]) -> None:
    """Links between nodes are dynamic shovels, so the plugin must be there."""
    uri = new_vhost("link")
    vhost = uri.rpartition("/")[2]
    rabbit.api("PUT", f"/queues/{vhost}/to.hebei", {"durable": True, "arguments": {"x-queue-type": "quorum"}})
    shovel = {"src-protocol": "amqp091", "src-uri": uri, "src-queue": "to.hebei"}
    shovel |= {"dest-protocol": "amqp091", "dest-uri": uri, "dest-queue": "arrived", "ack-mode": "on-confirm"}
    # RabbitMQ reaches itself at its own port, which in a container is not the one outside.
    inside = f"amqp:///{vhost}"
    rabbit.api("PUT", f"/parameters/shovel/{vhost}/up", {"value": shovel | {"src-uri": inside, "dest-uri": inside}})
    wait_until(
        lambda: [link.get("state") for link in rabbit.api("GET", f"/shovels/{vhost}")] == ["running"],
        limit=30,
        what="the shovel to run",
    )


def test_waiting_returns_the_answer_and_names_what_did_not_come() -> None:
    answers = [None, "", "there"]
    assert wait_until(lambda: answers.pop(0), limit=5, what="an answer", every=0) == "there"
    nothing: dict[str, str] = {}
    started = time.monotonic()
    with pytest.raises(WaitedTooLong, match=r"waited 0\.2 s for a reply; last seen: KeyError: 'x'"):
        wait_until(lambda: nothing["x"], limit=0.2, what="a reply", tolerate=(KeyError,))
    assert time.monotonic() - started < 2
