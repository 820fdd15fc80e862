"""Events that could not be applied yet: kept with their reason, tried again, or dead until someone looks.

While one event of a thing is held, the later ones of the same thing wait behind it, so order survives retries.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, and_, delete, insert, select, update
from sqlalchemy.orm import Session

from shared.messaging.envelope import MOST_BYTES, Address, content_hash
from shared.messaging.many import dialect_of, is_any_of
from shared.messaging.tables import held_event
from shared.storage import UnitOfWork
from shared.storage.trip import Errand

RETRY = "retry"
BEHIND = "behind"
DEAD = "dead"
DISCARDED = "discarded"

MOST_ATTEMPTS = 8
_LONGEST_REASON = 2_000
_LONGEST_HEADERS = 20_000
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=10)


def pause_after(attempts: int) -> timedelta:
    """Answer how long to wait after so many failures: doubling, with jitter, at most ten minutes."""
    pause: timedelta = min(_FIRST_PAUSE * 2 ** min(attempts, 20), _LONGEST_PAUSE)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, not a secret


def _same_thing(row: Any) -> ColumnElement[bool]:
    return and_(
        held_event.c.source == row.source,
        held_event.c.aggregate_type == row.aggregate_type,
        held_event.c.aggregate_id == row.aggregate_id,
        held_event.c.state != DISCARDED,
    )


def something_before(session: Session, address: Address) -> bool:
    """Tell whether an earlier event of the same thing is held, and lock it.

    Without the lock another worker could apply it and look for its followers before ours is there to be found;
    ours would then wait for ever.
    """
    first = select(held_event.c.id).where(_same_thing(address)).order_by(held_event.c.id).limit(1)
    return session.execute(first.with_for_update()).first() is not None


def holding(session: Session, addresses: Sequence[Address]) -> list[Errand]:
    """Answer the errand that finds the things of these, and of what two of them are together, of which one is held.

    One list for each column lets the index be used; a list of triples would be planned as that many conditions.
    """
    sources, kinds, keys = zip(*{address.thing for address in addresses}, strict=True)
    values = {"sources": sorted(set(sources)), "kinds": sorted(set(kinds)), "keys": sorted(set(keys))}
    return [(_finding_held(dialect_of(session)), values)]


@cache
def _finding_held(dialect: str) -> Executable:
    columns = (held_event.c.source, held_event.c.aggregate_type, held_event.c.aggregate_id)
    is_about = (is_any_of(dialect, *named) for named in zip(columns, ("sources", "kinds", "keys"), strict=True))
    return select(*columns).where(*is_about, held_event.c.state != DISCARDED).distinct()


def _storable(reason: str) -> str:
    """Answer the reason as a text that every database takes, whatever a message put into it."""
    return reason.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")[:_LONGEST_REASON]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came: its bytes, and what the broker said about it, if there was one."""

    body: bytes
    headers: Mapping[str, Any] | None = None

    def headers_as_text(self) -> str | None:
        """Answer the headers as JSON, for the one who finds out what went wrong."""
        if self.headers is None:
            return None
        return json.dumps(self.headers, default=repr)[:_LONGEST_HEADERS]


def hold(uow: UnitOfWork, address: Address, message: Message, *, state: str, reason: str) -> None:
    """Keep an event to apply it later."""
    uow.session.execute(
        insert(held_event).values(
            event_id=address.event_id,
            source=address.source,
            aggregate_type=address.aggregate_type,
            aggregate_id=address.aggregate_id,
            type=address.type,
            body=message.body,
            headers=message.headers_as_text(),
            state=state,
            attempts=1 if state == RETRY else 0,
            next_attempt_at=uow.now + pause_after(0) if state == RETRY else None,
            reason=_storable(reason),
            held_at=uow.now,
        )
    )


def bury(uow: UnitOfWork, address: Address, message: Message, *, reason: str) -> None:
    """Keep a message that must not be applied; it holds nothing back, because it belongs to no known order."""
    _insert_dead(uow, message, event_id=address.event_id, type_=address.type, source=address.source, reason=reason)


def bury_undecodable(uow: UnitOfWork, message: Message, *, reason: str) -> None:
    """Keep a message that nobody can read, once however often it is delivered; of an oversized one the beginning."""
    event_id = "sha256:" + content_hash(message.body).hex()
    known = uow.session.execute(select(held_event.c.id).where(held_event.c.event_id == event_id)).first()
    if known is None:
        shortened = Message(message.body[:MOST_BYTES], message.headers)
        _insert_dead(uow, shortened, event_id=event_id, type_="?", source="?", reason=reason)


def _insert_dead(uow: UnitOfWork, message: Message, *, event_id: str, type_: str, source: str, reason: str) -> None:
    uow.session.execute(
        insert(held_event).values(
            event_id=event_id,
            source=source,
            aggregate_type="?",
            aggregate_id=event_id,
            type=type_,
            body=message.body,
            headers=message.headers_as_text(),
            state=DEAD,
            reason=_storable(reason),
            held_at=uow.now,
        )
    )


def due(session: Session, now: datetime, *, limit: int) -> Sequence[int]:
    """Answer the ids of the held events whose next try is due, oldest first."""
    wanted = and_(held_event.c.state == RETRY, held_event.c.next_attempt_at <= now)
    return session.execute(select(held_event.c.id).where(wanted).order_by(held_event.c.id).limit(limit)).scalars().all()


def claim(session: Session, row_id: int) -> Row[Any] | None:
    """Lock a held event that is to be tried, or answer None where another worker was faster."""
    wanted = select(held_event).where(held_event.c.id == row_id, held_event.c.state == RETRY)
    return session.execute(wanted.with_for_update(skip_locked=True)).first()


def release(uow: UnitOfWork, row: Row[Any]) -> None:
    """Let go of an event that is applied now, and make the next one behind it due at once."""
    uow.session.execute(delete(held_event).where(held_event.c.id == row.id))
    _make_next_due(uow, row)


def _make_next_due(uow: UnitOfWork, row: Row[Any]) -> None:
    first = select(held_event.c.id).where(_same_thing(row)).order_by(held_event.c.id).limit(1).scalar_subquery()
    uow.session.execute(
        update(held_event)
        .where(held_event.c.id == first, held_event.c.state == BEHIND)
        # Due since it is held: whoever replays it may have another clock than the worker that is to try it.
        .values(state=RETRY, next_attempt_at=held_event.c.held_at)
    )


def count_failure(uow: UnitOfWork, row_id: int, *, reason: str, is_hopeless: bool = False) -> None:
    """Note one more failure; a hopeless one, or one past `MOST_ATTEMPTS`, is dead until someone decides about it."""
    row = claim(uow.session, row_id)
    if row is None:
        return
    attempts = row.attempts + 1
    dead = is_hopeless or attempts >= MOST_ATTEMPTS
    uow.session.execute(
        update(held_event)
        .where(held_event.c.id == row_id)
        .values(
            attempts=attempts,
            state=DEAD if dead else RETRY,
            next_attempt_at=None if dead else uow.now + pause_after(attempts),
            reason=_storable(reason),
        )
    )


def replay(uow: UnitOfWork, row_id: int) -> bool:
    """Make a dead event due again, counted afresh; answers False where there is none."""
    row = _dead(uow.session, row_id)
    if row is None:
        return False
    # Where an earlier event of the same thing is held as well, this one takes its place behind it.
    uow.session.execute(
        update(held_event).where(held_event.c.id == row_id).values(state=BEHIND, attempts=0, next_attempt_at=None)
    )
    _make_next_due(uow, row)
    return True


def discard(uow: UnitOfWork, row_id: int) -> bool:
    """Give up a dead event for good, so that those behind it go on; answers False where there is none."""
    row = _dead(uow.session, row_id)
    if row is None:
        return False
    uow.session.execute(update(held_event).where(held_event.c.id == row_id).values(state=DISCARDED))
    _make_next_due(uow, row)
    return True


def _dead(session: Session, row_id: int) -> Row[Any] | None:
    """Lock a dead event, or answer None where it is dead no more.

    The first event of its thing is locked before it: a worker that is just applying that one looks for its follower
    either before we change it or after, and never between.
    """
    wanted = select(held_event).where(held_event.c.id == row_id, held_event.c.state == DEAD)
    row = session.execute(wanted).first()
    if row is None:
        return None
    first = select(held_event.c.id).where(_same_thing(row)).order_by(held_event.c.id).limit(1)
    session.execute(first.with_for_update())
    return session.execute(wanted.with_for_update()).first()
