"""Writing events into the outbox, in the transaction that makes them true."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, LargeBinary, Text, bindparam, cast, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.contracts.base import ANY_PUBLISHER, Event
from shared.messaging.bell import Bell
from shared.messaging.envelope import encode_around_version
from shared.messaging.tables import outbox, stream_head
from shared.storage.trip import Errand, one_trip
from shared.trace import Trace


@dataclass(frozen=True)
class StoredOutbox:
    """The outbox of one service on one node."""

    service: str
    node: str
    _bell: Bell = field(default_factory=Bell, init=False, repr=False, compare=False)

    @property
    def source(self) -> str:
        """Answer the CloudEvents source: which service of which node says so."""
        return f"/{self.node}/{self.service}"

    def lock(self, session: Session, events: Sequence[Event]) -> None:
        """Keep everybody else from publishing about the things of these events until the commit."""
        one_trip(session, _raising_all(session, Counter(dict.fromkeys(map(_thing, events), 0))))

    def writing(
        self,
        session: Session,
        events: Sequence[Event],
        *,
        now: datetime,
        trace: Trace | Sequence[Trace],
        listener: str | None = None,
    ) -> list[Errand]:
        """Answer the errands that store events in order, each with the next version of the thing it is about.

        The trace is of all or each has its own; with `listener` only that service is told. The head rows stay locked
        until the commit, so the order of a thing's versions is the order of commits.
        """
        self._check_publisher(events)
        traces = [trace] * len(events) if isinstance(trace, Trace) else trace
        counts = Counter(map(_thing, events))
        following = dict(counts)
        storing = _storing(session.get_bind().dialect.name)
        errands = _raising_all(session, counts)
        for event, its_trace in zip(events, traces, strict=True):
            thing = _thing(event)
            following[thing] -= 1
            row = self._row(event, now=now, trace=its_trace) | {"listener": listener, "following": following[thing]}
            errands.append((storing, row))
        return [*errands, *self._bell.ringing(session)]

    def _row(self, event: Event, *, now: datetime, trace: Trace) -> dict[str, Any]:
        event_id = str(uuid.uuid4())
        before, after = encode_around_version(
            event, event_id=event_id, source=self.source, publisher=self.service, now=now, trace=trace
        )
        return {
            "event_id": event_id,
            "of_type": event.event_name.aggregate_type,
            "of_id": event.aggregate_id,
            "type": event.event_name.routing_key(self.service),
            "before_version": before,
            "after_version": after,
            "created_at": now,
        }

    def _check_publisher(self, events: Sequence[Event]) -> None:
        for event in events:
            name = event.event_name
            if name.publisher not in (self.service, ANY_PUBLISHER):
                raise TypeError(f"{name.name} is published by {name.publisher}, not by {self.service}")


def _thing(event: Event) -> tuple[str, str]:
    return event.event_name.aggregate_type, event.aggregate_id


def _raising_all(session: Session, counts: Counter[tuple[str, str]]) -> list[Errand]:
    """Answer what counts up the heads of these things, in one order everywhere so that no two writers deadlock."""
    raising = _raising(session.get_bind().dialect.name)
    return [
        (raising, {"aggregate_type": kind, "aggregate_id": key, "version": count})
        for (kind, key), count in sorted(counts.items())
    ]


@cache
def _raising(dialect: str) -> Executable:
    added: Any = (postgresql if dialect == "postgresql" else sqlite).insert(stream_head)
    added = added.values({column.name: bindparam(column.name, type_=column.type) for column in stream_head.c})
    raised: Executable = added.on_conflict_do_update(
        index_elements=["aggregate_type", "aggregate_id"],
        set_={"version": stream_head.c.version + added.excluded.version},
    )
    return raised


@cache
def _storing(dialect: str) -> Executable:
    """Answer the statement that stores an event whose version the database knows: its thing's head, just raised.

    `following` is how many events of the same thing come after it in the same transaction.
    """
    version = stream_head.c.version - bindparam("following", type_=stream_head.c.version.type)
    before, after = (bindparam(f"{side}_version", type_=outbox.c.payload.type) for side in ("before", "after"))
    digits: Any = cast(version, Text)
    if dialect == "postgresql":
        payload: Any = before.op("||")(func.convert_to(digits, "UTF8", type_=LargeBinary)).op("||")(after)
    else:
        payload = cast(before.op("||")(digits).op("||")(after), LargeBinary)
    values = {
        "aggregate_type": stream_head.c.aggregate_type,
        "aggregate_id": stream_head.c.aggregate_id,
        "aggregate_version": version,
        "payload": payload,
        **{name: bindparam(name, type_=outbox.c[name].type) for name in ("event_id", "type", "listener", "created_at")},
    }
    head = select(*values.values()).where(
        stream_head.c.aggregate_type == bindparam("of_type"), stream_head.c.aggregate_id == bindparam("of_id")
    )
    return insert(outbox).from_select(list(values), head)
