"""How far behind everything is: what the outbox has not sent, what is under way to each listener, what is held.

Read from the databases alone, so that it is true whatever a broker's own numbers say.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from shared.messaging.tables import inbox, inbox_cursor, outbox

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Underway:
    """Events that left a publisher and that a listener has not taken in."""

    count: int = 0
    oldest: datetime | None = None

    def __add__(self, other: Underway) -> Underway:
        both = [at for at in (self.oldest, other.oldest) if at is not None]
        return Underway(self.count + other.count, min(both, default=None))


def read_to(session: Session, publisher: str) -> int | None:
    """Answer how far this listener has read a publisher's outbox; None where a broker brings the events."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    return session.scalar(select(inbox_cursor.c.last_id).where(inbox_cursor.c.publisher == publisher)) or 0


def after_cursor(session: Session, types: Collection[str], *, listener: str, last_id: int) -> Underway:
    """Answer what is in the outbox behind the place up to which a listener has read it."""
    wanted = select(func.count(), func.min(outbox.c.created_at)).where(*_for(types, listener), outbox.c.id > last_id)
    count, oldest = session.execute(wanted).one()
    return Underway(count, oldest)


def sent_since_known(published: Session, taken_in: Session, types: Collection[str], *, listener: str) -> Underway:
    """Answer what was sent after the newest event that a listener knows.

    Events of one publisher arrive in the order in which they were sent, so that what is missing is what is newest.
    """
    found, below = Underway(), None
    while True:
        wanted = select(outbox.c.id, outbox.c.event_id, outbox.c.created_at).where(
            *_for(types, listener), outbox.c.sent_at.is_not(None)
        )
        if below is not None:
            wanted = wanted.where(outbox.c.id < below)
        page = published.execute(wanted.order_by(outbox.c.id.desc()).limit(_PAGE)).all()
        ids = [row.event_id for row in page]
        known = set(taken_in.scalars(select(inbox.c.event_id).where(inbox.c.event_id.in_(ids))))
        for row in page:
            if row.event_id in known:
                return found
            found += Underway(1, row.created_at)
        if len(page) < _PAGE:
            return found
        below = page[-1].id


def _for(types: Collection[str], listener: str) -> tuple[ColumnElement[bool], ...]:
    return outbox.c.type.in_(sorted(types)), or_(outbox.c.listener.is_(None), outbox.c.listener == listener)
