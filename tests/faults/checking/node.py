"""A node as its databases show it: rows, and the events that its services have published."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, create_engine, select, table, text

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Emitted:
    """One event as it lies in its publisher's outbox."""

    publisher: str
    row_id: int
    event_id: str
    name: str
    """Without publisher and version: `report.approved`."""
    thing: tuple[str, str]
    version: int
    payload: bytes
    is_sent: bool
    source: str
    data: Mapping[str, Any]


@dataclass
class Service:
    """The database of one service, read at one point in time."""

    name: str
    connection: Connection | None
    passing_over: frozenset[str] = frozenset()
    """The ids of events that a test has put in and judges itself."""
    counted: Counter[str] = field(default_factory=Counter)
    """What was counted while looking at this service alone."""
    _tables: dict[str, list[Row]] = field(default_factory=dict)

    def table(self, name: str) -> list[Row]:
        """Answer all rows of a table."""
        if name not in self._tables:
            self._tables[name] = self._read(name)
        return self._tables[name]

    def _read(self, name: str) -> list[Row]:
        assert self.connection is not None
        found = self.connection.execute(select(text("*")).select_from(table(name))).mappings()
        return [dict(row) for row in found]

    @cached_property
    def events(self) -> Sequence[Emitted]:
        """Answer what the service has published, in the order of the outbox."""
        rows = [row for row in self.table("outbox") if row["event_id"] not in self.passing_over]
        return [emitted(self.name, row) for row in sorted(rows, key=lambda row: int(row["id"]))]

    def events_named(self, name: str) -> list[Emitted]:
        """Answer the events of one name."""
        return [event for event in self.events if event.name == name]


@dataclass
class Whole(Service):
    """One service of all nodes of a province, as if it were one."""

    parts: Sequence[Service] = ()

    @cached_property
    def events(self) -> Sequence[Emitted]:
        """Answer what the service has published, node by node."""
        return [event for part in self.parts for event in part.events]

    def _read(self, name: str) -> list[Row]:
        return [row for part in self.parts for row in part.table(name)]


def emitted(publisher: str, row: Row) -> Emitted:
    """Read an event as it lies in an outbox."""
    payload = bytes(row["payload"])
    envelope = json.loads(payload)
    _, _, rest = row["type"].partition(".")
    return Emitted(
        publisher=publisher,
        row_id=row["id"],
        event_id=row["event_id"],
        name=rest.rpartition(".v")[0],
        thing=(row["aggregate_type"], row["aggregate_id"]),
        version=row["aggregate_version"],
        payload=payload,
        is_sent=row["sent_at"] is not None,
        source=envelope["source"],
        data=envelope["data"],
    )


@dataclass
class Node:
    """All services of a node by their names, and what was counted while looking."""

    services: Mapping[str, Service]
    counted: Counter[str] = field(default_factory=Counter)
    foreign: Sequence[Emitted] = ()
    """What other nodes have told the services of this one."""

    def __getitem__(self, service: str) -> Service:
        return self.services[service]

    def __iter__(self) -> Iterator[Service]:
        return iter(self.services.values())


@contextmanager
def reading(name: str, url: str, *, passing_over: frozenset[str] = frozenset()) -> Iterator[Service]:
    """Open one database as it is at one point in time."""
    engine = create_engine(url, pool_size=1)
    level = "REPEATABLE READ" if engine.dialect.name == "postgresql" else "SERIALIZABLE"
    try:
        with engine.connect().execution_options(isolation_level=level) as connection:
            yield Service(name, connection, passing_over)
    finally:
        engine.dispose()
