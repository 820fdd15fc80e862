"""Holding both ends of every stream against each other, and letting one go on that stood still."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Column, Table, and_, delete, func, select, update

from shared.errors import NotFound
from shared.messaging.upsert import upsert
from shared.nodes.core.asking import Contact, is_due
from shared.nodes.core.letters import BEGINNING
from shared.nodes.knowledge import Knowledge
from shared.nodes.marks import RESTORED, ask
from shared.nodes.office import Office, note
from shared.nodes.tables import stream_in, stream_in_log, stream_log, stream_out
from shared.storage import UnitOfWork

log = structlog.get_logger(__name__)

KEPT_AFTER_RECEIPT = timedelta(days=90)
_PRUNED_AT_ONCE = 1000


def compare(uow: UnitOfWork, office: Office, *peers: str) -> None:
    """Ask every node that there is a stream with how far both streams are, or only these."""
    map_ = office.charter(uow.session, uow.now).map
    for peer in sorted(peers or _peers(uow, office)):
        if peer in map_:
            _ask(uow, office, peer)


def compare_due(uow: UnitOfWork, office: Office) -> None:
    """Ask those nodes whose streams are to be compared now: each hour, and when a link or a charter is new."""
    charter = office.charter(uow.session, uow.now)
    if office.me not in charter.map:
        return
    contacts = _contacts(uow)
    for peer in sorted(_peers(uow, office)):
        contact = contacts.get(peer, Contact())
        if peer in charter.map and is_due(contact, charter=charter.version, now=uow.now):
            log.info("streams_compared", node=peer, unanswered=contact.unanswered)
            _ask(uow, office, peer)


def _contacts(uow: UnitOfWork) -> dict[str, Contact]:
    oldest = func.min(stream_log.c.entered_at).label("oldest")
    waiting = select(stream_log.c.audience, oldest).where(stream_log.c.receipted_at.is_(None))
    since = {row.audience: row.oldest for row in uow.session.execute(waiting.group_by(stream_log.c.audience))}
    held = set(uow.session.scalars(select(stream_out.c.audience).where(stream_out.c.held_because == RESTORED)))
    return {
        row.origin: Contact(
            asked_at=row.question_at,
            unanswered=row.unanswered,
            back_at=row.back_at,
            waits_since=None if row.stopped_there else since.get(row.origin),
            charter_told=row.charter_told,
            is_held=row.origin in held,
        )
        for row in uow.session.execute(select(stream_in))
    }


def _peers(uow: UnitOfWork, office: Office) -> set[str]:
    """Answer the nodes that there is or may be a stream with."""
    columns = (stream_out.c.audience, stream_in.c.origin)
    known = {node for column in columns for node in uow.session.scalars(select(column))}
    return known | set(office.charter(uow.session, uow.now).map.neighbours(office.me))


def _ask(uow: UnitOfWork, office: Office, peer: str) -> None:
    ask(uow, office, peer, Knowledge(uow).state(peer))


def hold_until_compared(uow: UnitOfWork, office: Office) -> None:
    """Let no stream of this node go on before it is known how far others have it: after a restore, before the start.

    Each goes on when its peer has answered, what was lost has come back, and the root has given the next epoch.
    """
    map_ = office.charter(uow.session, uow.now).map
    others = sorted(node.id for node in map_ if node.id != office.me)
    compare(uow, office, *others)
    for peer in others:
        held = upsert(uow.session, stream_out).values(
            audience=peer, epoch=1, seq=0, hash=BEGINNING, held_because=RESTORED
        )
        uow.session.execute(held.on_conflict_do_update(index_elements=["audience"], set_={"held_because": RESTORED}))
    note(uow.session, uow.now, node=office.me, what="restored", code="held", detail="every stream waits for its peer")


def resume(uow: UnitOfWork, office: Office, origin: str, *, by: str, reason: str = "", release_to: int = 0) -> None:
    """Let a stopped stream go on and ask for what it missed; a stolen key's letters come in up to `release_to`.

    :raises NotFound: when nothing ever came from such a node.
    """
    wanted = select(stream_in).where(stream_in.c.origin == origin).with_for_update()
    row = uow.session.execute(wanted).first()
    if row is None:
        raise NotFound(zh=f"没有来自节点 {origin} 的信件流", en=f"There is no stream from a node {origin}")
    changed = update(stream_in).where(stream_in.c.origin == origin)
    uow.session.execute(changed.values(stopped=None, released_to=release_to))
    detail = f"by {by}: {reason or '–'}; was {row.stopped}, letters of a revoked key released to {release_to}"
    note(uow.session, uow.now, node=origin, what="resumed", code=row.stopped or "was_not_stopped", detail=detail)
    office.post(uow, origin, "resend", {"epoch": row.epoch, "seq": row.seq})
    # It hears that its stream goes on.
    _ask(uow, office, origin)


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
