"""tx2tx in faststream-outbox: its outbox and relay, RabbitMQ, and an inbox by hand, which it leaves to its users.

The settings are the ones its documentation gives for throughput: several workers, large fetches, deletes in batches,
LISTEN/NOTIFY by asyncpg. The queue is durable, messages are persistent, and publishing waits for the broker's confirm.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from typing import Any

from faststream import FastStream
from faststream.rabbit import QueueType, RabbitBroker, RabbitQueue
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.events.roles import NOTE, TABLES_A, TABLES_B, Where, answer, main

WORKERS = 10
_INBOX = "CREATE TABLE inbox (event_id text PRIMARY KEY, received_at timestamptz DEFAULT now())"
_QUEUE = RabbitQueue("faststream", durable=True, queue_type=QueueType.QUORUM)

metadata = MetaData()
outbox = make_outbox_table(metadata, table_name="outbox")


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=2 * WORKERS)


def prepare(where: Where) -> None:
    """Make the tables of both services."""

    async def make() -> None:
        for url, statements in ((where.a, [TABLES_A]), (where.b, [*TABLES_B, _INBOX])):
            async with _engine(url).begin() as connection:
                if url == where.a:
                    await connection.run_sync(metadata.create_all)
                for statement in statements:
                    await connection.execute(text(statement))

    asyncio.run(make())


def produce_commands(where: Where) -> None:
    """Commit commands as standard input asks for them."""

    async def serve() -> None:
        engine = _engine(where.a)
        broker = OutboxBroker(engine, outbox_table=outbox)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            answer(await _take_turn(engine, broker, **json.loads(line)))

    asyncio.run(serve())


async def _take_turn(
    engine: AsyncEngine, broker: Any, *, numbers: list[int], connections: int, rate: float
) -> dict[str, float]:
    begun = time.monotonic()
    queue = iter(enumerate(numbers))

    async def work() -> None:
        for place, number in queue:
            if rate:
                await asyncio.sleep(max(0.0, begun + place / rate - time.monotonic()))
            async with engine.begin() as connection:
                await connection.execute(text("INSERT INTO record VALUES (:i, :note)"), {"i": number, "note": NOTE})
                body = {"id": str(uuid.uuid4()), "number": number, "note": NOTE}
                await broker.publish(body, queue="approvals", session=connection)

    await asyncio.gather(*(work() for _ in range(connections)))
    return {"begun": begun, "seconds": time.monotonic() - begun}


def relay(where: Where) -> None:
    """Relay until told to stop."""
    outgoing = OutboxBroker(_engine(where.a), outbox_table=outbox)
    rabbit = RabbitBroker(where.broker)

    @rabbit.publisher(_QUEUE, persist=True)
    @outgoing.subscriber(
        "approvals",
        max_workers=WORKERS,
        fetch_batch_size=100,
        min_fetch_interval=0.02,
        max_fetch_interval=0.2,
        terminal_flush_batch_size=100,
    )
    async def forward(body: dict[str, Any]) -> dict[str, Any]:
        return body

    async def connect() -> None:
        await rabbit.connect()
        await rabbit.declare_queue(_QUEUE)

    asyncio.run(FastStream(outgoing, logger=None, on_startup=[connect]).run())


def consume(where: Where) -> None:
    """Apply events until told to stop."""
    rabbit = RabbitBroker(where.broker)
    engine = _engine(where.b)

    @rabbit.subscriber(_QUEUE)
    async def apply(body: dict[str, Any]) -> None:
        async with engine.begin() as connection:
            entering = text("INSERT INTO inbox (event_id) VALUES (:id) ON CONFLICT DO NOTHING RETURNING event_id")
            entered = await connection.execute(entering, {"id": body["id"]})
            if entered.first() is not None:
                await connection.execute(text("INSERT INTO award VALUES (:i)"), {"i": body["number"]})
                await connection.execute(text("UPDATE tally SET n = n + 1"))

    asyncio.run(FastStream(rabbit, logger=None).run())


if __name__ == "__main__":
    main({"prepare": prepare, "produce": produce_commands, "relay": relay, "consume": consume})
