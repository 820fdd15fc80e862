"""Workdays: on which days offices work, as the State Council says it each year, and what follows from counting them.

Mondays to Fridays are workdays but for the holidays, and some Saturdays and Sundays are made up for (调休). A year's
days are announced late in the year before; until they are loaded a date in it can only be provisional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Counted:
    """The day that a count of workdays came to; provisional when it went past the last year that is loaded."""

    day: date
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Workdays:
    """The days of the loaded years that differ from Monday to Friday, by date: True where people work."""

    years: frozenset[int] = frozenset()
    exceptions: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        """Tell whether offices work on a day; in a year that is not loaded, from Monday to Friday."""
        return self.exceptions.get(day, day.weekday() <= _FRIDAY)

    def knows(self, day: date) -> bool:
        """Tell whether the day's year is loaded."""
        return day.year in self.years

    def after(self, start: date, count: int) -> Counted:
        """Answer the last of so many workdays after a day, which itself does not count."""
        day, provisional = start, False
        while count:
            day += timedelta(days=1)
            provisional = provisional or not self.knows(day)
            count -= self.is_workday(day)
        return Counted(day, provisional)

    def between(self, first: date, last: date) -> int:
        """Answer how many workdays there are after the first day, up to the last."""
        days = (first + timedelta(days=step) for step in range(1, (last - first).days + 1))
        return sum(self.is_workday(day) for day in days)
