"""How the streams between this node and each other one do, from what their database holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, func, select
from sqlalchemy.orm import Session

from shared.nodes.tables import link_watch, parked_letter, quarantine, stream_in, stream_log, stream_out

IN_TIME = timedelta(minutes=5)
"""What is receipted within this time is no trouble."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkState:
    """How the streams between this node and one other do."""

    node: str
    written: int
    receipted: int
    waiting: int
    oldest_waiting_seconds: float
    refused: int
    held_because: str | None
    taken_in: int
    stopped: str | None
    parked: int
    quarantined: int
    silent_seconds: float | None
    """Since the node was last heard of, in letters or about links; None where it never was."""
    epoch_written: int = 1
    epoch_taken_in: int = 1
    receipted_epoch: int = 1
    receipted_seq: int = 0
    """The place of the last letter that the node has receipted."""
    last_receipt_seconds: float | None = None
    compared_seconds: float | None = None
    """Since the node last said how far both streams are."""
    unanswered: int = 0
    """Questions of how far it is that had no answer, in a row."""
    differs: str | None = None
    """What the last comparison found wrong."""
    stopped_there: str | None = None
    """Why the node stopped our stream."""
    charter_there: int | None = None
    """The version of the charter that the node goes by."""
    shovel: str | None = None
    """What the broker says of the shovel to a neighbour; no evidence that it carries anything."""
    queued: int | None = None
    oldest_queued_seconds: float | None = None
    repairs: int = 0
    """How often the shovel was made anew since its queue last moved."""

    @property
    def is_in_time(self) -> bool:
        """Tell whether letters to the node leave and are receipted."""
        longest = IN_TIME.total_seconds()
        return self.oldest_waiting_seconds < longest and (self.oldest_queued_seconds or 0.0) < longest

    @property
    def is_well(self) -> bool:
        """Tell whether nobody needs to look."""
        stands = self.stopped or self.stopped_there or self.held_because or self.differs
        return self.is_in_time and not (stands or self.refused or self.quarantined)

    def as_dict(self) -> dict[str, Any]:
        """Answer it as plain values."""
        return {**asdict(self), "is_well": self.is_well}


def status(session: Session, now: datetime) -> list[LinkState]:
    """Answer how the streams to and from every other node do."""
    columns = (stream_out.c.audience, stream_in.c.origin, link_watch.c.node)
    known = {node for column in columns for node in session.scalars(select(column))}
    return [state_of(session, node, now) for node in sorted(known)]


def state_of(session: Session, node: str, now: datetime) -> LinkState:
    """Answer how the streams to and from one node do; of an unknown one that nothing was said yet."""
    return LinkState(node=node, **_outgoing(session, node, now), **_incoming(session, node, now))


def _outgoing(session: Session, node: str, now: datetime) -> dict[str, Any]:
    out = session.execute(select(stream_out).where(stream_out.c.audience == node)).first()
    seen = session.execute(select(link_watch).where(link_watch.c.node == node)).first()
    log, ours = stream_log.c, stream_log.c.audience == node
    counts = select(func.count(log.receipted_at), func.count(log.refused_code), func.max(log.receipted_at))
    receipted, refused, last_receipt = session.execute(counts.where(ours)).one()
    waits = select(func.count(), func.min(log.entered_at)).where(ours, log.receipted_at.is_(None))
    waiting, oldest = session.execute(waits).one()
    newest = select(log.epoch, log.seq).where(ours, log.receipted_at.is_not(None))
    place = session.execute(newest.order_by(log.epoch.desc(), log.seq.desc()).limit(1)).first()
    return {
        "written": out.seq if out else 0,
        "epoch_written": out.epoch if out else 1,
        "held_because": out.held_because if out else None,
        "receipted": receipted,
        "receipted_epoch": place.epoch if place else 1,
        "receipted_seq": place.seq if place else 0,
        "last_receipt_seconds": _since(last_receipt, now),
        "waiting": waiting,
        "oldest_waiting_seconds": _since(oldest, now) or 0.0,
        "refused": refused,
        "shovel": seen.shovel if seen else None,
        "queued": seen.queued if seen else None,
        "oldest_queued_seconds": _since(seen.oldest_queued_at, now) if seen else None,
        "repairs": seen.repairs if seen else 0,
    }


def _incoming(session: Session, node: str, now: datetime) -> dict[str, Any]:
    found: Row[Any] | None = session.execute(select(stream_in).where(stream_in.c.origin == node)).first()
    counted = {
        "parked": _count(session, parked_letter, parked_letter.c.origin == node),
        "quarantined": _count(session, quarantine, quarantine.c.origin == node),
    }
    if found is None:
        return {"taken_in": 0, "stopped": None, "silent_seconds": None, **counted}
    return {
        "taken_in": found.seq,
        "epoch_taken_in": found.epoch,
        "stopped": found.stopped,
        "silent_seconds": _since(found.heard_at, now),
        "compared_seconds": _since(found.compared_at, now),
        "unanswered": found.unanswered,
        "differs": found.differs,
        "stopped_there": found.stopped_there,
        "charter_there": found.charter_there,
        **counted,
    }


def _since(instant: datetime | None, now: datetime) -> float | None:
    return (now - instant).total_seconds() if instant else None


def _count(session: Session, table: Table, condition: Any) -> int:
    return session.execute(select(func.count()).select_from(table).where(condition)).scalar_one()
