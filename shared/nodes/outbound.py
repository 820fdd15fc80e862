"""From this node to others: each local event that concerns another node gets its place in the stream to it.

The node's own services are heard over the broker like by any listener, and the event's inbox row, its place, the letter
and its dispatch are one transaction. No service knows of other nodes or holds a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
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
from shared.nodes.core.authority import audiences, claims, subjects
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
            found: dict[str, Said] = {}
            for delivery in deliveries:
                try:
                    said = Said.read(delivery.body)
                except ValueError as error:
                    held.bury_undecodable(uow, delivery.message, reason=str(error))
                else:
                    found[said.event_id] = said
            new = _new_ones(uow, found)
            if new:
                Writing(uow, self._office).tell([said for said in new if said.node == self._office.me])


def _is_for_later(error: Exception) -> bool:
    return database_is_away(error) or isinstance(error, (StreamIsHeld, *NOT_NOW))


def _new_ones(uow: UnitOfWork, found: Mapping[str, Said]) -> list[Said]:
    """Enter events as known, and answer those that were not, in their order."""
    rows = [
        {
            "event_id": said.event_id,
            "content_sha256": content_hash(said.body),
            "type": said.type,
            "received_at": uow.now,
        }
        for _, said in sorted(found.items())
    ]
    if not rows:
        return []
    entering = upsert(uow.session, inbox).on_conflict_do_nothing().returning(inbox.c.event_id)
    entered = set(uow.session.execute(entering, rows).scalars())
    return [said for said in found.values() if said.event_id in entered]


class Writing:
    """Letters written in one transaction."""

    def __init__(self, uow: UnitOfWork, office: Office) -> None:
        self._uow = uow
        self._office = office
        self._charter = office.take_up(uow)
        self._signer = office.signer(uow.session, uow.now)
        self._places = StoredPlaces(uow.session)

    def tell(self, events: Sequence[Said]) -> None:
        """Write events to every node that they concern."""
        self._places.look_up(subject for said in events for subject in subjects(said.name, said.data))
        today = business_date(self._uow.now)
        to: dict[str, list[Said]] = {}
        for said in events:
            found = claims(said.name, said.data, directory=self._places)
            told = audiences(
                said.name,
                said.data,
                issuer=self._office.me,
                map_=self._charter.map,
                directory=self._places,
                on=today,
            )
            self._places.learn(found)
            for audience in told:
                to.setdefault(audience, []).append(said)
        self._places.write_places()
        for audience, its in sorted(to.items()):
            self._write(audience, its)

    def _write(self, audience: str, events: Sequence[Said]) -> None:
        head = self._head(audience)
        if head.held_because is not None:
            raise StreamIsHeld(f"the stream to {audience} is held: {head.held_because}")
        written = self._written_before(audience, events)
        epoch = max(head.epoch, self._charter.epoch_of(self._office.me))
        seq, prev_hash = (head.seq if epoch == head.epoch else 0), head.hash
        entries: list[Entry] = []
        for said in events:
            if said.event_id in written:
                continue
            seq += 1
            body = place_in_stream(said.body, audience=audience, epoch=epoch, seq=seq, prev_hash=prev_hash)
            letter = self._signer.sign(body, now=self._uow.now)
            prev_hash = letter.sha256
            entries.append(Entry(letter=letter, event_id=said.event_id, type=said.type, epoch=epoch, seq=seq))
        enter(self._uow, audience, entries)
        self._office.dispatch(self._uow, audience, *(entry.letter for entry in entries))

    def _head(self, audience: str) -> Row[Any]:
        session = self._uow.session
        beginning = upsert(session, stream_out).values(audience=audience, epoch=1, seq=0, hash=BEGINNING)
        session.execute(beginning.on_conflict_do_nothing())
        return session.execute(select(stream_out).where(stream_out.c.audience == audience).with_for_update()).one()

    def _written_before(self, audience: str, events: Sequence[Said]) -> set[str]:
        """Answer which events stand in the stream already: a restored service may say them once more."""
        asked = [said.event_id for said in events]
        known = select(stream_log.c.event_id).where(stream_log.c.audience == audience, stream_log.c.event_id.in_(asked))
        return set(self._uow.session.execute(known).scalars())


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A letter with its place."""

    letter: Letter
    event_id: str
    type: str
    epoch: int
    seq: int


def enter(uow: UnitOfWork, audience: str, entries: Sequence[Entry], *, are_receipted: bool = False) -> None:
    """Write letters down as the newest of their stream."""
    if not entries:
        return
    rows = [
        {
            "audience": audience,
            "epoch": entry.epoch,
            "seq": entry.seq,
            "event_id": entry.event_id,
            "type": entry.type,
            "hash": entry.letter.sha256,
            "letter": bytes(entry.letter),
            "entered_at": uow.now,
            "receipted_at": uow.now if are_receipted else None,
        }
        for entry in entries
    ]
    uow.session.execute(stream_log.insert(), rows)
    last = entries[-1]
    head = update(stream_out).where(stream_out.c.audience == audience)
    uow.session.execute(head.values(epoch=last.epoch, seq=last.seq, hash=last.letter.sha256))
