"""Time, passed in wherever something is decided: instants are UTC, business dates are Asia/Shanghai."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """Answer the present instant, aware, in UTC."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Answer the present instant, aware, in UTC."""
        return datetime.now(UTC)


@dataclass
class AdjustableClock:
    """The machine's time moved by an offset, so that a demo or a test can live through quarters."""

    offset: timedelta = timedelta(0)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def now(self) -> datetime:
        """Answer the moved instant, aware, in UTC."""
        return datetime.now(UTC) + self.offset

    def set(self, instant: datetime) -> None:
        """Move the clock so that now is this instant; it then goes on at its own pace."""
        with self._lock:
            self.offset = instant.astimezone(UTC) - datetime.now(UTC)


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still, for deciding code under test."""

    instant: datetime

    def now(self) -> datetime:
        """Answer always the same instant."""
        return self.instant


def business_date(instant: datetime) -> date:
    """Answer the date in Asia/Shanghai at this instant."""
    return instant.astimezone(SHANGHAI).date()
