"""How one service's messaging is doing, read from its database alone: the same numbers in both ways of running."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.messaging import held
from shared.messaging.tables import held_event, inbox, outbox, stream_head


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What waits in one service, found by small indexes however much has passed through it."""

    unsent: int
    """Events that the broker (or, embedded, some listener) does not have yet, parked ones included."""
    oldest_unsent_seconds: float
    """How far the relay is behind."""
    parked: int
    """Events that the broker refused so often that somebody should look."""
    retrying: int
    behind: int
    """Events that wait behind an earlier one of the same thing."""
    oldest_held_seconds: float
    """How long the oldest event waits that is tried again or stands behind another; dead ones are not counted."""
    dead: int
    """Events that wait until somebody replays or discards them."""
    dead_by_type: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class MessagingState:
    """What has passed through a service, and what waits there."""

    published: int
    """Events this service ever published, including those pruned since."""
    received: int
    """Events taken in within the inbox's retention, applied or held."""
    waiting: Waiting


def waiting(session: Session, now: datetime) -> Waiting:
    """Count what is to be sent and what is held."""
    unsent, oldest, parked = session.execute(
        select(func.count(), func.min(outbox.c.created_at), func.count(outbox.c.parked_reason)).where(
            outbox.c.sent_at.is_(None)
        )
    ).one()
    is_waiting = held_event.c.state.in_((held.RETRY, held.BEHIND))
    oldest_held = session.scalar(select(func.min(held_event.c.held_at)).where(is_waiting))
    columns = (held_event.c.state, held_event.c.type)
    counted = session.execute(select(*columns, func.count()).group_by(*columns)).all()
    by_state = Counter[str]()
    for state, _, count in counted:
        by_state[state] += count
    return Waiting(
        unsent=unsent,
        oldest_unsent_seconds=_age(oldest, now),
        parked=parked,
        retrying=by_state[held.RETRY],
        behind=by_state[held.BEHIND],
        oldest_held_seconds=_age(oldest_held, now),
        dead=by_state[held.DEAD],
        dead_by_type={type_: count for state, type_, count in counted if state == held.DEAD},
    )


def messaging_state(session: Session, now: datetime) -> MessagingState:
    """Count what was published and received, which takes as long as there is of it, and what waits."""
    published = session.execute(select(func.coalesce(func.sum(stream_head.c.version), 0))).scalar_one()
    received = session.execute(select(func.count()).select_from(inbox)).scalar_one()
    return MessagingState(published=int(published), received=received, waiting=waiting(session, now))


def _age(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0
