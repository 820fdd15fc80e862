"""Parked events: what the broker has refused so often that somebody should look, and who had it tried again at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shared.messaging.dead import LONGEST_NAME, LONGEST_REASON, stated
from shared.messaging.tables import outbox, parked_release
from shared.storage import UnitOfWork

_IS_PARKED = outbox.c.sent_at.is_(None) & outbox.c.parked_reason.is_not(None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parked:
    """An event that was refused too often; `behind` is how many later events of the same thing wait for it.

    It is tried by itself at `next_attempt_at`. `listener` is set where only one service is to be told.
    """

    id: int
    event_id: str
    type: str
    about: str
    listener: str | None
    attempts: int
    reason: str
    created_at: datetime
    next_attempt_at: datetime | None
    behind: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """That somebody had a parked event tried again at once, and why it was parked."""

    event_id: str
    type: str
    released_by: str
    reason: str
    parked_because: str
    released_at: datetime


def parked_events(session: Session) -> list[Parked]:
    """Answer everything that is parked here, oldest first."""
    later = outbox.alias("later")
    behind = (
        select(func.count())
        .where(
            later.c.aggregate_type == outbox.c.aggregate_type,
            later.c.aggregate_id == outbox.c.aggregate_id,
            later.c.sent_at.is_(None),
            later.c.id > outbox.c.id,
        )
        .scalar_subquery()
    )
    rows = session.execute(select(outbox, behind.label("behind")).where(_IS_PARKED).order_by(outbox.c.id))
    return [
        Parked(
            id=row.id,
            event_id=row.event_id,
            type=row.type,
            about=f"{row.aggregate_type}/{row.aggregate_id}",
            listener=row.listener,
            attempts=row.attempts,
            reason=row.parked_reason,
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at,
            behind=row.behind,
        )
        for row in rows
    ]


def release(uow: UnitOfWork, event_id: str, *, by: str, reason: str) -> bool:
    """Have a parked event tried again at once, and write down who did it and why.

    Answers False where it is parked no more. Those that wait behind it follow in their order; refused once more it is
    parked again.

    :raises Invalid: without a name or a reason, or with one that is too long.
    """
    by, reason = stated(by, "by", LONGEST_NAME), stated(reason, "reason", LONGEST_REASON)
    this = _IS_PARKED & (outbox.c.event_id == event_id)
    row = uow.session.execute(select(outbox.c.type, outbox.c.parked_reason).where(this).with_for_update()).first()
    if row is None:
        return False
    uow.session.execute(update(outbox).where(this).values(parked_reason=None, next_attempt_at=uow.now))
    uow.session.execute(
        insert(parked_release).values(
            event_id=event_id,
            type=row.type,
            released_by=by,
            reason=reason,
            parked_because=row.parked_reason,
            released_at=uow.now,
        )
    )
    return True


def releases_of(session: Session, event_id: str) -> Sequence[Release]:
    """Answer who had an event tried again at once, oldest first."""
    columns = [parked_release.c[field.name] for field in fields(Release)]
    wanted = select(*columns).where(parked_release.c.event_id == event_id)
    return [Release(**row) for row in session.execute(wanted.order_by(parked_release.c.id)).mappings()]
