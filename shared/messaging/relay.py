"""The relay: takes one service's events from its outbox to the broker, in order, and marks those the broker has."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.contracts.base import event_class
from shared.failpoints import failpoint
from shared.messaging import metrics, sending
from shared.messaging.bell import Ear
from shared.messaging.leadership import Leadership, leadership
from shared.messaging.pauses import Pauses
from shared.messaging.publisher import ConfirmingPublisher, Outgoing
from shared.messaging.rabbit import (
    BROKER_ERRORS,
    BrokerConnection,
    Topology,
    declare_what_is_allowed,
    exchange_of,
)
from shared.storage import Database

log = structlog.get_logger(__name__)

BATCH = 500
POLL_SECONDS = 0.01
_LONGEST_POLL_SECONDS = 0.2
_BUSY_ROWS = 8
_BUSY_POLL_SECONDS = 0.03
_STANDBY_SECONDS = 0.5
_TIDY_EVERY = timedelta(minutes=1)
_OUTAGES: tuple[type[Exception], ...] = (SQLAlchemyError, *BROKER_ERRORS)


class Relay:
    """One service's relay. Any number may run; the one that holds the advisory lock works, the others stand by."""

    def __init__(self, *, database: Database, broker_url: str, service: str, topology: Topology) -> None:
        self.name = f"relay {service}"
        self.last_beat = time.monotonic()
        self.is_leader = False
        self._database = database
        self._broker_url = broker_url
        self._service = service
        self._topology = topology.said_by(service)
        self._listened = self._topology.routing_keys()
        self._next_tidy = 0.0

    def run(self, stop: threading.Event) -> None:
        """Relay until told to stop, whatever starts or stops around it: broker, database, in any order."""
        pauses = Pauses()
        while not stop.is_set():
            self.last_beat = time.monotonic()
            try:
                with leadership(self._database, f"relay.{self._service}") as lead:
                    if lead is None:
                        stop.wait(_STANDBY_SECONDS)
                        continue
                    self._lead(lead, stop, pauses)
            except _OUTAGES as error:
                pause = pauses.next()
                log.warning("relay_cannot_work", service=self._service, error=repr(error), next_try_s=round(pause, 1))
                stop.wait(pause)
            except Exception:
                # Whatever it is, the rows are still unsent; a relay that ends would only be started again.
                log.exception("relay_failed", service=self._service)
                stop.wait(pauses.next())
            finally:
                self._set_leader(False)

    def _set_leader(self, leads: bool) -> None:
        self.is_leader = leads
        metrics.leads.labels(self._service).set(leads)

    def _lead(self, lead: Leadership, stop: threading.Event, pauses: Pauses) -> None:
        """Relay over one connection until something is refused or breaks, or the lock is lost."""
        connection = BrokerConnection(self._broker_url, name=self.name)
        is_in_order = False
        try:
            self._declare(connection)
            publisher = ConfirmingPublisher(
                connection, exchange=exchange_of(self._service), app_id=self._service, stop=stop
            )
            ear = Ear(lead.connection) if lead.connection is not None else None
            self._set_leader(True)
            log.info("relay_leads", service=self._service)
            all_is_well, pause = True, POLL_SECONDS
            while all_is_well and not stop.is_set():
                begun = self.last_beat = time.monotonic()
                self._between_batches(connection)
                count, all_is_well = self.relay_once(publisher, lead)
                pauses.reset()
                self._tidy_sometimes()
                if count < BATCH and all_is_well:
                    connection.drain(0.001)
                    pause = _pause_after(count, pause)
                    rest = max(0.0, begun + pause - time.monotonic())
                    if ear is None or count >= _BUSY_ROWS:
                        stop.wait(rest)
                    else:
                        ear.wait(rest)
            is_in_order = stop.is_set()
        finally:
            # A broker that takes nothing for want of memory or disk would not answer a goodbye either.
            if is_in_order:
                connection.close()
            else:
                connection.drop()

    def _declare(self, connection: BrokerConnection) -> None:
        """Make sure that what it sends has somewhere to go."""
        declare_what_is_allowed(connection, self._topology, self._service)

    def _between_batches(self, connection: BrokerConnection) -> None:
        """Do what else the connection is needed for; of an ordinary relay nothing."""

    def relay_once(self, publisher: ConfirmingPublisher, lead: Leadership) -> tuple[int, bool]:
        """Send one batch; answers how many rows were taken up, and whether the broker took all of them.

        The rows are read and marked over the session that holds the leader's lock: it is gone with the lock.

        :raises Exception: what broke the connection, after the confirmed rows were marked.
        """
        now = self._database.clock.now()
        with lead.transaction() as session:
            rows = sending.next_rows(session, now, limit=BATCH)
        if not rows:
            return 0, True
        answers = publisher.send(
            [
                Outgoing(
                    row_id=row.id,
                    event_id=row.event_id,
                    type=row.type,
                    aggregate=(row.aggregate_type, row.aggregate_id),
                    body=bytes(row.payload),
                    mandatory=row.listener is not None or self._somebody_must_hear(row.type),
                    listener=row.listener,
                )
                for row in rows
            ]
        )
        metrics.relayed_together.labels(self._service).observe(len(rows))
        failpoint("relay.after_confirm")
        if answers.confirmed:
            with lead.transaction() as session:
                sending.mark_sent(session, answers.confirmed, now=self._database.clock.now())
        self._note_refusals(answers.refused)
        if answers.broken is not None:
            raise answers.broken
        return len(rows), not answers.refused

    def _note_refusals(self, refused: Mapping[int, str]) -> None:
        if not refused:
            return
        with self._database.unit_of_work() as uow:
            parked = sending.count_refusals(uow.session, refused, now=uow.now)
        for row_id, reason in refused.items():
            say = log.error if row_id in parked else log.warning
            say("event_not_sent", service=self._service, row=row_id, reason=reason, parked=row_id in parked)

    def _somebody_must_hear(self, routing_key: str) -> bool:
        """Tell whether an event without a queue is a fault. An event that no service listens to is none.

        One that this code does not know was written by newer code, which may have listeners this one has not.
        """
        return routing_key in self._listened or event_class(routing_key) is None

    def _tidy_sometimes(self) -> None:
        if time.monotonic() < self._next_tidy:
            return
        with self._database.unit_of_work() as uow:
            sending.release_parked(uow.session, now=uow.now)
            pruned = sending.prune_sent(uow.session, now=uow.now)
        # A long backlog of old rows is worked off a batch at a time, between the batches that are sent.
        more = pruned == sending.PRUNE_BATCH
        self._next_tidy = time.monotonic() + (0.0 if more else _TIDY_EVERY.total_seconds())


def _pause_after(count: int, last_pause: float) -> float:
    """Answer how long after one look to look again, when so many rows were found.

    A few rows are best sent at once; where many come, a little patience makes batches that cost much less each. In a
    quiet hour the database is left alone.
    """
    if count >= _BUSY_ROWS:
        return _BUSY_POLL_SECONDS
    return POLL_SECONDS if count else min(last_pause * 1.2, _LONGEST_POLL_SECONDS)
