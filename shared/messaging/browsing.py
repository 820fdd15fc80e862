"""The events of one service as an operator looks for them: in its outbox, in its inbox, and one with all about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from shared.errors import Invalid
from shared.messaging import held
from shared.messaging.tables import held_event, inbox, outbox

SENT, UNSENT, REFUSED, PARKED = "sent", "unsent", "refused", "parked"
"""Of what was published: the broker has it, it waits, it was refused and is tried again, it was refused too often."""
APPLIED = "applied"

OUTBOX_STATES = (SENT, UNSENT, REFUSED, PARKED)
INBOX_STATES = (APPLIED, held.RETRY, held.BEHIND, held.DEAD, held.DISCARDED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which events to show, the newest first: `type` may end in `*`, `about` is `thing/id`, `before` is a cursor."""

    type: str | None = None
    about: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: str | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One event in a list; `cursor` begins the next page after it."""

    cursor: str
    event_id: str
    type: str
    about: str | None
    at: datetime
    state: str
    attempts: int
    reason: str | None


def raw_event(body: bytes) -> Mapping[str, Any] | None:
    """Answer the JSON object in a message, even of one that nobody can apply; None where there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def outbox_state() -> ColumnElement[str]:
    """Answer the state of an outbox row as a word."""
    return case(
        (outbox.c.sent_at.is_not(None), SENT),
        (outbox.c.parked_reason.is_not(None), PARKED),
        (outbox.c.attempts > 0, REFUSED),
        else_=UNSENT,
    )


def in_outbox(session: Session, wanted: Wanted) -> list[Seen]:
    """Answer what a service published, newest first; rows that were sent stay seven days."""
    state = outbox_state().label("state")
    query = select(outbox, state).where(
        *_matching(outbox.c.type, outbox.c.created_at, wanted), *_about(outbox.c, wanted.about)
    )
    if wanted.state is not None:
        query = query.where(state == _one_of(wanted.state, OUTBOX_STATES))
    if wanted.before is not None:
        query = query.where(outbox.c.id < _number(wanted.before))
    return [
        Seen(
            cursor=str(row.id),
            event_id=row.event_id,
            type=row.type,
            about=f"{row.aggregate_type}/{row.aggregate_id}",
            at=row.created_at,
            state=row.state,
            attempts=row.attempts,
            reason=row.parked_reason,
        )
        for row in session.execute(query.order_by(outbox.c.id.desc()).limit(wanted.limit))
    ]


def in_inbox(session: Session, wanted: Wanted, *, about_ids: Sequence[str] | None = None) -> list[Seen]:
    """Answer what a service took in, newest first; ids stay ninety days.

    The inbox itself does not know what an event is about: `about_ids` are the events, applied ones too, that are about
    the wanted thing; without them only held ones are found by it.
    """
    state = None if wanted.state is None else _one_of(wanted.state, INBOX_STATES)
    source = _held() if state not in (None, APPLIED) else _taken_in()
    rows = source.subquery()
    query = select(rows).where(*_matching(rows.c.type, rows.c.at, wanted))
    if state is not None:
        query = query.where(rows.c.state == state)
    if wanted.about is not None:
        query = query.where(or_(rows.c.event_id.in_(about_ids or ()), *_about(rows.c, wanted.about)))
    if wanted.before is not None:
        at, key = _instant_and_key(wanted.before)
        query = query.where(or_(rows.c.at < at, and_(rows.c.at == at, rows.c.event_id < key)))
    found = session.execute(query.order_by(rows.c.at.desc(), rows.c.event_id.desc()).limit(wanted.limit))
    return [
        Seen(
            cursor=f"{row.at.isoformat()}~{row.event_id}",
            event_id=row.event_id,
            type=row.type,
            about=None if row.aggregate_type is None else f"{row.aggregate_type}/{row.aggregate_id}",
            at=row.at,
            state=row.state,
            attempts=row.attempts,
            reason=row.reason,
        )
        for row in found
    ]


_OF_HELD = (held_event.c.aggregate_type, held_event.c.aggregate_id, held_event.c.reason)


def _held() -> Select[Any]:
    at, columns = held_event.c.held_at.label("at"), (held_event.c.event_id, held_event.c.type)
    return select(*columns, at, held_event.c.state, held_event.c.attempts, *_OF_HELD)


def _taken_in() -> Select[Any]:
    """Answer what was taken in; of what nobody can read there is no id to take in, so it is among the held only."""
    state = func.coalesce(held_event.c.state, literal(APPLIED)).label("state")
    attempts = func.coalesce(held_event.c.attempts, 0).label("attempts")
    columns = (inbox.c.event_id, inbox.c.type, inbox.c.received_at.label("at"))
    together = inbox.outerjoin(held_event, held_event.c.event_id == inbox.c.event_id)
    return select(*columns, state, attempts, *_OF_HELD).select_from(together)


def ids_about(session: Session, about: str) -> list[str]:
    """Answer the events in a service's outbox that are about a thing."""
    return list(session.scalars(select(outbox.c.event_id).where(*_about(outbox.c, about))))


def _matching(type_: Any, at: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = []
    if wanted.type is not None:
        begins = wanted.type.removesuffix("*")
        found.append(type_ == begins if begins == wanted.type else type_.startswith(begins, autoescape=True))
    if wanted.since is not None:
        found.append(at >= wanted.since)
    if wanted.until is not None:
        found.append(at < wanted.until)
    return found


def _about(columns: Any, about: str | None) -> list[ColumnElement[bool]]:
    if about is None:
        return []
    kind, slash, key = about.partition("/")
    if not slash or not kind or not key:
        raise Invalid(zh=f"{about}：应为 类别/编号，如 report/42", en=f"{about} is not kind/id, such as report/42")
    return [and_(columns.aggregate_type == kind, columns.aggregate_id == key)]


def _one_of(state: str, states: Sequence[str]) -> str:
    if state not in states:
        raise Invalid(zh=f"{state} 不是状态之一：{'、'.join(states)}", en=f"{state} is none of {', '.join(states)}")
    return state


def _number(cursor: str) -> int:
    if not cursor.isdigit():
        raise _wrong_cursor(cursor)
    return int(cursor)


def _instant_and_key(cursor: str) -> tuple[datetime, str]:
    instant, tilde, key = cursor.partition("~")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        raise _wrong_cursor(cursor) from None
    if not tilde or at.tzinfo is None:
        raise _wrong_cursor(cursor)
    return at, key


def _wrong_cursor(cursor: str) -> Invalid:
    return Invalid(zh=f"{cursor} 不是这里给出的位置", en=f"{cursor} is no cursor that was given here")
