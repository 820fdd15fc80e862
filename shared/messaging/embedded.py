"""The embedded transport: each publisher's outbox is the durable queue, read in order into each listener's inbox.

A listener's cursor moves in the same transaction as the effect, so a process killed at any moment goes on
where it stopped. SQLite lets one writer in at a time, so the order of outbox ids is the order of commits.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select, update

from shared.contracts.base import ANY_PUBLISHER
from shared.messaging.inbox import Delivery, Inbox, Position
from shared.messaging.reactions import Reactions
from shared.messaging.sending import prune_sent
from shared.messaging.tables import held_event, inbox_cursor, outbox
from shared.storage import Database

log = structlog.get_logger(__name__)

BATCH = 200
_IDLE_SECONDS = 0.5


class Courier:
    """Carries events between the services of one process, on a thread of its own."""

    def __init__(self, databases: Mapping[str, Database], reactions: Mapping[str, Reactions]) -> None:
        self._databases = databases
        self._inboxes = {name: Inbox(databases[name], heard) for name, heard in reactions.items()}
        self._types = {name: _types_by_publisher(heard, list(databases)) for name, heard in reactions.items()}
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        for database in databases.values():
            database.on_published(self._wake.set)

    def start(self) -> None:
        """Begin to carry events."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand and stop."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                moved = self.carry_once()
                if not moved:
                    self.mark_sent()
            except Exception:
                # A database that is locked or away now is tried again; nothing was marked as delivered.
                log.exception("courier_round_failed")
                moved = 0
            if not moved:
                self._wake.wait(_IDLE_SECONDS)

    def carry_once(self) -> int:
        """Deliver one batch from each publisher to each listener; answers how many messages were moved.

        A listener whose database is away holds up no other: what went wrong is raised when all had their turn.
        """
        moved = 0
        failures: list[Exception] = []
        for listener, inbox_ in self._inboxes.items():
            try:
                for publisher, types in self._types[listener].items():
                    moved += self._carry(publisher, listener, types, inbox_)
                moved += inbox_.retry_due()
            except Exception as error:  # noqa: BLE001  # raised below
                failures.append(error)
        if failures:
            raise ExceptionGroup("some listeners took nothing in", failures)
        return moved

    def _carry(self, publisher: str, listener: str, types: list[str], inbox_: Inbox) -> int:
        with self._databases[listener].reading() as session:
            last = session.execute(
                select(inbox_cursor.c.last_id).where(inbox_cursor.c.publisher == publisher)
            ).scalar_one_or_none()
        wanted = select(outbox.c.id, outbox.c.payload).where(outbox.c.id > (last or 0), _is_for(listener, types))
        with self._databases[publisher].reading() as session:
            rows = session.execute(wanted.order_by(outbox.c.id).limit(BATCH)).all()
        if rows:
            inbox_.receive([Delivery(row.payload, Position(publisher, row.id)) for row in rows])
        return len(rows)

    def is_quiet(self) -> bool:
        """Tell whether every event has reached every listener and nothing waits for another try."""
        for listener, by_publisher in self._types.items():
            with self._databases[listener].reading() as session:
                read = session.execute(select(inbox_cursor.c.publisher, inbox_cursor.c.last_id))
                cursors = {row.publisher: row.last_id for row in read}
                waiting = session.execute(
                    select(func.count()).select_from(held_event).where(held_event.c.state == "retry")
                ).scalar_one()
            if waiting:
                return False
            for publisher, types in by_publisher.items():
                newest = select(func.max(outbox.c.id)).where(_is_for(listener, types))
                with self._databases[publisher].reading() as session:
                    if (session.execute(newest).scalar() or 0) > cursors.get(publisher, 0):
                        return False
        return True

    def mark_sent(self) -> None:
        """Mark the rows that every listener has read, so that the age of the outbox means the same in both modes."""
        for publisher, database in self._databases.items():
            unsent = (outbox.c.sent_at.is_(None), outbox.c.id <= self._read_by_all(publisher))
            with database.reading() as session:
                if session.execute(select(outbox.c.id).where(*unsent).limit(1)).first() is None:
                    continue
            with database.unit_of_work() as uow:
                uow.session.execute(update(outbox).where(*unsent).values(sent_at=uow.now))
                prune_sent(uow.session, now=uow.now)

    def _read_by_all(self, publisher: str) -> int:
        """Answer the newest outbox id up to which no listener has anything left to read."""
        # Asked first: what is published while the listeners are asked is not counted as read.
        with self._databases[publisher].reading() as session:
            newest = session.execute(select(func.max(outbox.c.id))).scalar() or 0
        unread: list[int] = []
        for listener, by_publisher in self._types.items():
            if publisher not in by_publisher:
                continue
            with self._databases[listener].reading() as session:
                last = session.execute(
                    select(inbox_cursor.c.last_id).where(inbox_cursor.c.publisher == publisher)
                ).scalar_one_or_none()
            wanted = select(func.min(outbox.c.id)).where(
                outbox.c.id > (last or 0), _is_for(listener, by_publisher[publisher])
            )
            with self._databases[publisher].reading() as session:
                first = session.execute(wanted).scalar()
            if first is not None:
                unread.append(first - 1)
        return min([newest, *unread])


def _is_for(listener: str, types: list[str]) -> ColumnElement[bool]:
    return and_(outbox.c.type.in_(types), or_(outbox.c.listener.is_(None), outbox.c.listener == listener))


def _types_by_publisher(heard: Reactions, publishers: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cls in heard.listens_to():
        name = cls.event_name
        for publisher in publishers if name.publisher == ANY_PUBLISHER else [name.publisher]:
            found.setdefault(publisher, []).append(name.routing_key(publisher))
    return found
