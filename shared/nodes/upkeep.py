"""Keeping links moving: what the broker says of each queue to a neighbour, and shovels made anew where letters wait.

A shovel may say that it runs and carry nothing, or be gone. So it is judged by how old the oldest letter in its queue
is and by missing receipts, and is made anew with ever longer pauses.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.messaging.periodic import Job
from shared.messaging.tables import outbox
from shared.messaging.upsert import upsert
from shared.nodes.metrics import repairs
from shared.nodes.office import LOST, NOT_NOW, SERVICE, Office, note, queue_to
from shared.nodes.reconcile import compare, compare_due, prune
from shared.nodes.tables import link_watch, stream_log
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

STUCK_AFTER = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
COMPARE_TICK = 5.0  # seconds
LOOK_EVERY = 30.0  # seconds; the broker's own counts are some seconds old
_MOST_COUNTED = 10_000


class Seen(NamedTuple):
    """What the broker says of the queue to a neighbour and of its shovel; None where it does not say."""

    shovel: str | None = None
    queued: int | None = None
    """Letters in the queue, with those that the shovel holds and the other broker has not confirmed."""


class Lines(Protocol):
    """The links as the broker of this node has them."""

    def look(self, node: str) -> Seen:
        """Answer what the broker says of the link to a neighbour."""

    def repair(self, node: str) -> None:
        """Make the shovel to a neighbour anew."""


def watch(uow: UnitOfWork, office: Office, lines: Lines) -> None:
    """Write down how the queue to each neighbour does, and make anew the shovels that carry nothing."""
    # The broker is asked before the transaction has begun.
    seen = {node: _looked(lines, node) for node in office.neighbours()}
    late = _not_receipted(uow, office)
    for node, each in sorted(seen.items()):
        why = _write_down(uow, node, each, is_late=node in late)
        if why is not None:
            _repair(uow, lines, node, why)


def _looked(lines: Lines, node: str) -> Seen:
    try:
        return lines.look(node)
    except Exception:
        # A broker that does not answer must not keep us from judging by missing receipts: nothing is known of it.
        log.exception("link_not_seen", node=node)
        return Seen()


def _not_receipted(uow: UnitOfWork, office: Office) -> set[str]:
    """Answer the neighbours on the way to nodes that have receipted nothing for long though letters were written."""
    oldest = func.min(stream_log.c.entered_at)
    waiting = select(stream_log.c.audience).where(stream_log.c.receipted_at.is_(None))
    late = waiting.group_by(stream_log.c.audience).having(oldest < uow.now - STUCK_AFTER)
    map_ = office.last_charter(uow.session).map
    known = [audience for audience in uow.session.scalars(late) if audience in map_ and office.me in map_]
    return {map_.next_hop(office.me, audience) for audience in known}


def _write_down(uow: UnitOfWork, node: str, seen: Seen, *, is_late: bool) -> str | None:
    """Note what was seen of a link; answers why its shovel is to be made anew now, if it is."""
    before = uow.session.execute(select(link_watch).where(link_watch.c.node == node)).first()
    made = before.repairs if before else 0
    since = _oldest_queued_at(uow.session, node, seen.queued, before=before.oldest_queued_at if before else None)
    if seen.queued and since is None:
        # Letters that the outbox has forgotten, or that somebody else has put there.
        since = uow.now
    why = _why_stuck(seen, since, is_late=is_late, now=uow.now)
    paused_until = before.repaired_at + pause_after(made) if before and before.repaired_at and made else None
    is_due = why is not None and (paused_until is None or uow.now >= paused_until)
    values = {
        "shovel": seen.shovel,
        "queued": seen.queued,
        "oldest_queued_at": since,
        "looked_at": uow.now,
        "repairs": made + is_due if why is not None else 0,
    }
    if is_due:
        values["repaired_at"] = uow.now
    written = upsert(uow.session, link_watch).values(node=node, **values)
    uow.session.execute(written.on_conflict_do_update(index_elements=["node"], set_=values))
    return why if is_due else None


def _why_stuck(seen: Seen, since: datetime | None, *, is_late: bool, now: datetime) -> str | None:
    if seen.shovel == LOST:
        return "shovel_lost"
    if seen.queued == 0:
        # The shovel has carried everything. If nothing is receipted, that is the other node's.
        return None
    if since is not None and now - since > STUCK_AFTER:
        return "letters_wait"
    return "nothing_receipted" if is_late else None


def pause_after(made: int) -> timedelta:
    """Answer how long to wait after so many repairs in a row before the next."""
    return min(LONGEST_PAUSE, STUCK_AFTER * 2.0 ** min(made - 1, 8))


def _oldest_queued_at(session: Session, node: str, queued: int | None, *, before: datetime | None) -> datetime | None:
    """Answer when the oldest letter in a queue was put there: of those sent, the last so many are still in it."""
    if not queued:
        return before if queued is None else None
    sent = select(outbox.c.sent_at).where(outbox.c.type == queue_to(node), outbox.c.sent_at.is_not(None))
    newest_first = sent.order_by(outbox.c.id.desc()).offset(min(queued, _MOST_COUNTED) - 1).limit(1)
    return session.execute(newest_first).scalar() or before


def _repair(uow: UnitOfWork, lines: Lines, node: str, why: str) -> None:
    log.warning("link_is_stuck", node=node, why=why)
    outcome = "made"
    try:
        lines.repair(node)
    except Exception:
        # Tried again after the pause; the other links must not wait for this one.
        log.exception("link_not_repaired", node=node)
        outcome = "failed"
    repairs.labels(SERVICE, node, outcome).inc()
    note(uow.session, uow.now, node=node, what="repaired", code=why, detail=f"the shovel made anew: {outcome}")


def jobs(office: Office, lines: Lines) -> list[Job]:
    """Make the periodic jobs of a node's links. Who begins to do them compares every stream once."""
    begun = False

    def go_by_charter(uow: UnitOfWork) -> bool:
        nonlocal begun
        try:
            office.take_up(uow)
            compare_due(uow, office) if begun else compare(uow, office)
            begun = True
        except NOT_NOW as error:
            log.warning("links_wait_for_the_charter", error=repr(error))
        return False

    def keep_moving(uow: UnitOfWork) -> bool:
        watch(uow, office, lines)
        return False

    return [
        Job(name="compare_streams", every_seconds=COMPARE_TICK, work=go_by_charter),
        Job(name="keep_links_moving", every_seconds=LOOK_EVERY, work=keep_moving),
        Job(name="letter_retention", every_seconds=3600, work=prune),
    ]
