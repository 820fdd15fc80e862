"""Dead letters: the events that wait until somebody replays or gives them up, one by one or by what is wrong with them.

What the broker gave up is drained into the same table by the worker, so this is all there is, in both ways of running.
Every decision is written down with who made it and why.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, func, insert, select
from sqlalchemy.orm import Session

from shared.errors import Invalid
from shared.messaging import held
from shared.messaging.tables import dead_letter_decision, held_event
from shared.storage import UnitOfWork

LONGEST_REASON = 500
LONGEST_NAME = 100
Verb = Literal["replay", "discard"]

# What differs from one event to the next in the same complaint: ids, hashes, numbers, and whatever is quoted.
_PARTICULARS = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{16,}\b|\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """One dead event of a listener; `behind` is how many later events of the same thing wait for it."""

    id: int
    event_id: str
    type: str
    source: str
    about: str
    attempts: int
    reason: str
    held_at: datetime
    behind: int

    @property
    def complaint(self) -> str:
        """Answer what is wrong, without what only this event has."""
        return _PARTICULARS.sub("…", self.reason.partition("\n")[0])

    @property
    def group(self) -> str:
        """Answer the short name of all events of this type with the same complaint."""
        return hashlib.sha256(f"{self.type}\n{self.complaint}".encode()).hexdigest()[:8]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadGroup:
    """Dead events of one type that have the same complaint; the example is the oldest one's reason in full."""

    group: str
    type: str
    complaint: str
    example: str
    count: int
    oldest_at: datetime
    newest_at: datetime
    behind: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What somebody decided about a dead event."""

    held_id: int
    event_id: str
    verb: str
    decided_by: str
    reason: str
    dead_because: str
    decided_at: datetime


def dead_letters(session: Session) -> list[DeadLetter]:
    """Answer everything that is dead here, oldest first."""
    later = held_event.alias("later")
    behind = (
        select(func.count())
        .where(
            later.c.source == held_event.c.source,
            later.c.aggregate_type == held_event.c.aggregate_type,
            later.c.aggregate_id == held_event.c.aggregate_id,
            later.c.state == held.BEHIND,
            later.c.id > held_event.c.id,
        )
        .scalar_subquery()
    )
    wanted = select(held_event, behind.label("behind")).where(held_event.c.state == held.DEAD)
    return [_letter(row) for row in session.execute(wanted.order_by(held_event.c.id))]


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        event_id=row.event_id,
        type=row.type,
        source=row.source,
        about=f"{row.aggregate_type}/{row.aggregate_id}",
        attempts=row.attempts,
        reason=row.reason,
        held_at=row.held_at,
        behind=row.behind,
    )


def grouped(letters: Iterable[DeadLetter]) -> list[DeadGroup]:
    """Put dead events with the same complaint together, the largest group first."""
    by_name: dict[str, list[DeadLetter]] = {}
    for letter in letters:
        by_name.setdefault(letter.group, []).append(letter)
    groups = [
        DeadGroup(
            group=name,
            type=members[0].type,
            complaint=members[0].complaint,
            example=members[0].reason,
            count=len(members),
            oldest_at=min(member.held_at for member in members),
            newest_at=max(member.held_at for member in members),
            behind=sum(member.behind for member in members),
        )
        for name, members in by_name.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.oldest_at))


def decide(uow: UnitOfWork, held_id: int, verb: Verb, *, by: str, reason: str) -> bool:
    """Replay or discard one dead event and write down who did it and why; answers False where it is dead no more.

    Those that wait behind it go on by themselves, in their order: after a replay when it was applied, after a discard
    at once.

    :raises Invalid: without a name or a reason, or with one that is too long.
    """
    by, reason = stated(by, "by", LONGEST_NAME), stated(reason, "reason", LONGEST_REASON)
    row = uow.session.execute(select(held_event).where(held_event.c.id == held_id)).first()
    done = held.replay(uow, held_id) if verb == "replay" else held.discard(uow, held_id)
    if row is None or not done:
        return False
    uow.session.execute(
        insert(dead_letter_decision).values(
            held_id=held_id,
            event_id=row.event_id,
            type=row.type,
            verb=verb,
            decided_by=by,
            reason=reason,
            dead_because=row.reason,
            decided_at=uow.now,
        )
    )
    return True


def stated(text: str, what: str, most: int) -> str:
    """Answer who did something, or why, as it is written down.

    :raises Invalid: when it is empty or too long.
    """
    text = text.strip()
    if not 0 < len(text) <= most:
        raise Invalid(zh=f"{what} 须为 1 至 {most} 个字", en=f"{what} must be 1 to {most} characters")
    return text


def decisions_about(session: Session, event_id: str) -> Sequence[Decision]:
    """Answer what was decided about an event here, oldest first."""
    return _decisions(session, dead_letter_decision.c.event_id == event_id)


def decisions_on(session: Session, held_id: int) -> Sequence[Decision]:
    """Answer what was decided about one dead letter, oldest first."""
    return _decisions(session, dead_letter_decision.c.held_id == held_id)


def _decisions(session: Session, condition: ColumnElement[bool]) -> Sequence[Decision]:
    columns = [dead_letter_decision.c[field.name] for field in fields(Decision)]
    rows = session.execute(select(*columns).where(condition).order_by(dead_letter_decision.c.id))
    return [Decision(**row) for row in rows.mappings()]


def stored(session: Session, held_id: int) -> Row[Any] | None:
    """Answer what is kept of an event that is held, with its body and headers."""
    return session.execute(select(held_event).where(held_event.c.id == held_id)).first()
