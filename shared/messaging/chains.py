"""What came of a request: its events, who took them in, and the further events that they led to.

A request and everything it causes share one trace id, and an event that a reaction published names the event that it
reacted to. Both stand in the stored bytes, so nothing here is kept beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, bindparam, func, select
from sqlalchemy.orm import Session

from shared.messaging.browsing import APPLIED, SENT, outbox_state, raw_event
from shared.messaging.tables import held_event, inbox, outbox
from shared.trace import Trace


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """An event at one listener: applied, or held and why; `at` is None where it has not arrived."""

    listener: str
    state: str
    at: datetime | None = None
    attempts: int = 0
    reason: str | None = None


@dataclass(kw_only=True)
class Link:
    """An event of a chain; `state` says how it left its publisher, or that only a listener still has it."""

    event_id: str
    type: str
    source: str
    about: str
    version: int
    at: str
    trace_id: str
    cause: str | None
    state: str
    listener: str | None = None
    sent_at: datetime | None = None
    reason: str | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    led_to: list[Link] = field(default_factory=list)


KEPT = "kept"
"""Of an event that is in no outbox any more, or came from another node: a listener holds it."""
UNDERWAY = "underway"
"""Of an event at a listener that has not taken it in."""


def published_in(session: Session, trace_id: str) -> list[Link]:
    """Answer what a service published under a trace. There is no index for it: the outbox is read through."""
    state = outbox_state().label("state")
    rows = session.execute(select(outbox, state).where(_holds(session, outbox.c.payload, trace_id)))
    links = [_link(bytes(row.payload), row) for row in rows.all()]
    return [link for link in links if link is not None and link.trace_id == trace_id]


def held_in(session: Session, trace_id: str) -> list[Link]:
    """Answer what a service holds of a trace, whether or not its publisher still has it."""
    rows = session.scalars(select(held_event.c.body).where(_holds(session, held_event.c.body, trace_id)))
    links = [_link(bytes(body)) for body in rows.all()]
    return [link for link in links if link is not None and link.trace_id == trace_id]


def _holds(session: Session, column: Any, trace_id: str) -> ColumnElement[bool]:
    position = func.pg_catalog.position if session.get_bind().dialect.name == "postgresql" else func.instr
    found: ColumnElement[bool] = position(column, bindparam(None, trace_id.encode(), type_=LargeBinary)) > 0
    return found


def _link(body: bytes, row: Any = None) -> Link | None:
    found = raw_event(body)
    if found is None:
        return None
    trace = Trace.parse(str(found.get("traceparent")))
    if trace is None:
        return None
    return Link(
        event_id=str(found.get("id")),
        type=str(found.get("type")),
        source=str(found.get("source")),
        about=str(found.get("subject")),
        version=int(found.get("aggregateversion", 0)),
        at=str(found.get("time")),
        trace_id=trace.trace_id,
        cause=found.get("causationid"),
        state=KEPT if row is None else row.state,
        listener=None if row is None else row.listener,
        sent_at=None if row is None else row.sent_at,
        reason=None if row is None else row.parked_reason,
    )


def arrivals_in(session: Session, event_ids: Iterable[str], *, listener: str) -> dict[str, Arrival]:
    """Answer what became of these events at a listener, for those that have arrived."""
    ids = sorted(event_ids)
    at = select(inbox.c.event_id, inbox.c.received_at).where(inbox.c.event_id.in_(ids))
    found = {row.event_id: Arrival(listener=listener, state=APPLIED, at=row.received_at) for row in session.execute(at)}
    for row in session.execute(select(held_event).where(held_event.c.event_id.in_(ids)).order_by(held_event.c.id)):
        found[row.event_id] = Arrival(
            listener=listener, state=row.state, at=row.held_at, attempts=row.attempts, reason=row.reason
        )
    return found


def trace_of(session: Session, event_id: str) -> str | None:
    """Answer the trace of an event that a service published or holds."""
    body = session.scalar(select(outbox.c.payload).where(outbox.c.event_id == event_id))
    if body is None:
        body = session.scalars(select(held_event.c.body).where(held_event.c.event_id == event_id)).first()
    link = _link(bytes(body)) if body is not None else None
    return link.trace_id if link else None


def chained(links: Iterable[Link], arrivals: Mapping[str, Sequence[Arrival]]) -> list[Link]:
    """Put each event under the one that caused it; answers those that the request itself published, oldest first."""
    by_id: dict[str, Link] = {}
    for link in links:
        # An outbox knows more of an event than a listener that holds it.
        if link.event_id not in by_id or by_id[link.event_id].state == KEPT:
            by_id[link.event_id] = link
    begun: list[Link] = []
    for link in sorted(by_id.values(), key=lambda each: (each.at, each.version)):
        link.arrivals = list(arrivals.get(link.event_id, ()))
        above = by_id.get(link.cause or "")
        (begun if above is None or above is link else above.led_to).append(link)
    return begun


def still_underway(link: Link, listener: str) -> Arrival:
    """Answer what is to be said of an event that a listener has not taken in."""
    return Arrival(listener=listener, state=UNDERWAY if link.state in (SENT, KEPT) else link.state)
