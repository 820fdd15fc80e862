"""The consumer: takes what one service listens to from its queue into its inbox, and acknowledges after the commit."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from shared.failpoints import failpoint
from shared.messaging.inbox import Delivery, Inbox
from shared.messaging.intake import LINGER_SECONDS, Arrived, Intake
from shared.messaging.pauses import Pauses
from shared.messaging.rabbit import BROKER_ERRORS, BrokerConnection, Topology, dead_queue_of, inbox_queue_of
from shared.messaging.reactions import Reactions
from shared.messaging.tables import inbox
from shared.storage import Database

log = structlog.get_logger(__name__)

RETRY_EVERY_SECONDS = 0.25
_BUSY_BATCH = 8
HOLD_SECONDS = 600.0
_STOP_SECONDS = 7.0
_OUTAGES: tuple[type[Exception], ...] = (SQLAlchemyError, *BROKER_ERRORS)


class HeldTooLong(Exception):
    """The database is away for so long that the broker should have its messages back."""


class TakesIn(Protocol):
    """Where messages go: the inbox of a service, or what stands in its place."""

    service: str

    def receive(self, deliveries: Sequence[Delivery]) -> None:
        """Take messages in; raises when it could take nothing now, and is given the same ones again."""

    def receive_dead(self, delivery: Delivery, *, reason: str) -> None:
        """Keep a message that the broker gave up delivering."""

    def retry_due(self) -> int:
        """Try again what was put off; answers how many were applied."""


class QueueConsumer(ABC):
    """The reader of one queue. Any number may run; the queue serves one at a time, so order holds."""

    def __init__(self, *, name: str, database: Database, inbox: TakesIn, broker_url: str) -> None:
        self.name = name
        self.last_beat = time.monotonic()
        self.is_consuming = False
        self._service = inbox.service
        self._database = database
        self._inbox = inbox
        self._broker_url = broker_url

    @abstractmethod
    def _open(self, connection: BrokerConnection) -> Intake:
        """Make sure that the queue exists, and begin to read it."""

    def run(self, stop: threading.Event) -> None:
        """Consume until told to stop, whatever starts or stops around it: broker, database, in any order."""
        pauses = Pauses()
        while not stop.is_set():
            self.last_beat = time.monotonic()
            try:
                self._probe()
                self._consume(stop, pauses)
            except _OUTAGES as error:
                pause = pauses.next()
                log.warning(
                    "consumer_cannot_work", service=self._service, error=repr(error), next_try_s=round(pause, 1)
                )
                stop.wait(pause)
            except HeldTooLong:
                log.warning("consumer_lets_go", service=self._service, reason="the database is away for long")
            except Exception:
                # Whatever it is, nothing unfinished was acknowledged; a consumer that ends would only be started again.
                log.exception("consumer_failed", service=self._service)
                stop.wait(pauses.next())
            finally:
                self.is_consuming = False

    def _probe(self) -> None:
        """Make sure that the database answers and has its tables, before messages are taken from the broker."""
        with self._database.reading() as session:
            session.execute(select(inbox.c.event_id).limit(1))

    def _consume(self, stop: threading.Event, pauses: Pauses) -> None:
        connection = BrokerConnection(self._broker_url, name=self.name)
        hands = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"inbox-{self._service}")
        try:
            shift = _Shift(self._open(connection), self._inbox, hands)
            self.is_consuming = True
            log.info("consumer_listens", service=self._service)
            while not stop.is_set():
                self.last_beat = time.monotonic()
                shift.go_on()
                pauses.reset()
            shift.finish()
        finally:
            # What was not acknowledged goes back to the queue, in order. The consumer is not cancelled first:
            # another one would then be served later events while we still held earlier ones.
            if stop.is_set():
                connection.close()
            else:
                connection.drop()
            hands.shutdown(wait=False, cancel_futures=True)


class Consumer(QueueConsumer):
    """One listening service."""

    def __init__(self, *, database: Database, reactions: Reactions, broker_url: str, topology: Topology) -> None:
        super().__init__(
            name=f"worker {reactions.service}",
            database=database,
            inbox=Inbox(database, reactions),
            broker_url=broker_url,
        )
        self._topology = topology.heard_by(reactions.service)

    def _open(self, connection: BrokerConnection) -> Intake:
        connection.declare(self._topology)
        return Intake(connection, queue=inbox_queue_of(self._service), dead_queue=dead_queue_of(self._service))


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of work in the database, and what to tell the broker when it is done."""

    work: Callable[[], int]
    conclude: Callable[[], None]
    must_be_done: bool = True


class _Shift:
    """The work over one connection, one piece after the other.

    A thread of its own does each piece, so that the thread that owns the connection keeps its heartbeats going
    however long that takes. While the database is away the piece at hand is tried again and again. Nothing is
    acknowledged meanwhile, so the broker stops sending when the prefetch is full, and no message loses a try.
    """

    def __init__(self, intake: Intake, inbox_: TakesIn, hands: ThreadPoolExecutor) -> None:
        self._intake = intake
        self._inbox = inbox_
        self._hands = hands
        self._piece: _Piece | None = None
        self._running: Future[int] | None = None
        self._next_retry = 0.0
        self._next_batch_at = 0.0
        self._pauses = Pauses(longest=5.0)
        self._away_since: float | None = None
        self._not_before = 0.0
        self._is_finishing = False

    def go_on(self) -> None:
        """Listen to the broker for a moment, see what the work has come to, and begin the next piece.

        :raises HeldTooLong: when the database has been away for `HOLD_SECONDS`.
        """
        if self._running is not None:
            # What matters now is the moment the work is done. Where there is room yet, what arrives meanwhile is
            # taken in, so that the next batch is as large as it can be.
            wait((self._running,), timeout=0.1 if self._intake.is_full() else 0.005)
            self._intake.listen(0.0)
        else:
            self._intake.listen()
        if self._running is not None and self._running.done():
            self._conclude(self._running)
        now = time.monotonic()
        if self._away_since is not None and now - self._away_since > HOLD_SECONDS:
            raise HeldTooLong
        if self._running is None and now >= self._not_before:
            self._begin(now)

    def finish(self) -> None:
        """Do what was handed out already, as far as the database and the time allow, and acknowledge it.

        Acknowledgements wait for the end, so that the broker sends no more than the prefetch meanwhile.
        """
        self._is_finishing = True
        until = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < until and self._away_since is None and self._has_work():
            self.go_on()
        self._intake.write_acknowledgement()

    def _has_work(self) -> bool:
        return self._running is not None or self._piece is not None or not self._intake.is_empty()

    def _begin(self, now: float) -> None:
        if self._piece is None:
            self._piece = self._next_piece(now)
        if self._piece is not None:
            self._running = self._hands.submit(self._piece.work)

    def _next_piece(self, now: float) -> _Piece | None:
        if now >= self._next_retry and not self._is_finishing:
            self._next_retry = now + RETRY_EVERY_SECONDS
            return _Piece(self._inbox.retry_due, lambda: None, must_be_done=False)
        dead = self._intake.next_dead()
        if dead is not None:
            return _Piece(lambda: self._bury(dead), lambda: self._intake.acknowledge_dead(dead))
        batch = self._next_batch(now)
        if batch:
            return _Piece(lambda: self._receive(batch), lambda: self._acknowledge(batch[-1]))
        return None

    def _next_batch(self, now: float) -> tuple[Arrived, ...]:
        """Take a few messages at once; where many come, wait for more of them, up to `LINGER_SECONDS` in all."""
        if now < self._next_batch_at and not self._intake.is_full() and not self._is_finishing:
            return ()
        batch = self._intake.next_batch()
        self._next_batch_at = now + LINGER_SECONDS if len(batch) >= _BUSY_BATCH else 0.0
        return batch

    def _receive(self, batch: tuple[Arrived, ...]) -> int:
        self._inbox.receive([Delivery(arrived.body, headers=arrived.headers) for arrived in batch])
        failpoint("consumer.after_commit")
        return len(batch)

    def _bury(self, dead: Arrived) -> int:
        self._inbox.receive_dead(Delivery(dead.body, headers=dead.headers), reason=dead.dead_because)
        return 1

    def _acknowledge(self, arrived: Arrived) -> None:
        self._intake.acknowledge(arrived, at_once=not self._is_finishing)

    def _conclude(self, running: Future[int]) -> None:
        """Tell the broker that the piece is done, or put it off when it failed."""
        piece, error = self._piece, running.exception()
        assert piece is not None
        self._running = None
        if error is not None:
            self._put_off(piece, error)
            return
        if self._away_since is not None:
            log.info("database_is_back", service=self._inbox.service)
            self._away_since = None
            self._pauses.reset()
        self._piece = None
        piece.conclude()
        if not piece.must_be_done and running.result():
            # Applying one held event may have made the next one due.
            self._next_retry = 0.0

    def _put_off(self, piece: _Piece, error: BaseException) -> None:
        """Keep the piece for another try: the inbox raises only when it could take nothing, not for a bad message."""
        pause = self._pauses.next()
        self._not_before = time.monotonic() + pause
        if self._away_since is None:
            self._away_since = time.monotonic()
            log.warning("database_is_away", service=self._inbox.service, error=repr(error))
        if not piece.must_be_done:
            self._piece = None
