"""One trace id that follows a request through every event it causes (W3C traceparent)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Self

_SHAPE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\Z")


@dataclass(frozen=True, slots=True)
class Trace:
    """Where we are: the trace that everything shares, the span of this step, and the event that led here if one did."""

    trace_id: str
    span_id: str
    cause: str | None = None

    @classmethod
    def start(cls) -> Self:
        """Begin a new trace."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def parse(cls, traceparent: str | None) -> Self | None:
        """Read a traceparent header, or answer None where it is missing or malformed."""
        found = _SHAPE.match(traceparent or "")
        return cls(found[1], found[2]) if found else None

    def child(self) -> Trace:
        """Answer the next step of the same trace."""
        return Trace(self.trace_id, secrets.token_hex(8), self.cause)

    def caused_by(self, event_id: str) -> Trace:
        """Answer the step of the same trace that an event leads to."""
        return Trace(self.trace_id, secrets.token_hex(8), event_id)

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"


_current: ContextVar[Trace | None] = ContextVar("anyuan_trace", default=None)


def active_trace() -> Trace | None:
    """Answer the trace of the request or message at hand, or None outside of any."""
    return _current.get()


def current_trace() -> Trace:
    """Answer the trace of the request or message at hand, or begin one."""
    return _current.get() or Trace.start()


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Make this the current trace for the length of a block."""
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)
