"""Letting one service hear events as the wire delivers them, once or several times."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import MetaData, select

from shared.clock import Clock
from shared.contracts.base import ANY_PUBLISHER, Event
from shared.contracts.handovers import (
    CaseAnswered,
    CaseAnswerRefused,
    CaseFollowed,
    CaseHandedOver,
    CaseHandoverRefused,
    CaseWithdrawn,
    CaseWithdrawRefused,
    CaseWithdrawRequested,
)
from shared.messaging import Reactions, StoredOutbox
from shared.messaging.envelope import decode, encode
from shared.messaging.inbox import Delivery, Inbox
from shared.messaging.tables import held_event, outbox
from shared.storage import Database
from shared.storage.database import make_engine
from shared.trace import Trace

T = TypeVar("T")

CASES_OVER_NODES = frozenset(
    {
        CaseAnswered,
        CaseAnswerRefused,
        CaseFollowed,
        CaseHandedOver,
        CaseHandoverRefused,
        CaseWithdrawn,
        CaseWithdrawRefused,
        CaseWithdrawRequested,
    }
)
"""What every service with cases hears of those that other nodes have a part in."""


def open_database(url: str, *, service: str, clock: Clock) -> Database:
    """Open a service's database as it is."""
    return Database(make_engine(url), clock=clock, outbox=StoredOutbox(service, "hebei"))


def make_database(url: str, *, service: str, metadata: Sequence[MetaData], clock: Clock) -> Database:
    """Open a service's database and make all its tables."""
    made = open_database(url, service=service, clock=clock)
    for tables in metadata:
        tables.create_all(made.engine)
    return made


def published(database: Database) -> list[Event]:
    """Answer what the service has published, oldest first."""
    with database.reading() as session:
        return [decode(body).event for body in session.scalars(select(outbox.c.payload).order_by(outbox.c.id))]


@dataclass
class Listener:
    """A service that listens, and the count of what was said about each thing."""

    database: Database
    reactions: Reactions
    versions: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def encode(self, event: Event, *, publisher: str | None = None, node: str = "hebei") -> bytes:
        """Write an event as its publisher at a node would, with the next version of its thing."""
        name = event.event_name
        said_by = publisher or name.publisher
        assert said_by != ANY_PUBLISHER, "say which service publishes this"
        thing = (f"/{node}/{said_by}", name.aggregate_type, event.aggregate_id)
        self.versions[thing] += 1
        return encode(
            event,
            event_id=str(uuid.uuid4()),
            source=f"/{node}/{said_by}",
            publisher=said_by,
            version=self.versions[thing],
            now=self.database.clock.now(),
            trace=Trace.start(),
        )

    def receive(self, *bodies: bytes) -> None:
        """Deliver these messages in one batch."""
        Inbox(self.database, self.reactions).receive([Delivery(body) for body in bodies])

    def hear(self, event: Event, *, publisher: str | None = None) -> None:
        """Deliver one event, and make sure that it was applied."""
        self.receive(self.encode(event, publisher=publisher))
        assert self.held() == []

    def held(self) -> list[str]:
        """Answer why events wait here for another try."""
        with self.database.reading() as session:
            return list(session.scalars(select(held_event.c.reason)))

    def hear_twice(
        self, event: Event, look: Callable[[], T], *, publisher: str | None = None, node: str = "hebei"
    ) -> T:
        """Deliver one event, then the very same message again; answers what is seen, which must not change."""
        body = self.encode(event, publisher=publisher, node=node)
        self.receive(body)
        assert self.held() == []
        seen, said = look(), published(self.database)
        self.receive(body, body)
        assert self.held() == []
        assert look() == seen
        assert published(self.database) == said
        return seen
