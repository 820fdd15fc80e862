"""The outbox as the relay sees it: which rows go out next, and what is noted about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from shared.messaging.held import pause_after
from shared.messaging.many import dialect_of, is_any_of
from shared.messaging.tables import outbox
from shared.storage.trip import one_trip

MOST_ATTEMPTS = 12
PARKED_PAUSE = timedelta(hours=1)
SENT_ROWS_ARE_KEPT = timedelta(days=7)
PRUNE_BATCH = 1000


def next_rows(reading: Session, now: datetime, *, limit: int) -> Sequence[Any]:
    """Answer the oldest unsent rows that may go out now; nothing overtakes an earlier event of the same thing.

    Rows are never sought by "id greater than the last": ids are given out before commits, so a smaller one can
    appear after a greater one was sent. It is the last thing of a transaction.
    """
    return one_trip(reading, [(_seeking_next(limit), {"now": now})], is_last=True)[0]


@cache
def _seeking_next(limit: int) -> Executable:
    now = bindparam("now", type_=outbox.c.next_attempt_at.type)
    earlier = outbox.alias("earlier")
    held_back = exists().where(
        earlier.c.aggregate_type == outbox.c.aggregate_type,
        earlier.c.aggregate_id == outbox.c.aggregate_id,
        earlier.c.id < outbox.c.id,
        # These two conditions are those of the partial index, which is empty as long as all is well.
        earlier.c.sent_at.is_(None),
        earlier.c.attempts > 0,
        or_(earlier.c.parked_reason.is_not(None), earlier.c.next_attempt_at > now),
    )
    may_go = and_(
        outbox.c.sent_at.is_(None),
        outbox.c.parked_reason.is_(None),
        or_(outbox.c.next_attempt_at.is_(None), outbox.c.next_attempt_at <= now),
        ~held_back,
    )
    columns = (
        outbox.c.id,
        outbox.c.event_id,
        outbox.c.type,
        outbox.c.listener,
        outbox.c.aggregate_type,
        outbox.c.aggregate_id,
        outbox.c.payload,
    )
    return select(*columns).where(may_go).order_by(outbox.c.id).limit(limit)


def mark_sent(session: Session, row_ids: Sequence[int], *, now: datetime) -> None:
    """Note that the broker has these rows, as the last thing of a transaction."""
    one_trip(session, [(_marking(dialect_of(session)), {"ids": list(row_ids), "now": now})], is_last=True)


@cache
def _marking(dialect: str) -> Executable:
    sent_at = bindparam("now", type_=outbox.c.sent_at.type)
    marked = update(outbox).where(is_any_of(dialect, outbox.c.id, "ids"))
    return marked.values(sent_at=sent_at, parked_reason=None, next_attempt_at=None)


def count_refusals(session: Session, refused: Mapping[int, str], *, now: datetime) -> list[int]:
    """Put off rows that the broker refused, each time longer; answers those that are parked by it.

    A parked row is a fault that somebody should look at. It is tried once an hour all the same, so that a broker
    put right at night needs nobody to release its events.
    """
    parked = []
    for row_id, reason in refused.items():
        attempts = session.execute(select(outbox.c.attempts).where(outbox.c.id == row_id)).scalar_one() + 1
        is_parked = attempts >= MOST_ATTEMPTS
        pause = PARKED_PAUSE if is_parked else pause_after(attempts)
        session.execute(
            update(outbox)
            .where(outbox.c.id == row_id)
            .values(attempts=attempts, next_attempt_at=now + pause, parked_reason=reason if is_parked else None)
        )
        if is_parked:
            parked.append(row_id)
    return parked


def release_parked(session: Session, *, now: datetime, at_once: bool = False) -> int:
    """Let parked rows be tried again whose pause is over, or all of them `at_once`; answers how many."""
    wanted = outbox.c.sent_at.is_(None) & outbox.c.parked_reason.is_not(None)
    if not at_once:
        wanted &= outbox.c.next_attempt_at <= now
    changed = session.execute(update(outbox).where(wanted).values(parked_reason=None, next_attempt_at=now))
    return int(changed.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a row count


def prune_sent(session: Session, *, now: datetime, limit: int = PRUNE_BATCH) -> int:
    """Delete the oldest rows that were sent more than seven days ago, at most `limit`; answers how many."""
    old = select(outbox.c.id).where(outbox.c.sent_at < now - SENT_ROWS_ARE_KEPT).order_by(outbox.c.sent_at).limit(limit)
    gone = session.execute(delete(outbox).where(outbox.c.id.in_(old.scalar_subquery())))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE has a row count
