"""How one service's messaging is doing, read from its database alone: the same numbers in both ways of running."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.messaging import held
from shared.messaging.tables import held_event, inbox, outbox, stream_head


@dataclass(frozen=True, kw_only=True, slots=True)
class MessagingState:
    """The counts of one service; `oldest_unsent_seconds` is how far the relay is behind."""

    published: int
    """Events this service ever published, including those pruned since."""
    unsent: int
    """Events that the broker (or, embedded, some listener) does not have yet, parked ones included."""
    oldest_unsent_seconds: float
    parked: int
    """Events that the broker refused so often that somebody should look."""
    received: int
    """Events taken in within the inbox's retention, applied or held."""
    retrying: int
    behind: int
    """Events that wait behind an earlier one of the same thing."""
    dead: int
    """Events that wait until somebody replays or discards them."""


def messaging_state(session: Session, now: datetime) -> MessagingState:
    """Count what was published, sent, received and held."""
    published = session.execute(select(func.coalesce(func.sum(stream_head.c.version), 0))).scalar_one()
    unsent, oldest, parked = session.execute(
        select(func.count(), func.min(outbox.c.created_at), func.count(outbox.c.parked_reason)).where(
            outbox.c.sent_at.is_(None)
        )
    ).one()
    received = session.execute(select(func.count()).select_from(inbox)).scalar_one()
    counted = session.execute(select(held_event.c.state, func.count()).group_by(held_event.c.state))
    by_state: dict[str, int] = {row[0]: row[1] for row in counted}
    return MessagingState(
        published=int(published),
        unsent=unsent,
        oldest_unsent_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
        parked=parked,
        received=received,
        retrying=by_state.get(held.RETRY, 0),
        behind=by_state.get(held.BEHIND, 0),
        dead=by_state.get(held.DEAD, 0),
    )
