"""tx2tx with nothing but the drivers, psycopg and py-amqp: what these servers and this language allow at best.

The same writes: record and outbox row, pipelined confirms, rows marked as sent, inbox and effect in batches of 100. It
has no leader, no order of things, no retries, no poison and no outages; it ends at the first trouble.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import amqp
import psycopg

from benchmarks.events.roles import NOTE, TABLES_A, TABLES_B, Command, Where, main, produce

QUEUE = "limit"
BATCH = 100
LINGER = 0.02
_OUTBOX = (
    "CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id text NOT NULL UNIQUE,"
    " payload bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), sent_at timestamptz)"
)
_UNSENT = "CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL"
_INBOX = "CREATE TABLE inbox (event_id text PRIMARY KEY, digest bytea NOT NULL, received_at timestamptz DEFAULT now())"


def prepare(where: Where) -> None:
    """Make the tables of both services."""
    for url, statements in ((where.a, (TABLES_A, _OUTBOX, _UNSENT)), (where.b, (*TABLES_B, _INBOX))):
        with psycopg.connect(url) as connection:
            for statement in statements:
                connection.execute(statement)


def produce_commands(where: Where) -> None:
    """Commit commands."""

    @contextmanager
    def lane() -> Iterator[Command]:
        with psycopg.connect(where.a, autocommit=True) as connection:

            def command(number: int) -> None:
                event_id = str(uuid.uuid4())
                payload = json.dumps({"id": event_id, "number": number, "note": NOTE}, ensure_ascii=False).encode()
                with connection.transaction():
                    connection.execute("INSERT INTO record VALUES (%s, %s)", (number, NOTE))
                    connection.execute("INSERT INTO outbox (event_id, payload) VALUES (%s, %s)", (event_id, payload))

            yield command

    produce(lane)


def _broker(url: str) -> Any:
    parts = urlsplit(url)
    connection = amqp.Connection(
        host=f"{parts.hostname}:{parts.port}",
        userid=parts.username,
        password=parts.password,
        virtual_host=parts.path.removeprefix("/"),
    )
    connection.connect()
    connection.channel(1).queue_declare(QUEUE, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    return connection


def relay(where: Where) -> None:
    """Relay until ended."""
    broker = _broker(where.broker)
    channel = broker.channel(2)
    unconfirmed: set[int] = set()

    def confirmed(tag: int, multiple: bool) -> None:
        unconfirmed.difference_update([one for one in unconfirmed if one <= tag] if multiple else [tag])

    channel.events["basic_ack"].add(confirmed)
    channel.confirm_select()
    last = 0
    with psycopg.connect(where.a, autocommit=True) as connection:
        while True:
            rows = connection.execute(
                "SELECT id, event_id, payload FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT 500"
            ).fetchall()
            for _, event_id, payload in rows:
                last += 1
                unconfirmed.add(last)
                message = amqp.Message(payload, message_id=event_id, delivery_mode=2)
                channel.basic_publish(message, routing_key=QUEUE, mandatory=True)
            while unconfirmed:
                broker.drain_events(timeout=10)
            if rows:
                connection.execute("UPDATE outbox SET sent_at = now() WHERE id = ANY(%s)", ([row[0] for row in rows],))
            else:
                _listen(broker, LINGER)


def _listen(broker: Any, seconds: float) -> None:
    try:
        broker.drain_events(timeout=seconds)
    except TimeoutError:
        return


def consume(where: Where) -> None:
    """Apply events until ended."""
    broker = _broker(where.broker)
    channel = broker.channel(2)
    arrived: list[Any] = []
    channel.basic_qos(0, 200, False)
    channel.basic_consume(QUEUE, callback=arrived.append)
    with psycopg.connect(where.b, autocommit=True) as connection:
        while True:
            until = time.monotonic() + LINGER
            while len(arrived) < BATCH and (left := until - time.monotonic()) > 0:
                _listen(broker, left if not arrived else 0.001)
            batch = arrived[:BATCH]
            del arrived[:BATCH]
            if batch:
                _apply(connection, [message.body for message in batch])
                channel.basic_ack(batch[-1].delivery_info["delivery_tag"], multiple=True)


def _apply(connection: psycopg.Connection[Any], bodies: list[bytes]) -> None:
    events = [(json.loads(body), hashlib.sha256(body).digest()) for body in bodies]
    with connection.transaction(), connection.pipeline(), connection.cursor() as cursor:
        entering = "INSERT INTO inbox (event_id, digest) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING event_id"
        cursor.executemany(entering, [(event["id"], digest) for event, digest in events], returning=True)
        new = set()
        for _ in events:
            new.update(cursor.fetchall())
            cursor.nextset()
        numbers = [(event["number"],) for event, _ in events if (event["id"],) in new]
        cursor.executemany("INSERT INTO award VALUES (%s)", numbers)
        cursor.executemany("UPDATE tally SET n = n + 1", [()] * len(numbers))


if __name__ == "__main__":
    main({"prepare": prepare, "produce": produce_commands, "relay": relay, "consume": consume})
