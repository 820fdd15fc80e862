"""Writing events into the outbox, in the transaction that makes them true."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shared.contracts.base import ANY_PUBLISHER, Event
from shared.messaging.envelope import encode
from shared.messaging.tables import outbox, stream_head
from shared.storage.rows import put_rows
from shared.storage.trip import one_trip
from shared.trace import Trace


@dataclass(frozen=True)
class StoredOutbox:
    """The outbox of one service on one node."""

    service: str
    node: str

    @property
    def source(self) -> str:
        """Answer the CloudEvents source: which service of which node says so."""
        return f"/{self.node}/{self.service}"

    def lock(self, session: Session, events: Sequence[Event]) -> None:
        """Keep everybody else from publishing about the things of these events until the commit."""
        things = {(event.event_name.aggregate_type, event.aggregate_id): 0 for event in events}
        self._raise_heads(session, Counter(things))

    def write(
        self,
        session: Session,
        events: Sequence[Event],
        *,
        now: datetime,
        trace: Trace | Sequence[Trace],
        listener: str | None = None,
    ) -> None:
        """Store events in order, each with the next version of the thing it is about, all or each with its trace.

        The head rows stay locked until the commit, so the order of a thing's versions is the order of commits.
        With `listener` only that service is told.
        """
        self._check_publisher(events)
        traces = [trace] * len(events) if isinstance(trace, Trace) else trace
        session.flush()
        counts = Counter((event.event_name.aggregate_type, event.aggregate_id) for event in events)
        next_version = self._raise_heads(session, counts)
        rows = []
        for event, its_trace in zip(events, traces, strict=True):
            aggregate = (event.event_name.aggregate_type, event.aggregate_id)
            row = self._row(event, version=next_version[aggregate], now=now, trace=its_trace)
            next_version[aggregate] += 1
            rows.append(row | {"listener": listener})
        one_trip(session, put_rows(session, outbox, rows))

    def _row(self, event: Event, *, version: int, now: datetime, trace: Trace) -> dict[str, Any]:
        event_id = str(uuid.uuid4())
        payload = encode(
            event,
            event_id=event_id,
            source=self.source,
            publisher=self.service,
            version=version,
            now=now,
            trace=trace,
        )
        return {
            "event_id": event_id,
            "aggregate_type": event.event_name.aggregate_type,
            "aggregate_id": event.aggregate_id,
            "aggregate_version": version,
            "type": event.event_name.routing_key(self.service),
            "payload": payload,
            "created_at": now,
        }

    def _check_publisher(self, events: Sequence[Event]) -> None:
        for event in events:
            name = event.event_name
            if name.publisher not in (self.service, ANY_PUBLISHER):
                raise TypeError(f"{name.name} is published by {name.publisher}, not by {self.service}")

    @staticmethod
    def _raise_heads(session: Session, counts: Counter[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Count up the heads of these things, in one order everywhere so that no two writers deadlock."""
        raising = _raising(session.get_bind().dialect.name)
        errands = [
            (raising, {"aggregate_type": kind, "aggregate_id": key, "version": count})
            for (kind, key), count in sorted(counts.items())
        ]
        raised = [row for (row,) in one_trip(session, errands)]
        return {(row[0], row[1]): row[2] - counts[(row[0], row[1])] + 1 for row in raised}


@cache
def _raising(dialect: str) -> Executable:
    added: Any = (postgresql if dialect == "postgresql" else sqlite).insert(stream_head)
    added = added.values({column.name: bindparam(column.name, type_=column.type) for column in stream_head.c})
    raised: Executable = added.on_conflict_do_update(
        index_elements=["aggregate_type", "aggregate_id"],
        set_={"version": stream_head.c.version + added.excluded.version},
    ).returning(stream_head.c.aggregate_type, stream_head.c.aggregate_id, stream_head.c.version)
    return raised
