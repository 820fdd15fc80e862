"""How things stand now, told to one listener: what a new one begins with, since sent events do not stay for ever.

A service says of its lasting things how to read their present state as the events that would have told it. A backfill
puts these into the outbox as new events with the next versions, addressed to one listener. Events that ask for work
once, or that a listener adds up, have no snapshot: told again they would be done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from shared.contracts.base import ANY_PUBLISHER, Event
from shared.messaging.outbox import StoredOutbox
from shared.messaging.reactions import Reactions
from shared.storage import Database
from shared.storage.trip import one_trip
from shared.trace import Trace

E = TypeVar("E", bound=Event)
State = Callable[[Session, str, int], Sequence[Event]]

PAGE = 200


class Snapshots:
    """The things of one service whose present state can be told anew, each as an event class."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._by_class: dict[type[Event], State] = {}

    def of(
        self, cls: type[E]
    ) -> Callable[[Callable[[Session, str, int], Sequence[E]]], Callable[[Session, str, int], Sequence[E]]]:
        """Register how to read the present state of the things of an event class.

        The function answers the events of the next things after an aggregate id, at most so many things and all of
        each, in the order of ids. It is asked twice for each page, the second time with the things' streams locked.
        """

        def register(state: Callable[[Session, str, int], Sequence[E]]) -> Callable[[Session, str, int], Sequence[E]]:
            self._by_class[cls] = state
            return state

        return register

    def told_to(self, listener: Reactions) -> tuple[type[Event], ...]:
        """Answer the event classes that a listener hears and that can be told anew."""
        return tuple(cls for cls in listener.listens_to() if cls in self._by_class)

    def untold_to(self, listener: Reactions) -> tuple[type[Event], ...]:
        """Answer the event classes of this service that a listener hears only from now on."""
        said = (self.service, ANY_PUBLISHER)
        heard = [cls for cls in listener.listens_to() if cls.event_name.publisher in said]
        return tuple(cls for cls in heard if cls not in self._by_class)

    def state_of(self, cls: type[Event]) -> State:
        """Answer how the present state of these things is read."""
        return self._by_class[cls]


def backfill(
    database: Database, *, snapshots: Snapshots, outbox: StoredOutbox, listener: Reactions
) -> Iterator[tuple[type[Event], int]]:
    """Tell a listener how everything stands that it hears of from this service; answers each class with its count.

    Safe while the service works: a thing's stream is locked before its state is read for good, so what changes it
    later has a later version. Told twice, the state is the same, so a backfill that was cut off is run again.
    """
    for cls in snapshots.told_to(listener):
        count, after = 0, ""
        while page := _tell_page(
            database, snapshots.state_of(cls), outbox=outbox, listener=listener.service, after=after
        ):
            count, after = count + len(page), page[-1].aggregate_id
        yield cls, count


def _tell_page(database: Database, state: State, *, outbox: StoredOutbox, listener: str, after: str) -> Sequence[Event]:
    """Tell the next things, in one transaction; answers their events, none when all things were told."""
    with database.unit_of_work() as uow:
        found = state(uow.session, after, PAGE)
        if not found:
            return ()
        outbox.lock(uow.session, found)
        uow.session.expire_all()
        locked = {event.aggregate_id for event in found}
        # What came into being meanwhile tells of itself.
        now = [event for event in state(uow.session, after, PAGE) if event.aggregate_id in locked]
        telling = outbox.writing(uow.session, now, now=uow.now, trace=Trace.start(), listener=listener)
        one_trip(uow.session, telling)
    return found
