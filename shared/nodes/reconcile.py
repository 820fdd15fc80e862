"""Holding both ends of every stream against each other, keeping links moving, and saying how they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Column, Table, and_, delete, func, select, update
from sqlalchemy.orm import Session

from shared.messaging.periodic import Job
from shared.messaging.upsert import upsert
from shared.nodes.control import RESTORED, Mark, watermark
from shared.nodes.core.letters import BEGINNING
from shared.nodes.office import Office, note
from shared.nodes.tables import parked_letter, quarantine, stream_in, stream_in_log, stream_log, stream_out
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

KEPT_AFTER_RECEIPT = timedelta(days=90)
COMPARE_EVERY = 3600.0  # seconds
STUCK_AFTER = timedelta(minutes=5)
_PRUNED_AT_ONCE = 1000


def compare(uow: UnitOfWork, office: Office, *peers: str) -> None:
    """Ask every node that there is a stream with how far both streams are, or only these."""
    known = {
        row[0] for table in (stream_out.c.audience, stream_in.c.origin) for row in uow.session.execute(select(table))
    }
    map_ = office.charter(uow.session, uow.now).map
    for peer in sorted(peers or (known | set(map_.neighbours(office.me)))):
        if peer in map_:
            row = uow.session.execute(select(stream_in).where(stream_in.c.origin == peer)).first()
            received = Mark(row.epoch, row.seq, row.hash) if row else Mark(1, 0, BEGINNING)
            office.post(uow, peer, "watermark", watermark(uow, peer, received, answer=True))


def hold_until_compared(uow: UnitOfWork, office: Office) -> None:
    """Let no stream of this node go on before it is known how far others have it: after a restore, before the start.

    Each goes on when its peer has answered, what was lost has come back, and the root has given the next epoch.
    """
    map_ = office.charter(uow.session, uow.now).map
    for peer in sorted(node.id for node in map_ if node.id != office.me):
        held = upsert(uow.session, stream_out).values(
            audience=peer, epoch=1, seq=0, hash=BEGINNING, held_because=RESTORED
        )
        uow.session.execute(held.on_conflict_do_update(index_elements=["audience"], set_={"held_because": RESTORED}))
    note(uow.session, uow.now, node=office.me, what="restored", code="held", detail="every stream waits for its peer")
    compare(uow, office, *(node.id for node in map_ if node.id != office.me))


def resume(uow: UnitOfWork, office: Office, origin: str, *, by: str, release_to: int = 0) -> None:
    """Let a stopped stream go on and ask for what it missed; a stolen key's letters come in up to `release_to`."""
    changed = update(stream_in).where(stream_in.c.origin == origin)
    uow.session.execute(changed.values(stopped=None, released_to=release_to))
    detail = f"by {by}, letters of a revoked key released to {release_to}"
    note(uow.session, uow.now, node=origin, what="resumed", code="resumed", detail=detail)
    row = uow.session.execute(select(stream_in).where(stream_in.c.origin == origin)).first()
    if row is not None:
        office.post(uow, origin, "resend", {"epoch": row.epoch, "seq": row.seq})


def stuck(session: Session, now: datetime) -> list[str]:
    """Answer the nodes that have receipted nothing for long though letters to them were written."""
    oldest = func.min(stream_log.c.entered_at)
    waiting = select(stream_log.c.audience).where(stream_log.c.receipted_at.is_(None))
    late = waiting.group_by(stream_log.c.audience).having(oldest < now - STUCK_AFTER)
    return sorted(session.execute(late).scalars())


def repair_due(uow: UnitOfWork, office: Office) -> list[str]:
    """Answer the neighbours whose shovel is to be made anew, and note it; each at most every five minutes."""
    map_ = office.charter(uow.session, uow.now).map
    hops = {map_.next_hop(office.me, audience) for audience in stuck(uow.session, uow.now) if audience in map_}
    due = []
    for hop in sorted(hops):
        beginning = upsert(uow.session, stream_out).values(audience=hop, epoch=1, seq=0, hash=BEGINNING)
        uow.session.execute(beginning.on_conflict_do_nothing())
        row = uow.session.execute(select(stream_out.c.repaired_at).where(stream_out.c.audience == hop)).one()
        if row.repaired_at is None or row.repaired_at < uow.now - STUCK_AFTER:
            changed = update(stream_out).where(stream_out.c.audience == hop)
            uow.session.execute(changed.values(repaired_at=uow.now))
            note(uow.session, uow.now, node=hop, what="repaired", code="stuck", detail="nothing is receipted")
            due.append(hop)
    return due


def prune(uow: UnitOfWork) -> bool:
    """Forget letters ninety days after their receipt, or after they were taken in; answers whether there are more."""
    before = uow.now - KEPT_AFTER_RECEIPT
    newest = select(func.max(stream_in_log.c.id)).group_by(stream_in_log.c.origin)
    gone = [
        _delete_some(uow, stream_log, stream_log.c.receipted_at < before),
        # The last one of each stream stays: what the next must follow can be shown.
        _delete_some(uow, stream_in_log, and_(stream_in_log.c.taken_at < before, stream_in_log.c.id.not_in(newest))),
    ]
    return any(count == _PRUNED_AT_ONCE for count in gone)


def _delete_some(uow: UnitOfWork, table: Table, condition: Any) -> int:
    key: Column[int] = table.c.id
    old = select(key).where(condition).order_by(key).limit(_PRUNED_AT_ONCE).scalar_subquery()
    return int(uow.session.execute(delete(table).where(key.in_(old))).rowcount)  # type: ignore[attr-defined]  # a DELETE has a row count


def jobs(office: Office, repair: Callable[[str], None]) -> list[Job]:
    """Make the periodic jobs of a node's links; `repair` makes the shovel to a neighbour anew."""

    def keep_moving(uow: UnitOfWork) -> bool:
        for hop in repair_due(uow, office):
            log.warning("link_is_stuck", node=hop)
            try:
                repair(hop)
            except Exception:
                # Tried again in five minutes; the other links must not wait for this one.
                log.exception("link_not_repaired", node=hop)
        return False

    def compare_all(uow: UnitOfWork) -> bool:
        compare(uow, office)
        return False

    return [
        Job(name="compare_streams", every_seconds=COMPARE_EVERY, work=compare_all),
        Job(name="keep_links_moving", every_seconds=60, work=keep_moving),
        Job(name="letter_retention", every_seconds=3600, work=prune),
    ]


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

    @property
    def is_well(self) -> bool:
        """Tell whether nobody needs to look."""
        in_time = self.oldest_waiting_seconds < STUCK_AFTER.total_seconds()
        return in_time and not (self.stopped or self.held_because or self.refused or self.quarantined)

    def as_dict(self) -> dict[str, Any]:
        """Answer it as plain values."""
        return {**asdict(self), "is_well": self.is_well}


def status(session: Session, now: datetime) -> list[LinkState]:
    """Answer how the streams to and from every other node do."""
    return [_state_of(session, node, now) for node in sorted(_nodes(session))]


def _nodes(session: Session) -> set[str]:
    return set(session.scalars(select(stream_out.c.audience))) | set(session.scalars(select(stream_in.c.origin)))


def _state_of(session: Session, node: str, now: datetime) -> LinkState:
    out = session.execute(select(stream_out).where(stream_out.c.audience == node)).first()
    in_ = session.execute(select(stream_in).where(stream_in.c.origin == node)).first()
    ours = select(func.count(), func.count(stream_log.c.receipted_at), func.count(stream_log.c.refused_code))
    written, receipted, refused = session.execute(ours.where(stream_log.c.audience == node)).one()
    waiting = (stream_log.c.audience == node, stream_log.c.receipted_at.is_(None))
    oldest = session.execute(select(func.min(stream_log.c.entered_at)).where(*waiting)).scalar()
    return LinkState(
        node=node,
        written=out.seq if out else 0,
        receipted=receipted,
        waiting=written - receipted,
        oldest_waiting_seconds=(now - oldest).total_seconds() if oldest else 0.0,
        refused=refused,
        held_because=out.held_because if out else None,
        taken_in=in_.seq if in_ else 0,
        stopped=in_.stopped if in_ else None,
        parked=_count(session, parked_letter, parked_letter.c.origin == node),
        quarantined=_count(session, quarantine, quarantine.c.origin == node),
        silent_seconds=(now - in_.heard_at).total_seconds() if in_ and in_.heard_at else None,
    )


def _count(session: Session, table: Table, condition: Any) -> int:
    return session.execute(select(func.count()).select_from(table).where(condition)).scalar_one()
