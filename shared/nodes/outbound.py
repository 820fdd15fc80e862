"""From this node to others: each local event that concerns another node gets its place in the stream to it.

The node's own services are heard over the broker like by any listener, and the event's inbox row, its place, the letter
and its dispatch are one transaction. No service knows of other nodes or holds a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row, select, update

from shared.clock import business_date
from shared.messaging import held
from shared.messaging.envelope import content_hash
from shared.messaging.inbox import Delivery
from shared.messaging.outages import database_is_away
from shared.messaging.tables import inbox
from shared.messaging.upsert import upsert
from shared.nodes.core.authority import audiences, claims
from shared.nodes.core.letters import BEGINNING, Letter, place_in_stream
from shared.nodes.office import NOT_NOW, SERVICE, Office
from shared.nodes.places import StoredPlaces
from shared.nodes.tables import stream_log, stream_out
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)


class StreamIsHeld(Exception):
    """The stream to a node must not go on before it is known how far that node has it (after a restore)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A local event, as its service wrote it."""

    body: bytes
    event_id: str
    type: str
    node: str
    data: dict[str, Any]

    @property
    def name(self) -> str:
        """Answer its name without publisher and version."""
        return self.type.partition(".")[2].rpartition(".v")[0]

    @classmethod
    def read(cls, body: bytes) -> Said:
        """Read an event's bytes.

        :raises ValueError: when they are none.
        """
        try:
            found = json.loads(body)
            _, node, _ = found["source"].split("/")
            return cls(body=body, event_id=found["id"], type=found["type"], node=node, data=found["data"])
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(repr(error)) from error


class Outbound:
    """What the gateway does with events of its own node; it stands where a service has its inbox."""

    service = SERVICE

    def __init__(self, office: Office) -> None:
        self._office = office

    def receive(self, deliveries: Sequence[Delivery]) -> None:
        """Take events in, all in one transaction; one that cannot be read is kept as dead.

        :raises Exception: when nothing was taken: the database is away, the charter expired or a stream is held.
        """
        try:
            self._take_all(deliveries)
        except Exception as error:
            if _is_for_later(error):
                raise
            log.info("events_fall_back_to_one_by_one", size=len(deliveries), error=repr(error))
            for delivery in deliveries:
                self._take_alone(delivery)

    def receive_dead(self, delivery: Delivery, *, reason: str) -> None:
        """Keep a message that the broker gave up."""
        with self._office.database.unit_of_work() as uow:
            held.bury_undecodable(uow, delivery.message, reason=reason)

    def retry_due(self) -> int:
        """Do nothing: a letter that could not be written is still in its queue."""
        return 0

    def _take_alone(self, delivery: Delivery) -> None:
        try:
            self._take_all([delivery])
        except Exception as error:
            if _is_for_later(error):
                raise
            log.exception("event_cannot_be_told")
            with self._office.database.unit_of_work() as uow:
                held.bury_undecodable(uow, delivery.message, reason=repr(error))

    def _take_all(self, deliveries: Iterable[Delivery]) -> None:
        with self._office.database.unit_of_work() as uow:
            writing = Writing(uow, self._office)
            for delivery in deliveries:
                try:
                    said = Said.read(delivery.body)
                except ValueError as error:
                    held.bury_undecodable(uow, delivery.message, reason=str(error))
                    continue
                if said.node == self._office.me and _is_new(uow, said):
                    writing.tell(said)


def _is_for_later(error: Exception) -> bool:
    return database_is_away(error) or isinstance(error, (StreamIsHeld, *NOT_NOW))


def _is_new(uow: UnitOfWork, said: Said) -> bool:
    entering = upsert(uow.session, inbox).values(
        event_id=said.event_id, content_sha256=content_hash(said.body), type=said.type, received_at=uow.now
    )
    return uow.session.execute(entering.on_conflict_do_nothing().returning(inbox.c.event_id)).first() is not None


class Writing:
    """Letters written in one transaction."""

    def __init__(self, uow: UnitOfWork, office: Office) -> None:
        self._uow = uow
        self._office = office
        self._charter = office.charter(uow.session, uow.now)
        self._signer = office.signer(uow.session, uow.now)
        self._places = StoredPlaces(uow.session)

    def tell(self, said: Said) -> None:
        """Write an event to every node that it concerns."""
        found = claims(said.name, said.data, directory=self._places)
        today = business_date(self._uow.now)
        to = audiences(
            said.name,
            said.data,
            issuer=self._office.me,
            map_=self._charter.map,
            directory=self._places,
            on=today,
        )
        self._places.learn(found)
        for audience in to:
            self._write(said, audience)

    def _write(self, said: Said, audience: str) -> None:
        head = self._head(audience)
        if head.held_because is not None:
            raise StreamIsHeld(f"the stream to {audience} is held: {head.held_because}")
        if self._was_written(said, audience):
            return
        epoch = max(head.epoch, self._charter.epoch_of(self._office.me))
        seq = head.seq + 1 if epoch == head.epoch else 1
        body = place_in_stream(said.body, audience=audience, epoch=epoch, seq=seq, prev_hash=head.hash)
        letter = self._signer.sign(body, now=self._uow.now)
        enter(self._uow, audience, letter, event_id=said.event_id, type_=said.type, epoch=epoch, seq=seq)
        self._office.dispatch(self._uow, audience, letter)

    def _head(self, audience: str) -> Row[Any]:
        session = self._uow.session
        beginning = upsert(session, stream_out).values(audience=audience, epoch=1, seq=0, hash=BEGINNING)
        session.execute(beginning.on_conflict_do_nothing())
        return session.execute(select(stream_out).where(stream_out.c.audience == audience).with_for_update()).one()

    def _was_written(self, said: Said, audience: str) -> bool:
        """Tell whether the event stands in the stream already: a restored service may say it once more."""
        same = (stream_log.c.audience == audience, stream_log.c.event_id == said.event_id)
        return self._uow.session.execute(select(stream_log.c.id).where(*same)).first() is not None


def enter(
    uow: UnitOfWork,
    audience: str,
    letter: Letter,
    *,
    event_id: str,
    type_: str,
    epoch: int,
    seq: int,
    is_receipted: bool = False,
) -> None:
    """Write a letter down as the newest of its stream."""
    uow.session.execute(
        stream_log.insert().values(
            audience=audience,
            epoch=epoch,
            seq=seq,
            event_id=event_id,
            type=type_,
            hash=letter.sha256,
            letter=bytes(letter),
            entered_at=uow.now,
            receipted_at=uow.now if is_receipted else None,
        )
    )
    head = update(stream_out).where(stream_out.c.audience == audience)
    uow.session.execute(head.values(epoch=epoch, seq=seq, hash=letter.sha256))
