"""One request or one message is one transaction, and this is the only place that commits it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from types import TracebackType
from typing import Protocol, Self

from sqlalchemy.orm import Session

from shared.clock import business_date
from shared.contracts.base import Event
from shared.errors import HostedElsewhere
from shared.failpoints import failpoint
from shared.regions import ROOT_REGION
from shared.storage.trip import Errand, has_committed, one_trip
from shared.trace import Trace


class Outbox(Protocol):
    """Where a unit of work leaves the events it publishes."""

    def writing(
        self, session: Session, events: Sequence[Event], *, now: datetime, trace: Sequence[Trace]
    ) -> list[Errand]:
        """Answer the errands that store the events, each with the trace it belongs to."""


class Hosting(Protocol):
    """Which regions the node that this code runs on answers for; alone it needs no name."""

    @property
    def node(self) -> str | None:
        """Answer what this node is called."""

    @property
    def top_region(self) -> str:
        """Answer the topmost region hosted here: who administers the node has their posts there."""

    def others(self, regions: Iterable[str], *, on: date) -> Mapping[str, str]:
        """Answer which of these regions other nodes host on a date, each with its node."""

    def hosts(self, region: str, *, on: date) -> bool:
        """Tell whether a region is hosted here on a date."""


class Alone:
    """What a node hosts that has no other nodes beside it: everything."""

    node = None
    top_region = ROOT_REGION

    def others(self, _regions: Iterable[str], *, on: date) -> Mapping[str, str]:  # noqa: ARG002  # as `Hosting` has it
        """Answer which of these regions other nodes host: none."""
        return {}

    def hosts(self, _region: str, *, on: date) -> bool:  # noqa: ARG002  # as `Hosting` has it
        """Tell whether a region is hosted here on a date: always."""
        return True


@dataclass
class UnitOfWork:
    """A transaction: what is done in its session and the events it publishes become true together or not at all.

    `here` says which regions this node hosts, for what holds only where a subject is at home.
    """

    session: Session
    now: datetime
    trace: Trace
    outbox: Outbox
    here: Hosting = field(default_factory=Alone)
    events: list[Event] = field(default_factory=list)
    _traces: list[Trace] = field(default_factory=list)

    def hosts(self, region: str) -> bool:
        """Tell whether this node hosts a region today: what is said of one of another node is only heard here."""
        return self.here.hosts(region, on=business_date(self.now))

    def check_hosts(self, region: str) -> None:
        """Refuse what is done only where a region is hosted.

        :raises HostedElsewhere: when that is another node.
        """
        if not self.hosts(region):
            raise HostedElsewhere

    def publish(self, event: Event) -> None:
        """Tell the other services, if and when this transaction commits."""
        self.events.append(event)
        # A worker applies many messages in one transaction: each has its own trace, and so has what it causes.
        self._traces.append(self.trace)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Try a part of the transaction: an error that leaves the block undoes the part, with the events it published.

        The error is raised on; whoever catches it goes on with the rest. What a part had locked is free again.
        """
        told = len(self.events)
        one_trip(self.session, [])
        try:
            with self.session.begin_nested():
                yield
                one_trip(self.session, [])
        except BaseException:
            del self.events[told:], self._traces[told:]
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                # Objects that the toolkit holds are written first: nothing may follow the last trip.
                self.session.flush()
                telling: list[Errand] = []
                if self.events:
                    telling = self.outbox.writing(self.session, self.events, now=self.now, trace=self._traces)
                failpoint("uow.before_commit")
                one_trip(self.session, telling, is_last=True)
                if not has_committed(self.session):
                    self.session.commit()
                failpoint("uow.after_commit")
        finally:
            # Closing rolls back whatever was not committed.
            self.session.close()
