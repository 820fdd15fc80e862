"""tx2tx in DBOS: a workflow is enqueued in the command's transaction and applies it in its one step.

The step is a transaction of the other database, in which DBOS keeps its result too. There is no broker, and DBOS
checkpoints a whole workflow for each event, which is more than the others do.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dbos import DBOS, DBOSClient, DBOSConfig, SQLAlchemyDatasource
from sqlalchemy import create_engine, text

from benchmarks.events.roles import NOTE, TABLES_A, TABLES_B, Command, Where, main, produce

QUEUE = "approvals"
CONCURRENCY = 50
_POLLING_SECONDS = 0.02


def _url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def _config(where: Where) -> DBOSConfig:
    return {
        "name": "approvals",
        "system_database_url": _url(where.a),
        "log_level": "ERROR",
        "application_version": "1",
        "sys_db_pool_size": CONCURRENCY,
    }


def prepare(where: Where) -> None:
    """Make the tables of both services."""
    for url, statements in ((where.a, [TABLES_A]), (where.b, TABLES_B)):
        with create_engine(_url(url)).begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    DBOS(config=_config(where))
    SQLAlchemyDatasource.create(_url(where.b))
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=CONCURRENCY, polling_interval_sec=_POLLING_SECONDS)
    DBOS.destroy()


def produce_commands(where: Where) -> None:
    """Commit commands."""
    client = DBOSClient(system_database_url=_url(where.a), application_name="approvals")
    engine = create_engine(_url(where.a))

    @contextmanager
    def lane() -> Iterator[Command]:
        def command(number: int) -> None:
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO record VALUES (:i, :note)"), {"i": number, "note": NOTE})
                options = {"queue_name": QUEUE, "workflow_name": "award", "workflow_id": f"award-{number}"}
                client.enqueue_in_transaction(connection, options, number, NOTE)

        yield command

    produce(lane)


def consume(where: Where) -> None:
    """Apply events until told to stop."""
    DBOS(config=_config(where))
    datasource = SQLAlchemyDatasource.create(_url(where.b), engine_kwargs={"pool_size": CONCURRENCY})

    @datasource.transaction
    def give(number: int) -> None:
        session = datasource.sql_session()
        session.execute(text("INSERT INTO award VALUES (:i)"), {"i": number})
        session.execute(text("UPDATE tally SET n = n + 1"))

    @DBOS.workflow(name="award")
    def award(number: int, _note: str) -> None:
        give(number)

    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=CONCURRENCY, polling_interval_sec=_POLLING_SECONDS)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    DBOS.destroy()


if __name__ == "__main__":
    main({"prepare": prepare, "produce": produce_commands, "consume": consume})
