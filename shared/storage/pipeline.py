"""A pipeline of prepared statements over one PostgreSQL connection, spoken through the driver's own libpq.

The driver's pipeline prepares, flushes and polls for every statement; here all leave at once, under names that the
connection keeps, and the answers are read when they are there.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
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

_DIALECT: Dialect = toolkit.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # it has no types
_BEGIN, _COMMIT = b"BEGIN", b"COMMIT"
_KEPT = "anyuan_pipeline"
_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)
_numbers = count(1)

Dumped = bytes | None
Maker = Callable[[Sequence[Any]], Any]


def run(
    driver: psycopg.Connection[Any],
    kept: MutableMapping[str, Any],
    statements: Sequence[tuple[Executable, Mapping[str, Any]]],
    *,
    commits: bool,
) -> list[Sequence[Any]]:
    """Run statements in their order in the transaction at hand, beginning one where there is none.

    Answers the rows of each; with `commits` the transaction ends after the last. In `kept`, which lives as long as
    the connection, it remembers what that connection has prepared.

    :raises psycopg.Error: of the first statement that failed; those after it were not run.
    """
    known = kept.get(_KEPT) or kept.setdefault(_KEPT, _Known(set(), Transformer(driver)))
    # Read before anything is sent: a value that cannot be sent leaves the connection as it was.
    sent = [(ready := _ready(statement), ready.dump(known.transformer, values)) for statement, values in statements]
    wire = driver.pgconn
    wire.enter_pipeline_mode()
    try:
        results = _exchange(wire, known, sent, commits=commits)
    except BaseException:
        # Nobody knows what is still under way on it.
        driver.close()
        raise
    wire.exit_pipeline_mode()
    failed = next((result for result in results if result.status not in _DONE), None)
    if failed is not None:
        raise errors.error_from_result(failed, driver.info.encoding)
    return [known.rows(ready, result) for (ready, _), result in zip(sent, results, strict=True)]


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
        dumped = []
        for name, process in self.order:
            value = values[name] if name in values else self.constants[name]
            dumped.append(_dumped(process(value) if process else value, transformer))
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
    return json.dumps(value.obj, ensure_ascii=False).encode()


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


def _dumped(value: Any, transformer: abc.Transformer) -> Dumped:
    dumper = _DUMPERS.get(type(value))
    if dumper is not None:
        return dumper(value)
    (dumped,) = transformer.dump_sequence([value], [PyFormat.TEXT])
    return bytes(dumped) if dumped is not None else None


@dataclass(slots=True)
class _Known:
    """What one connection keeps: the names of its prepared statements, and how values are turned into Python's."""

    names: set[bytes]
    transformer: abc.Transformer

    def rows(self, ready: _Ready, result: pq.abc.PGresult) -> Sequence[Any]:
        """Answer the rows of a result, named after their columns."""
        if result.status != pq.ExecStatus.TUPLES_OK:
            return ()
        if not result.ntuples:
            return []
        if ready.maker is None:
            ready.maker = _maker(tuple((result.fname(place) or b"").decode() for place in range(result.nfields)))
        self.transformer.set_pgresult(result)
        return self.transformer.load_rows(0, result.ntuples, ready.maker)


@lru_cache(maxsize=256)
def _maker(names: tuple[str, ...]) -> Maker:
    # The names are known only now.
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # noqa: PYI024
    maker: Maker = row._make
    return maker


def _exchange(
    wire: pq.abc.PGconn, known: _Known, sent: Sequence[tuple[_Ready, list[Dumped]]], *, commits: bool
) -> Sequence[pq.abc.PGresult]:
    """Send everything and read every answer; answers those of the statements, or all when one failed."""
    begins = wire.transaction_status == pq.TransactionStatus.IDLE
    if begins:
        wire.send_query_params(_BEGIN, None)
    new = {ready.name: ready.text for ready, _ in sent if ready.name not in known.names}
    for name, text in new.items():
        wire.send_prepare(name, text)
    for ready, dumped in sent:
        wire.send_query_prepared(ready.name, dumped)
    if commits:
        wire.send_query_params(_COMMIT, None)
    wire.pipeline_sync()
    results = _answers(wire)
    if any(result.status not in _DONE for result in results):
        return results
    known.names.update(new)
    first = int(begins) + len(new)
    return results[first : first + len(sent)]


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
