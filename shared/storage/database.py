"""One service's database: PostgreSQL in production, a SQLite file in the embedded mode."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker

from shared.clock import Clock
from shared.storage.trip import wait_before_others
from shared.storage.unit_of_work import Alone, Hosting, Outbox, UnitOfWork
from shared.strict_json import compact_json
from shared.trace import current_trace

LOCK_TIMEOUT_MS = 5_000
STATEMENT_TIMEOUT_MS = 30_000
POOL_TIMEOUT_SECONDS = 10
POOL_OVERFLOW = 5
SILENCE_MS = 12_000
_BUSY_TIMEOUT_MS = 30_000
_WAL_PAUSE_SECONDS = 0.01
_RESTED_SECONDS = 2.0
_READ_ONLY = "anyuan_read_only"


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Open an engine that waits for locks only so long and never shows bound values in errors."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed, hide_parameters=True, json_serializer=compact_json, pool_size=pool_size, max_overflow=10
        )
        _prepare_sqlite(engine)
        return engine
    options = (
        f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC "
        # Questions are short, and many are asked at once: starting workers for one costs more than it gains.
        "-c max_parallel_workers_per_gather=0"
    )
    engine = create_engine(
        parsed,
        hide_parameters=True,
        json_serializer=compact_json,
        pool_size=pool_size,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        # The driver would prepare what it has seen often, and forget all that is prepared, ours too, at every rollback.
        # What is worth preparing goes through `trip`.
        # A peer that vanished without a word is noticed within half a minute, and a leader's lock comes free.
        connect_args={
            "options": options,
            "prepare_threshold": None,
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            # What was sent and is not acknowledged holds the kernel's keepalives back, for a quarter of an hour. The
            # kernel looks only when it sends again, each time after twice as long, so this may take double.
            "tcp_user_timeout": SILENCE_MS,
        },
    )
    _ask_after_rest(engine)
    wait_before_others(engine)
    return engine


def _ask_after_rest(engine: Engine) -> None:
    """Ask a pooled connection whether it still works, unless it was used a moment ago.

    The pool's own ping asks every time, which is a tenth of a short command.
    """

    @event.listens_for(engine, "checkin")
    def _rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _wake(connection: Any, record: Any, _proxy: Any) -> None:
        rested = time.monotonic() - record.info.get("rests_since", time.monotonic())
        if rested < _RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        # SQLAlchemy must begin transactions itself: the driver would begin them too late.
        connection.isolation_level = None
        for pragma in (f"busy_timeout={_BUSY_TIMEOUT_MS}", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        _change_to_wal(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred transaction that turns to writing cannot wait for the other writer, it fails at once.
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _change_to_wal(connection: sqlite3.Connection) -> None:
    """Keep the file's journal as WAL, however many connections open a new file at the same moment.

    Two that change the mode at once would wait for each other, so SQLite fails one of them without waiting.
    """
    give_up_at = time.monotonic() + _BUSY_TIMEOUT_MS / 1_000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > give_up_at:
                raise
            time.sleep(_WAL_PAUSE_SECONDS)  # noqa: TID251  # there is nothing to wait on: SQLite tells nobody
        else:
            return


class Database:
    """A service's database, the clock its transactions go by, and which regions its node hosts: alone, all of them."""

    def __init__(self, engine: Engine, *, clock: Clock, outbox: Outbox, here: Hosting | None = None) -> None:
        self.engine = engine
        self.clock = clock
        self.here = here or Alone()
        self._outbox = outbox
        self._writing = sessionmaker(engine, expire_on_commit=False)
        self._reading = sessionmaker(engine.execution_options(**{_READ_ONLY: True}), expire_on_commit=False)
        self._published: list[Callable[[], None]] = []

    def on_published(self, wake: Callable[[], None]) -> None:
        """Call this after every commit that published events, to wake whoever delivers them."""
        self._published.append(wake)

    @contextmanager
    def unit_of_work(self) -> Iterator[UnitOfWork]:
        """Open a transaction that commits when the block ends well and rolls back otherwise."""
        uow = UnitOfWork(
            session=self._writing(),
            now=self.clock.now(),
            trace=current_trace().child(),
            outbox=self._outbox,
            here=self.here,
        )
        with uow:
            yield uow
        if uow.events:
            for wake in self._published:
                wake()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session for queries; nothing it does is kept."""
        with self._reading() as session:
            yield session
