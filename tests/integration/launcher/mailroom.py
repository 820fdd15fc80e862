"""A node whose records credit hours, whose awards take them in and grant stars, and an operator at the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import select, update

from services.launcher.cli import main
from services.launcher.parts import SERVICES
from shared.clock import AdjustableClock
from shared.contracts.awards import StarGranted
from shared.contracts.records import HoursCredited
from shared.messaging import Reactions, held
from shared.messaging.envelope import decode
from shared.messaging.inbox import Delivery, Inbox, Position
from shared.messaging.tables import held_event, outbox
from shared.storage import Database, UnitOfWork
from shared.trace import Trace, tracing
from tests.integration.listening import open_database

DAY = date(2026, 3, 5)
TYPE = HoursCredited.event_name.routing_key()


@dataclass
class Mailroom:
    """The databases of a node under one URL, and a listener that fails at the entries it is told to fail at."""

    url: str
    failing: set[str] = field(default_factory=set)
    clock: AdjustableClock = field(default_factory=AdjustableClock)

    def __post_init__(self) -> None:
        self.databases: dict[str, Database] = {
            service: open_database(self.url.replace("{service}", service), service=service, clock=self.clock)
            for service in SERVICES
        }
        reactions = Reactions("awards")

        @reactions.on(HoursCredited)
        def _grant(uow: UnitOfWork, event: HoursCredited) -> None:
            if event.entry_id in self.failing:
                raise RuntimeError(f"no book for '{event.entry_id}' of volunteer {event.volunteer_number}")
            uow.publish(
                StarGranted(
                    volunteer_number=event.volunteer_number,
                    nomination_id=event.entry_id,
                    stars=1,
                    granted_on=DAY,
                    decided_by_region="130000",
                )
            )

        self.inbox = Inbox(self.databases["awards"], reactions)

    def close(self) -> None:
        """Close the databases."""
        for database in self.databases.values():
            database.engine.dispose()

    def credit(self, *entries: tuple[str, str], trace: Trace | None = None) -> list[str]:
        """Credit hours (volunteer, entry) in one request of its own; answers the ids of the events."""
        with tracing(trace or Trace.start()), self.databases["records"].unit_of_work() as uow:
            for volunteer, entry in entries:
                uow.publish(
                    HoursCredited(
                        volunteer_number=volunteer,
                        entry_id=entry,
                        record_id="r",
                        report_id="p",
                        activity_name="入户宣传",
                        served_on=DAY,
                        hours_hundredths=100,
                        quality=4,
                        total_hundredths=100,
                    )
                )
        with self.databases["records"].reading() as session:
            newest = select(outbox.c.event_id).order_by(outbox.c.id.desc()).limit(len(entries))
            return list(session.scalars(newest))[::-1]

    def deliver(self, *bodies: bytes) -> None:
        """Hand messages to awards as they are."""
        self.inbox.receive([Delivery(body) for body in bodies])

    def carry(self) -> None:
        """Bring what records has not sent to awards, and note that it was sent."""
        with self.databases["records"].reading() as session:
            rows = session.execute(select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.id)).all()
        embedded = self.url.startswith("sqlite")
        self.inbox.receive(
            [Delivery(bytes(row.payload), Position("records", row.id) if embedded else None) for row in rows]
        )
        self.mark_sent()

    def mark_sent(self) -> None:
        """Note of everything that records published that it was sent."""
        with self.databases["records"].unit_of_work() as uow:
            uow.session.execute(update(outbox).where(outbox.c.sent_at.is_(None)).values(sent_at=uow.now))

    def try_again(self) -> int:
        """Let the worker try what is due; answers how many it applied."""
        applied = 0
        while count := self.inbox.retry_due():
            applied += count
        return applied

    def let_die(self) -> None:
        """Let time pass and the worker try until what fails is dead."""
        for _ in range(held.MOST_ATTEMPTS):
            self.clock.set(self.clock.now() + timedelta(minutes=15))
            self.inbox.retry_due()

    def granted(self) -> list[str]:
        """Answer the entries for which awards granted a star, in that order: the effect, once each if all is well."""
        wanted = select(outbox.c.payload).where(outbox.c.aggregate_type == "star").order_by(outbox.c.id)
        with self.databases["awards"].reading() as session:
            events = [decode(bytes(body)).event for body in session.scalars(wanted)]
        return [event.nomination_id for event in events if isinstance(event, StarGranted)]

    def states(self) -> list[str]:
        """Answer the states of what awards holds, oldest first."""
        with self.databases["awards"].reading() as session:
            return list(session.scalars(select(held_event.c.state).order_by(held_event.c.id)))

    def run(self, *words: str, **environment: str) -> Result:
        """Type a command about events."""
        settings = {"ANYUAN_DATABASE_URL": self.url, **environment}
        return CliRunner().invoke(main, ["events", *words], env=settings)

    def ask(self, *words: str, **environment: str) -> Any:
        """Type a command and read its JSON; it must end well."""
        done = self.run(*words, "--json", **environment)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)
