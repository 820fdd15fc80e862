"""Taking events in: once each, in order per thing, with the effect in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.contracts.base import event_class
from shared.messaging import held, metrics
from shared.messaging.envelope import Address, Envelope, Undecodable, content_hash, decode
from shared.messaging.many import put_new, together
from shared.messaging.marks import raise_mark, raising_marks
from shared.messaging.outages import database_is_away
from shared.messaging.reactions import Reactions
from shared.messaging.regular import Irregular, rising
from shared.messaging.tables import inbox, inbox_cursor
from shared.messaging.upsert import upsert
from shared.storage import Database, UnitOfWork
from shared.trace import tracing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    """Where an embedded listener has read to: a row of a publisher's outbox."""

    publisher: str
    last_id: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as the transport hands it over."""

    body: bytes
    position: Position | None = None
    headers: Mapping[str, Any] | None = None

    @property
    def message(self) -> held.Message:
        """Answer it as it is kept when it cannot be applied."""
        return held.Message(self.body, self.headers)


class Inbox:
    """The inbox of one listening service."""

    def __init__(self, database: Database, reactions: Reactions) -> None:
        self.service = reactions.service
        self._database = database
        self._reactions = reactions
        self._outcomes: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def _transaction(self) -> Iterator[UnitOfWork]:
        """Open a transaction, and count what became of events in it when it has committed."""
        outcomes = self._outcomes = Counter()
        with self._database.unit_of_work() as uow:
            yield uow
        metrics.count_outcomes(self.service, outcomes)

    def _note(self, address: Address | None, outcome: str) -> None:
        known = address is not None and event_class(address.type) is not None
        # What a stranger calls an event must not become a name of ours.
        self._outcomes[address.type if address is not None and known else "?", outcome] += 1

    def receive(self, deliveries: Sequence[Delivery]) -> None:
        """Take messages in; on return every one is applied, known already, or held with its reason.

        One transaction for the batch, with the inbox's own statements said once for all of them; when some are
        known, held back or unreadable, still one transaction, in turn; when a reaction fails, one each.
        :raises sqlalchemy.exc.OperationalError: when the database is away; nothing was taken then.
        """
        if not deliveries:
            return
        metrics.taken_together.labels(self.service).observe(len(deliveries))
        for take in (self._take_together, self._take_in_turn):
            try:
                with self._transaction() as uow:
                    take(uow, deliveries)
            except Irregular:
                continue
            except Exception as error:
                if database_is_away(error):
                    raise
                log.info("batch_falls_back_to_single_messages", size=len(deliveries), error=repr(error))
                break
            return
        for delivery in deliveries:
            self._receive_alone(delivery)

    def _take_together(self, uow: UnitOfWork, deliveries: Sequence[Delivery]) -> None:
        """Take in a batch of events that are all readable, new, and next in the order of their things.

        :raises Irregular: when one of them is not.
        """
        try:
            envelopes = [decode(delivery.body) for delivery in deliveries]
        except Undecodable as error:
            raise Irregular from error
        arrivals = {
            envelope.event_id: {
                "event_id": envelope.event_id,
                "content_sha256": content_hash(delivery.body),
                "type": envelope.type,
                "received_at": uow.now,
            }
            for envelope, delivery in zip(envelopes, deliveries, strict=True)
        }
        # In one order everywhere, so that two workers that have the same events do not deadlock here.
        rows = [arrivals[event_id] for event_id in sorted(arrivals)]
        first, later = rising(envelopes)
        entered, held_things, raised, raised_again = together(
            uow.session,
            put_new(uow.session, inbox, rows, returning="event_id"),
            held.holding(uow.session, envelopes),
            raising_marks(uow.session, first),
            raising_marks(uow.session, later),
        )
        if len(entered) < len(deliveries) or len(raised) < len(first) or len(raised_again) < len(later):
            raise Irregular
        if any(tuple(thing) in first for thing in held_things):
            raise Irregular
        for envelope in envelopes:
            self._react(uow, envelope)
            self._note(envelope, "applied")
        for position in _last_positions(deliveries):
            self._move_cursor(uow.session, position)

    def _take_in_turn(self, uow: UnitOfWork, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._take(uow, delivery)

    def _receive_alone(self, delivery: Delivery) -> None:
        try:
            with self._transaction() as uow:
                self._take(uow, delivery)
        except Exception as error:
            if database_is_away(error):
                raise
            log.warning("event_held_for_retry", error=repr(error))
            self._hold_or_bury(delivery, reason=f"{type(error).__name__}: {error}")

    def _hold_or_bury(self, delivery: Delivery, *, reason: str) -> None:
        try:
            with self._transaction() as uow:
                self._hold(uow, delivery, reason=reason)
        except Exception as error:
            if database_is_away(error):
                raise
            # Something in the message itself cannot be stored. Its bytes always can, and the queue must go on.
            log.exception("event_buried")
            with self._transaction() as uow:
                self._move_cursor(uow.session, delivery.position)
                held.bury_undecodable(uow, delivery.message, reason=reason)

    def _take(self, uow: UnitOfWork, delivery: Delivery) -> None:
        self._move_cursor(uow.session, delivery.position)
        try:
            envelope = decode(delivery.body)
        except Undecodable as error:
            self._set_aside(uow, error.address, delivery.message, reason=str(error))
            return
        if not self._is_new(uow, envelope, delivery.message):
            return
        if held.something_before(uow.session, envelope):
            reason = "an earlier event of the same thing waits"
            held.hold(uow, envelope, delivery.message, state=held.BEHIND, reason=reason)
            self._note(envelope, held.BEHIND)
            return
        self.apply(uow, envelope)

    def _set_aside(self, uow: UnitOfWork, address: Address | None, message: held.Message, *, reason: str) -> None:
        """Keep a message as dead; where it can be read what it is about, the later ones of that thing wait for it."""
        log.error("event_dead", event_id=address and address.event_id, type=address and address.type, reason=reason)
        if address is None:
            held.bury_undecodable(uow, message, reason=reason)
            self._note(None, held.DEAD)
        elif self._is_new(uow, address, message):
            held.hold(uow, address, message, state=held.DEAD, reason=reason)
            self._note(address, held.DEAD)

    def receive_dead(self, delivery: Delivery, *, reason: str) -> None:
        """Keep a message that the broker gave up delivering; one that was applied all the same is only known.

        :raises sqlalchemy.exc.OperationalError: when the database is away; nothing was taken then.
        """
        address: Address | None
        try:
            address = decode(delivery.body)
        except Undecodable as error:
            address = error.address
        with self._transaction() as uow:
            self._set_aside(uow, address, delivery.message, reason=reason)

    def _hold(self, uow: UnitOfWork, delivery: Delivery, *, reason: str) -> None:
        """Keep a message whose effect failed, to try it again later; its inbox row makes it known."""
        self._move_cursor(uow.session, delivery.position)
        envelope = decode(delivery.body)
        if self._is_new(uow, envelope, delivery.message):
            state = held.BEHIND if held.something_before(uow.session, envelope) else held.RETRY
            held.hold(uow, envelope, delivery.message, state=state, reason=reason)
            self._note(envelope, state)

    def apply(self, uow: UnitOfWork, envelope: Envelope) -> None:
        """Run the reactions to an event, unless a newer one of the same thing was applied before."""
        if not raise_mark(uow.session, envelope.thing, envelope.version):
            log.warning("older_event_not_applied", event_id=envelope.event_id, type=envelope.type)
            self._note(envelope, "older")
            return
        self._react(uow, envelope)
        self._note(envelope, "applied")

    def _react(self, uow: UnitOfWork, envelope: Envelope) -> None:
        # What the reactions publish belongs to the trace of the event that caused it.
        uow.trace = envelope.trace.caused_by(envelope.event_id)
        delay = max(0.0, (uow.now - envelope.time).total_seconds())
        metrics.delay_seconds.labels(self.service).observe(delay)
        metrics.lag_seconds.labels(self.service).set(delay)
        with tracing(uow.trace), metrics.reaction_seconds.labels(self.service, envelope.type).time():
            for reaction in self._reactions.of(type(envelope.event)):
                reaction(uow, envelope.event)

    def _is_new(self, uow: UnitOfWork, envelope: Address, message: held.Message) -> bool:
        """Enter the event as known; the second of two concurrent deliveries waits here for the first."""
        digest = content_hash(message.body)
        entered = uow.session.execute(
            upsert(uow.session, inbox)
            .values(event_id=envelope.event_id, content_sha256=digest, type=envelope.type, received_at=uow.now)
            .on_conflict_do_nothing()
            .returning(inbox.c.event_id)
        ).first()
        if entered is not None:
            return True
        known = uow.session.execute(
            select(inbox.c.content_sha256).where(inbox.c.event_id == envelope.event_id)
        ).scalar_one()
        if bytes(known) != digest:
            log.error("same_event_id_with_other_content", event_id=envelope.event_id, source=envelope.source)
            held.bury(uow, envelope, message, reason="this event id was seen before with another content")
            self._note(envelope, held.DEAD)
        else:
            self._note(envelope, "known")
        return False

    @staticmethod
    def _move_cursor(session: Session, position: Position | None) -> None:
        if position is None:
            return
        added = upsert(session, inbox_cursor).values(publisher=position.publisher, last_id=position.last_id)
        session.execute(
            added.on_conflict_do_update(
                index_elements=["publisher"],
                set_={"last_id": added.excluded.last_id},
                where=inbox_cursor.c.last_id < added.excluded.last_id,
            )
        )

    def retry_due(self, *, limit: int = 100) -> int:
        """Try the held events again whose time has come; answers how many were applied."""
        with self._database.reading() as session:
            due = held.due(session, self._database.clock.now(), limit=limit)
        return sum(self._retry(row_id) for row_id in due)

    def _retry(self, row_id: int) -> bool:
        metrics.retries.labels(self.service).inc()
        try:
            with self._transaction() as uow:
                row = held.claim(uow.session, row_id)
                if row is None:
                    return False
                self.apply(uow, decode(row.body))
                held.release(uow, row)
            return True
        except Exception as error:
            if database_is_away(error):
                raise
            with self._transaction() as uow:
                # What cannot be read now cannot be read in a minute either.
                hopeless = isinstance(error, Undecodable)
                held.count_failure(uow, row_id, reason=f"{type(error).__name__}: {error}", is_hopeless=hopeless)
            return False


def _last_positions(deliveries: Sequence[Delivery]) -> Iterable[Position]:
    return {delivery.position.publisher: delivery.position for delivery in deliveries if delivery.position}.values()
