"""A pipeline of prepared statements over one PostgreSQL connection, spoken through the driver's own libpq.

The driver's pipeline prepares, flushes and polls for every statement; here all leave at once, under names that the
connection keeps, and the answers are read when somebody needs them. Until then the database works beside us.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import count
from select import POLLIN, POLLOUT, poll
from typing import Any

import psycopg
from psycopg import abc, errors, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.json import Json, Jsonb
from sqlalchemy import Dialect, Executable
from sqlalchemy.dialects.postgresql import psycopg as toolkit
from sqlalchemy.sql import ClauseElement

from shared.storage.kit import InstantUTC
from shared.strict_json import compact_json

_DIALECT: Dialect = toolkit.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # it has no types
_BEGIN, _COMMIT = b"BEGIN", b"COMMIT"
_KEPT = "anyuan_pipeline"
_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)
_numbers = count(1)

Dumped = bytes | None
Maker = Callable[[Sequence[Any]], Any]
Statement = tuple[Executable, Mapping[str, Any]]


def pipeline_of(driver: psycopg.Connection[Any], kept: MutableMapping[str, Any]) -> Pipeline:
    """Answer the pipeline over a connection; `kept` lives as long as the connection and keeps it."""
    found: Pipeline | None = kept.get(_KEPT)
    if found is None or found.driver is not driver:
        found = kept[_KEPT] = Pipeline(driver, Transformer(driver))
    return found


def pipeline_under_way(kept: Mapping[str, Any]) -> Pipeline | None:
    """Answer the pipeline of a connection of which answers are still to come."""
    found: Pipeline | None = kept.get(_KEPT)
    return found if found is not None and found.coming else None


@dataclass(slots=True)
class Pipeline:
    """The statements that are under way over one connection, in the order in which their answers come.

    It keeps the names of the connection's prepared statements, and how values are turned into Python's.
    """

    driver: psycopg.Connection[Any]
    transformer: abc.Transformer
    names: set[bytes] = field(default_factory=set)
    coming: list[_Sent] = field(default_factory=list)

    def send(self, statements: Sequence[Statement]) -> None:
        """Send statements in the transaction at hand, beginning one where there is none, and do not wait for them."""
        # Read before anything is sent: a value that cannot be sent leaves the connection as it was.
        dumped = [
            (ready := _ready(statement), ready.dump(self.transformer, values)) for statement, values in statements
        ]
        wire = self.driver.pgconn
        with self._closed_at_an_error():
            if not self.coming:
                begins = wire.transaction_status == pq.TransactionStatus.IDLE
                wire.enter_pipeline_mode()
                if begins:
                    self._send_text(_BEGIN)
            for each, _ in dumped:
                if each.name not in self.names:
                    self.names.add(each.name)
                    wire.send_prepare(each.name, each.text)
                    self.coming.append(_Sent(preparing=each.name))
            for each, values in dumped:
                wire.send_query_prepared(each.name, values)
                self.coming.append(_Sent(each))
            wire.flush()

    def answers(self, statements: Sequence[Statement], *, commits: bool) -> list[Sequence[Any]]:
        """Send statements and wait for them and for all that is under way; answers the rows of each of these.

        With `commits` the transaction ends after the last.

        :raises psycopg.Error: of the first statement that failed; those after it were not run.
        """
        self.send(statements)
        if commits:
            with self._closed_at_an_error():
                self._send_text(_COMMIT)
        coming, results = self._collect()
        failed = next((result for result in results if result.status not in _DONE), None)
        if failed is not None:
            raise errors.error_from_result(failed, self.driver.info.encoding)
        asked = [(sent.ready, result) for sent, result in zip(coming, results, strict=True) if sent.ready is not None]
        return [self._rows(ready, result) for ready, result in asked[len(asked) - len(statements) :]]

    def drop(self) -> None:
        """Wait for all that is under way and forget it, because what it belongs to is being undone."""
        if self.coming:
            self._collect()

    def _send_text(self, text: bytes) -> None:
        self.driver.pgconn.send_query_params(text, None)
        self.coming.append(_Sent())

    def _collect(self) -> tuple[list[_Sent], list[pq.abc.PGresult]]:
        """Answer what was under way, each with its result."""
        wire = self.driver.pgconn
        coming, self.coming = self.coming, []
        with self._closed_at_an_error():
            wire.pipeline_sync()
            results = _answers(wire)
            wire.exit_pipeline_mode()
        for sent, result in zip(coming, results, strict=True):
            if sent.preparing is not None and result.status not in _DONE:
                self.names.discard(sent.preparing)
        return coming, results

    @contextmanager
    def _closed_at_an_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            # Nobody knows what is still under way on it.
            self.coming = []
            self.driver.close()
            raise

    def _rows(self, ready: _Ready, result: pq.abc.PGresult) -> Sequence[Any]:
        """Answer the rows of a result, named after their columns."""
        if result.status != pq.ExecStatus.TUPLES_OK:
            return ()
        if not result.ntuples:
            return []
        if ready.maker is None:
            ready.maker = _maker(tuple((result.fname(place) or b"").decode() for place in range(result.nfields)))
        self.transformer.set_pgresult(result)
        return self.transformer.load_rows(0, result.ntuples, ready.maker)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a result to come is of: a statement, the preparing of one, or the word that begins or ends a transaction."""

    ready: _Ready | None = None
    preparing: bytes | None = None


@dataclass(slots=True)
class _Ready:
    """A statement as libpq takes it, with what turns values into the driver's."""

    name: bytes
    text: bytes
    order: Sequence[tuple[str, Callable[[Any], Any] | None]]  # of the parameters, with what some values go through
    constants: Mapping[str, Any]
    maker: Maker | None = None  # of its rows, known from its first answer

    def dump(self, transformer: abc.Transformer, values: Mapping[str, Any]) -> list[Dumped]:
        """Answer the values as text, in the order of the parameters."""
        dumped: list[Dumped] = []
        for name, process in self.order:
            value = values[name] if name in values else self.constants[name]
            if process is not None:
                value = process(value)
            dumper = _DUMPERS.get(type(value))
            dumped.append(_by_driver(value, transformer) if dumper is None else dumper(value))
        return dumped


@lru_cache(maxsize=256)
def _ready(statement: Executable) -> _Ready:
    assert isinstance(statement, ClauseElement)
    compiled: Any = statement.compile(dialect=_DIALECT)
    processors = {
        name: process
        for name, bind in compiled.binds.items()
        # An instant with its offset is one to the server, whatever the offset.
        if not isinstance(bind.type, InstantUTC)
        and (process := bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)) is not None
    }
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    order = tuple((name, processors.get(name)) for name in compiled.positiontup or ())
    return _Ready(b"anyuan_%d" % next(_numbers), str(compiled).encode(), order, constants)


def _text(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


def _instant(value: datetime) -> bytes:
    if value.tzinfo is None:
        raise ValueError("an instant must be aware")
    return value.isoformat().encode()


def _json(value: Json | Jsonb) -> bytes:
    return compact_json(value.obj).encode()


#: How the values of most parameters are written as text; the driver does it for the others.
_DUMPERS: Mapping[type, Callable[[Any], Dumped]] = {
    type(None): lambda _: None,
    str: _text,
    int: lambda value: b"%d" % value,
    bool: lambda value: b"t" if value else b"f",
    datetime: _instant,
    Json: _json,
    Jsonb: _json,
}


def _by_driver(value: Any, transformer: abc.Transformer) -> Dumped:
    (dumped,) = transformer.dump_sequence([value], [PyFormat.TEXT])
    return bytes(dumped) if dumped is not None else None


@lru_cache(maxsize=256)
def _maker(names: tuple[str, ...]) -> Maker:
    # The names are known only now.
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024
    maker: Maker = row._make
    return maker


def _answers(wire: pq.abc.PGconn) -> list[pq.abc.PGresult]:
    """Push out what is not sent yet and answer the results of everything up to the end of the pipeline."""
    poller = poll()
    while wire.flush():
        # The server may be waiting for us to read before it reads on.
        poller.register(wire.socket, POLLIN | POLLOUT)
        if poller.poll()[0][1] & ~POLLOUT:
            wire.consume_input()
    poller.register(wire.socket, POLLIN)
    found: list[pq.abc.PGresult] = []
    while True:
        while wire.is_busy():
            poller.poll()
            wire.consume_input()
        result = wire.get_result()
        if result is None:
            # It stands between two answers; without end only where the connection is gone.
            if wire.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError("the connection is lost")
        elif result.status == pq.ExecStatus.PIPELINE_SYNC:
            return found
        else:
            found.append(result)
